"""What is sent in the background: batch after batch, in a thread of its own."""

import logging
import threading
import time

from noshow_sdk.pace import Pace
from noshow_sdk.queue import Queue, Stats
from noshow_sdk.sender import Answer, Sends, Verdict

_REPORT_EVERY = 60.0  # seconds

logger = logging.getLogger("noshow_sdk")


class Worker:
    """Sends what is in the queue. `step` sends one request; `run` goes on until it is told to stop."""

    def __init__(self, queue: Queue, sender: Sends, batch: int, interval: float) -> None:
        self.wake = threading.Event()
        self._queue = queue
        self._sender = sender
        self._pace = Pace(batch)
        self._interval = interval
        self._stopping = False
        self._report = _Report()

    def step(self, now: float) -> bool:
        """One request, if it is time for one. True: there may be more to send at once. `now` is in seconds."""
        events = self._queue.first(self._pace.batch) if now >= self._pace.due else []
        if not events:
            return False
        answer = self._sender.send(events)
        match answer.verdict:
            case Verdict.TAKEN:
                self._queue.settled(sent=len(events))
                self._pace.taken()
            case Verdict.PARTLY:
                refused = min(answer.refused, len(events))
                self._queue.settled(sent=len(events) - refused, refused=refused, reason=answer.reason)
                self._pace.taken()
            case Verdict.REFUSED:
                self._refused(len(events), answer)
            case Verdict.LATER:
                self._queue.settled(reason=answer.reason)
                self._pace.later(now, answer.retry_after)
        return now >= self._pace.due

    def _refused(self, events: int, answer: Answer) -> None:
        """A request as a whole, for one of its events or for its size."""
        if self._pace.refused(events):
            self._queue.settled(refused=1, reason=answer.reason)

    def run(self) -> None:
        """Until `stop`."""
        while not self._stopping:
            self.wake.wait(self._interval)
            self.wake.clear()
            try:
                self._round()
            except Exception as error:  # the thread must go on: nobody would start another
                self._queue.settled(reason=f"{type(error).__name__}: {error}")
                self._pace.later(time.monotonic())
            self._report.tell(self._queue.stats(), time.monotonic())

    def _round(self) -> None:
        """All that waits now; what comes meanwhile waits for the next round, so that requests stay large."""
        all_of_them = self._queue.accepted()
        while not self._stopping and not self._queue.known(all_of_them):
            if not self.step(time.monotonic()):
                break

    def hurry(self) -> None:
        """Somebody waits for what is queued: it is tried now, whatever went wrong before."""
        self._pace.hurry()
        self.wake.set()

    def stop(self) -> None:
        """Send no more; a request under way is not tried again."""
        self._stopping = True
        self.wake.set()
        self._sender.close()


class _Report:
    """Says in the log that events don't get through: from here, since a log can be slow, and not each time."""

    def __init__(self) -> None:
        self._told = Stats()
        self._due = 0.0

    def tell(self, stats: Stats, now: float) -> None:
        bad = stats.dropped + stats.refused
        if bad > self._told.dropped + self._told.refused and now >= self._due:
            logger.warning(
                "events were not sent: %d dropped, %d refused so far; the last one: %s",
                stats.dropped,
                stats.refused,
                stats.last_reason,
            )
            self._told, self._due = stats, now + _REPORT_EVERY
