"""Events that wait to be sent, at most so many, and what became of all of them."""

import threading
from collections import deque
from dataclasses import asdict, dataclass, field
from itertools import islice

from noshow_sdk.event import Composed, Event


@dataclass(frozen=True, slots=True)
class Stats:
    """Of this process, since it was configured or forked. `accepted` are `sent`, `refused`, `lost` and `waiting`."""

    accepted: int = 0
    """Taken from the service, to be sent."""
    sent: int = 0
    """Stored, says the server."""
    refused: int = 0
    """The server won't take them."""
    lost: int = 0
    """Not sent when the process ended."""
    waiting: int = 0
    dropped: int = 0
    """Never taken: no room, no event, or nothing configured."""
    alone: int = 0
    """Those that nobody gave a correlation ID, so that they belong to nothing else: each got a new one."""
    attributes_left_out: int = 0
    last_reason: str = ""
    """Why the last one was dropped, refused, or could not be sent so far, or an attribute was left out."""


@dataclass(slots=True)
class _Tally:
    accepted: int = 0
    sent: int = 0
    refused: int = 0
    lost: int = 0
    dropped: int = 0
    alone: int = 0
    attributes_left_out: int = 0
    last_reason: str = ""


@dataclass
class Queue:
    """Thread-safe. Its lock is held for moments, and a signal handler may want it in the thread that has it."""

    most: int
    _events: deque[Event] = field(default_factory=deque)
    _tally: _Tally = field(default_factory=_Tally)
    _changed: threading.Condition = field(default_factory=lambda: threading.Condition(threading.RLock()))

    def put(self, composed: Composed) -> int:
        """How many wait now. It is dropped where there is no room."""
        with self._changed:
            tally = self._tally
            if len(self._events) >= self.most:
                tally.dropped += 1
                tally.last_reason = f"{self.most:,} events were waiting already" if self.most else "it was shut down"
                return len(self._events)
            self._events.append(composed.event)
            tally.accepted += 1
            tally.alone += composed.alone
            if composed.left_out:
                tally.attributes_left_out += len(composed.left_out)
                tally.last_reason = f"left out of {composed.event.name}: {composed.left_out[-1]}"
            return len(self._events)

    def drop(self, reason: str) -> None:
        """One that never got here."""
        with self._changed:
            self._tally.dropped += 1
            self._tally.last_reason = reason

    def first(self, most: int) -> list[Event]:
        """Those that have waited longest. They stay here until it is known what became of them."""
        with self._changed:
            return list(islice(self._events, most))

    def settled(self, sent: int = 0, refused: int = 0, reason: str = "") -> None:
        """So many of the first were sent, or refused. Says nothing of those that were given up meanwhile."""
        with self._changed:
            if len(self._events) < sent + refused:
                return
            for _ in range(sent + refused):
                self._events.popleft()
            self._tally.sent += sent
            self._tally.refused += refused
            self._tally.last_reason = reason or self._tally.last_reason
            self._changed.notify_all()

    def close(self) -> None:
        """What still waits is lost, and no more is taken."""
        with self._changed:
            self.most = 0
            self._tally.lost += len(self._events)
            if self._events:
                self._tally.last_reason = "not sent before the end"
            self._events.clear()
            self._changed.notify_all()

    def accepted(self) -> int:
        """How many there have been."""
        with self._changed:
            return self._tally.accepted

    def known(self, count: int, timeout: float = 0.0) -> bool:
        """Whether it is known what became of the first `count` ever accepted, within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._tally.accepted - len(self._events) >= count, timeout)

    def stats(self) -> Stats:
        with self._changed:
            return Stats(**asdict(self._tally), waiting=len(self._events))
