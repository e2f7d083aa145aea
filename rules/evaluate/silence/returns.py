"""When what fell silent is back: it is heard again, and for a few seconds nothing has come that was late."""

from dataclasses import dataclass

from rules.evaluate.silence.flow import is_usual_again
from rules.evaluate.silence.known import Known
from store.event import SECOND
from store.incidents import Incident, Stream

SUSPECT = 5 * SECOND  # a lively stream that is not heard for so long is waited for
_QUIET = 2 * SECOND  # a backlog is in when nothing of it has come for so long
_TARDY = 30 * SECOND  # the same of a stream whose events are late anyway


@dataclass(slots=True)
class _Waited:
    """A stream that was silent since; `back_at`: when it was first heard again."""

    since: int
    back_at: int | None = None


class Returns:
    """Of the streams that are waited for."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._waited: dict[Stream, _Waited] = {}
        self._tardy: set[Stream] = set()

    def since(self, stream: Stream) -> int | None:
        """Since when it is waited for (µs UTC), if it is."""
        return self._waited[stream].since if stream in self._waited else None

    def wait(self, stream: Stream) -> int:
        """Since it was heard last, from now on."""
        since = self._known.last[stream]
        self._waited[stream] = _Waited(since)
        return since

    def forget(self, stream: Stream) -> None:
        self._waited.pop(stream, None)

    def heard(self, stream: Stream) -> None:
        """As ever: so late are its events usually."""
        if self._known.behind.get(stream, 0) > self._known.last[stream] - SUSPECT:
            self._tardy.add(stream)
        else:
            self._tardy.discard(stream)

    def is_back(self, stream: Stream, since: int, now: int) -> bool:
        """It was silent since then (µs UTC)."""
        if self._known.last.get(stream, 0) <= since:
            return False
        waited = self._waited.setdefault(stream, _Waited(since))
        waited.back_at = now if waited.back_at is None else waited.back_at
        if stream in self._tardy:
            return now - waited.back_at >= _TARDY
        return now - max(waited.back_at, self._known.behind.get(stream, 0)) >= _QUIET

    def is_over(self, stream: Stream, incident: Incident, now: int) -> bool:
        """What the incident tells of the stream: where few came, it takes as many as usual."""
        if incident.percent and stream in self._known.flows:
            counts = self._known.counts.get(stream)
            if counts is None or not is_usual_again(self._known.flows[stream], counts):
                return False
        return self.is_back(stream, incident.since, now)
