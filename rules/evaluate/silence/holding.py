"""Which event names are held, and since when: those of incidents, and those of lively streams.

Of a lively stream absence is believed up to its last event only, always: when it falls silent, nothing that fell due
since is missing before anybody knows. While all of them are heard that costs nothing.
"""

from collections.abc import Iterable, Iterator, Mapping

from rules.evaluate.silence.known import GONE, Known
from rules.evaluate.silence.returns import SUSPECT, Returns
from rules.evaluate.silence.usual import SHORTEST
from rules.held import Held, Holding
from store.event import MINUTE
from store.incidents import ANY, Incident, Stream

_STEP = SHORTEST + MINUTE


def merged(held: Iterable[tuple[str, Held]]) -> dict[str, Held]:
    """By name, what counts of all that holds it."""
    found: dict[str, Held] = {}
    for name, it in held:
        found[name] = min(it, found.get(name, it))
    return found


def of_incidents(known: Known, returns: Returns, open_: Iterable[Incident], now: int) -> Iterator[tuple[str, Held]]:
    for it in open_:
        if it.is_holding and it.until > now:
            for stream in it.streams:
                if not returns.is_over(stream, it, now):
                    names = it.names if stream.name == ANY else (stream.name,)
                    yield from ((name, Held(it.since, it.until)) for name in names)


class Lively:
    """Streams of which an event comes about every second. `waited`: those that have not been heard for some seconds, or
    whose backlog is not in."""

    def __init__(self, known: Known, returns: Returns, open_: Iterable[Incident], now: int) -> None:
        self._known, self._returns, self._now = known, returns, now
        self._open = [*open_]
        self.waited: list[tuple[str, Held]] = []
        self.heard: dict[str, int] = {}  # since when a name is held by what is heard
        for stream, usual in known.usual.items():
            if usual.lively and stream in known.last and known.gap(stream, now) < GONE:
                self._look_at(stream)

    def _look_at(self, stream: Stream) -> None:
        last = self._known.last[stream]
        since = self._returns.since(stream)
        if since is None and self._now - last < SUSPECT:
            self._is_heard(stream, last)
            return
        above = [it for it in self._open if self._is_of(it, stream)]
        if any(stream in it.streams or (not it.is_holding and last <= it.since) for it in above):
            return
        since = self._returns.wait(stream) if since is None else since
        if self._returns.is_back(stream, since, self._now):
            self._returns.forget(stream)
            self._is_heard(stream, last)
        else:
            together = max((it.until for it in above if it.is_holding and it.until > self._now), default=0)
            held = Held(since, together or _step(since, self._now))
            self.waited += ((name, held) for name in self._known.senders.names_of(stream))

    def _is_heard(self, stream: Stream, last: int) -> None:
        self._returns.heard(stream)
        for name in self._known.senders.names_of(stream):
            self.heard[name] = min(last, self.heard.get(name, last))

    def _is_of(self, incident: Incident, stream: Stream) -> bool:
        return any(stream == it or self._known.senders.is_within(stream, it) for it in incident.streams)


def with_heard(held: Mapping[str, Held], heard: Mapping[str, int], until: int) -> Holding:
    """Those that are heard as well, until when they are looked at again."""
    passing = ((name, Held(since, until)) for name, since in heard.items())
    return merged([*held.items(), *passing])


def _step(since: int, now: int) -> int:
    """An instant that is later, and the same for a while."""
    return since + ((now - since) // _STEP + 1) * _STEP
