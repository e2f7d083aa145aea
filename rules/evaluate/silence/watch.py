"""Watches what arrives: what falls silent is held, and becomes an incident when the silence is none that is usual.

Whoever has the lease writes the incidents; all others hold by what they see. One watch serves all shares of a process.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

from sqlalchemy import Connection

from rules.evaluate.doubt import Doubt
from rules.evaluate.silence import arrivals
from rules.evaluate.silence.flow import BEFORE, became_few, percent_left
from rules.evaluate.silence.holding import Lively, merged, of_incidents, with_heard
from rules.evaluate.silence.known import GONE, Known
from rules.evaluate.silence.returns import Returns
from rules.evaluate.silence.telling import scarce, silent, subject
from rules.held import ANY_NAME, Held, Holding
from rules.sentence.scene import instant
from store import incidents, leases
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, MINUTE, SECOND
from store.incidents import Because, Fallen, Incident, Stream
from store.settings import EvaluatorSettings

_LEASE, _TTL = "silence", 15 * SECOND
_FRESH, _FRESH_OF_MANY = SECOND // 5, SECOND  # what was seen within that is not looked for again
_COUNT_EVERY = 10 * SECOND
_LEARNED_FROM = 9 * DAY
_UNUSUAL = DAY  # for which what fell to a part of the usual is not the usual

_Change = Callable[[Connection], object]

log = logging.getLogger(__name__)

_WAITING = """
SELECT uniqExact(correlation_id) FROM deadlines
WHERE wake_at = fromUnixTimestamp64Micro({until:Int64}, 'UTC')
"""


@dataclass(frozen=True, slots=True)
class Silence:
    """`lasting`: what is held until a certain instant, and is not heard; it is part of `holding`. `let_go`: until when
    incidents would hold that do not any more. `released`: what was to be held until one of these instants need not wait
    for it. All in µs UTC."""

    holding: Holding = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()
    lasting: Holding = field(default_factory=dict)
    let_go: frozenset[int] = frozenset()
    released: frozenset[int] = frozenset()


class Watch:
    """Of one process. May be asked by several threads."""

    def __init__(self, settings: EvaluatorSettings, holder: str) -> None:
        self._settings, self._holder = settings, holder
        self._known = Known(settings.silence)
        self._returns = Returns(self._known)
        self._lock = Lock()
        self._seen: tuple[int, Silence] | None = None
        self._counted_at = 0

    def look(self, clickhouse: ClickHouse, database: Database, now: int) -> Silence:
        """What is held at `now` (µs UTC), and why; to be asked before judging. Raises StoreUnavailable."""
        with self._lock:
            if self._seen is None or not 0 <= now - self._seen[0] < self._fresh:
                self._seen = now, self._look(clickhouse, database, now)
            return self._seen[1]

    @property
    def _fresh(self) -> int:
        return _FRESH if self._known.is_easy else _FRESH_OF_MANY

    def _look(self, clickhouse: ClickHouse, database: Database, now: int) -> Silence:
        self._known.listen(clickhouse, now)
        with database.read() as connection:
            unsettled = incidents.unsettled(connection, now)
        if self._known.is_due(now):
            with database.read() as connection:
                before = incidents.lately(connection, now - _LEARNED_FROM)
            self._known.learn(clickhouse, before, now)
        unsettled = self._keep(clickhouse, database, unsettled, now)
        open_ = [it for it in unsettled if it.is_open]
        lively = Lively(self._known, self._returns, open_, now)
        lasting = merged([*of_incidents(self._known, self._returns, open_, now), *lively.waited])
        holding = with_heard(lasting, lively.heard, now + self._fresh)
        let_go = frozenset(it.until for it in unsettled if not it.is_holding and it.until > now)
        return Silence(holding, tuple(_doubts(open_, now)), lasting, let_go)

    def _keep(self, clickhouse: ClickHouse, database: Database, known: list[Incident], now: int) -> list[Incident]:
        """Begin, let go of and end incidents, and count what waits; the incidents after that."""
        changes = [*self._changes(known, now), *self._begins(clickhouse, known, now)]
        counts = now - self._counted_at >= _COUNT_EVERY and any(it.is_holding for it in known)
        if not (changes or counts) or leases.acquire(database, _LEASE, self._holder, now, _TTL) is None:
            return known
        waiting = {it.id: clickhouse.query(_WAITING, {"until": it.until})[0][0] for it in known if it.is_holding}
        self._counted_at = now
        with database.begin() as connection:
            for id, count in waiting.items():
                incidents.count(connection, id, count)
            for change in changes:
                change(connection)
        with database.read() as connection:
            return incidents.unsettled(connection, now)

    def _changes(self, known: list[Incident], now: int) -> Iterator[_Change]:
        for it in known:
            if it.is_open and self._is_over(it, now):
                for stream in it.streams:
                    self._returns.forget(stream)
                yield partial(incidents.end, id=it.id, now=now)
            elif it.is_holding and now >= it.until:
                yield partial(incidents.let_go, id=it.id, now=now, because=Because.RAN_OUT)

    def _is_over(self, it: Incident, now: int) -> bool:
        """It is back, or not expected any more, or what is usual now."""
        learned = it.percent and not any(self._known.is_declared(stream) for stream in it.streams)
        if now - it.since >= (_UNUSUAL if learned else GONE):
            return True
        return all(self._returns.is_over(stream, it, now) for stream in it.streams)

    def _begins(self, clickhouse: ClickHouse, known: list[Incident], now: int) -> Iterator[_Change]:
        """Each waits until an instant of its own, by which is told what waits for it."""
        open_ = [it for it in known if it.is_open]
        fallen = [self._fallen_silent(it) for it in silent(self._known, open_, now)]
        if not fallen:
            fallen = [self._become_few(clickhouse, it, now) for it in scarce(self._known, open_, now)]
        for place, it in enumerate(fallen):
            yield partial(_begin, fallen=it, now=now, until=now + self._settings.hold_at_most + place)

    def _fallen_silent(self, streams: tuple[Stream, ...]) -> Fallen:
        since = min(self._known.last[it] for it in streams)
        return self._fallen(streams, since, self._known.usual[streams[0]].told)

    def _become_few(self, clickhouse: ClickHouse, streams: tuple[Stream, ...], now: int) -> Fallen:
        flow, counts = self._known.flows[streams[0]], self._known.counts[streams[0]]
        count = flow.span + BEFORE
        minutes = arrivals.minutes(clickhouse, streams[0], now, count)
        since = (now // MINUTE - count + became_few(minutes)) * MINUTE
        return self._fallen(streams, since, flow.told, percent_left(flow, counts))

    def _fallen(self, streams: tuple[Stream, ...], since: int, told: str, percent: int = 0) -> Fallen:
        senders = self._known.senders
        names = dict.fromkeys(name for it in streams for name in senders.names_of(it))
        return Fallen(subject(senders, streams), streams, tuple(names), since, told, percent)


class Listener:
    """Of a share: what its watch sees, and what of that the share has yet to look at again."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._lasting: Holding | None = None
        self._released: frozenset[int] = frozenset()

    def look(self, clickhouse: ClickHouse, database: Database, now: int) -> Silence:
        """As `Watch.look`; with what was held and is not, of whichever name. What others released before this one began
        counts, too."""
        seen = self._watch.look(clickhouse, database, now)
        if self._lasting is None:
            self._released |= seen.let_go
        else:
            self._released |= {it.until for it in _gone(self._lasting, seen.lasting) if it.until > now}
        self._lasting = seen.lasting
        return Silence(seen.holding, seen.doubts, released=self._released)

    def rewoken(self, released: Iterable[int]) -> None:
        """What was released until then has been judged."""
        self._released -= frozenset(released)


def _gone(before: Holding, after: Holding) -> Iterator[Held]:
    return (it for name, it in before.items() if after.get(name) != it)


def _begin(connection: Connection, fallen: Fallen, now: int, until: int) -> None:
    log.error("evaluator: %s", _said(incidents.begin(connection, fallen, now, until)))


def _said(it: Incident) -> str:
    return f"{it.subject} {it.how} since {instant(it.since)}"


def _doubts(open_: Iterable[Incident], now: int) -> Iterator[Doubt]:
    for it in open_:
        if it.let_go_at is not None:
            yield Doubt(now, _said(it), () if ANY_NAME in it.names else it.names)
