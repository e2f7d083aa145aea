"""Watches what arrives: what falls silent is held, and becomes an incident when the silence is none that is usual.

Of a lively name the absence is believed up to its last event only, always: when it falls silent, nothing that fell due
since is missing before anybody knows. While all of them are heard that costs nothing. What is back is held until its
backlog is in: until for a few seconds nothing has come that was late. Whoever has the lease writes the incidents; all
others hold by what they see.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from rules.evaluate.doubt import Doubt
from rules.evaluate.silence.arrivals import Heard, History, heard, history
from rules.evaluate.silence.usual import SHORTEST, Known, Usual, declared, learned
from rules.held import ANY_NAME, Held, Holding
from rules.sentence.scene import instant
from store import incidents, leases
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import MINUTE, SECOND
from store.incidents import Because, Fallen, Incident, Stream
from store.settings import EvaluatorSettings

EVERYTHING = "everything"
_LEASE, _TTL = "silence", 15 * SECOND
_SUSPECT = 5 * SECOND  # a lively name that is not heard for so long is waited for, and not asked after every tick
_QUIET = 3 * SECOND  # a backlog is in when nothing of it has come for so long
_TARDY = 30 * SECOND  # the same of a name whose events are late anyway
_STEP = SHORTEST + MINUTE
_COUNT_EVERY = 10 * SECOND
_REMEMBERED = 100  # incidents

_Change = Callable[[Connection], object]

log = logging.getLogger(__name__)

_WAITING = """
SELECT uniqExact(correlation_id) FROM deadlines
WHERE wake_at = fromUnixTimestamp64Micro({until:Int64}, 'UTC')
"""


@dataclass(frozen=True, slots=True)
class Silence:
    """`released`: what was to be held until one of these instants (µs UTC) need not wait for it any more."""

    holding: Holding = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()
    released: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Waited:
    """A name that was silent since; `back_at`: when it was first heard again."""

    since: int
    back_at: int | None = None


class Watch:
    """Of one evaluator."""

    def __init__(self, settings: EvaluatorSettings, holder: str) -> None:
        self._settings, self._holder = settings, holder
        self._usual: dict[str, Usual] = {}
        self._sources: Mapping[str, str] = {}
        self._last: dict[str, int] = {}  # when an event of each name was accepted last
        self._learned_at = self._counted_at = 0
        self._waited: dict[str, _Waited] = {}
        self._tardy: dict[str, bool] = {}
        self._holding: Holding | None = None
        self._released: frozenset[int] = frozenset()

    def look(self, clickhouse: ClickHouse, database: Database, now: int) -> Silence:
        """What is held at `now` (µs UTC), and why; to be asked before judging. Raises StoreUnavailable."""
        arrived = heard(clickhouse, now)
        self._last |= {name: it.last for name, it in arrived.items()}
        with database.read() as connection:
            known = incidents.unsettled(connection, now)
            before = incidents.page(connection, None, _REMEMBERED, only_open=False)
        if now - self._learned_at >= MINUTE:
            self._learn(history(clickhouse, now), before, now)
        known = self._keep(clickhouse, database, known, arrived, now)
        open_ = [it for it in known if it.is_open]
        holding = {**self._unheard(arrived, open_, now), **dict(self._of_incidents(arrived, open_, now))}
        self._release(holding, known, now)
        return Silence(holding, tuple(_doubts(open_, now)), self._released)

    def rewoken(self, released: Iterable[int]) -> None:
        """What was released until then has been judged."""
        self._released -= frozenset(released)

    def _learn(self, known: History | None, before: Iterable[Incident], now: int) -> None:
        self._learned_at = now
        silence = self._settings.silence
        self._usual |= {name: declared(it) for name, it in silence.expect.items() if silence.heeds(name)}
        if known is None:
            return
        self._sources = known.sources
        but = [(it.since, it.ended_at or now) for it in before]
        for name, minutes in known.minutes.items():
            last = self._last.setdefault(name, (max(minutes) + 1) * MINUTE - 1)
            if name in silence.expect or not silence.heeds(name):
                continue
            usual = learned(minutes, last, now, Known(known.first, silence.learn, but))
            if usual is not None:
                self._usual[name] = usual
            elif now - last < MINUTE:
                self._usual.pop(name, None)

    def _keep(
        self,
        clickhouse: ClickHouse,
        database: Database,
        known: list[Incident],
        arrived: Mapping[str, Heard],
        now: int,
    ) -> list[Incident]:
        """Begin, let go of and end incidents, and count what waits; the incidents after that."""
        changes = [*self._changes(known, arrived, now)]
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

    def _changes(self, known: list[Incident], arrived: Mapping[str, Heard], now: int) -> Iterator[_Change]:
        for it in known:
            if it.is_open and all(self._is_back(name, it.since, arrived, now) for name in it.names):
                for name in it.names:
                    self._waited.pop(name, None)
                yield partial(incidents.end, id=it.id, now=now)
            elif it.is_holding and now >= it.until:
                yield partial(incidents.let_go, id=it.id, now=now, because=Because.RAN_OUT)
        taken = {name for it in known if it.is_open for name in it.names}
        for subject, names in self._fallen_silent(taken, now):
            since = min(self._last[name] for name in names)
            streams = tuple(Stream(name=name) for name in names)
            fallen = Fallen(subject, streams, names, since, self._usual[names[0]].told)
            log.error("evaluator: %s silent since %s", subject, instant(since))
            yield partial(incidents.begin, fallen=fallen, now=now, until=now + self._settings.hold_at_most)

    def _fallen_silent(self, taken: set[str], now: int) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Whose events they are, and which; everything at once is one."""
        silent = {name for name in self._usual if name not in taken and self._gap(name, now) > self._patience(name)}
        if ANY_NAME in silent:
            yield EVERYTHING, (ANY_NAME,)
        if ANY_NAME in silent | taken or (self._gap(ANY_NAME, now) > _SUSPECT and ANY_NAME in self._usual):
            return
        by_source: dict[str, list[str]] = {}
        for name in sorted(silent):
            by_source.setdefault(self._sources.get(name, name), []).append(name)
        for source, names in by_source.items():
            others = {it for it in self._usual if self._sources.get(it) == source} - set(names)
            yield (", ".join(names) if others else source), tuple(names)

    def _gap(self, name: str, now: int) -> int:
        return now - self._last[name] if name in self._last else 0

    def _patience(self, name: str) -> int:
        return self._usual[name].patience

    def _of_incidents(
        self, arrived: Mapping[str, Heard], open_: Iterable[Incident], now: int
    ) -> Iterator[tuple[str, Held]]:
        for it in open_:
            if it.is_holding and it.until > now:
                names = (name for name in it.names if not self._is_back(name, it.since, arrived, now))
                yield from ((name, Held(it.since, it.until)) for name in names)

    def _unheard(self, arrived: Mapping[str, Heard], open_: Iterable[Incident], now: int) -> dict[str, Held]:
        """Lively names, each since its last event; and those of which the backlog is not in."""
        taken = {name for it in open_ for name in it.names}
        together = max(
            (it.until for it in open_ if it.is_holding and it.until > now and ANY_NAME in it.names), default=0
        )
        let_go_since = max((it.since for it in open_ if not it.is_holding and ANY_NAME in it.names), default=0)
        found = {}
        for name, usual in self._usual.items():
            if not usual.lively or name in taken or self._last.get(name, 0) <= let_go_since:
                continue
            since, waited = self._last[name], self._waited.get(name)
            if self._gap(name, now) >= _SUSPECT and waited is None:
                waited = self._waited[name] = _Waited(since)
            if waited is None or self._is_back(name, waited.since, arrived, now):
                self._waited.pop(name, None)
                self._tardy[name] = name in arrived and arrived[name].behind > since - _SUSPECT
                found[name] = Held(since, now + 1)
            else:
                found[name] = Held(waited.since, together or _step(waited.since, now))
        return found

    def _is_back(self, name: str, since: int, arrived: Mapping[str, Heard], now: int) -> bool:
        """It is heard again, and nothing more of its backlog comes."""
        it = arrived.get(name)
        if it is None or it.last <= since:
            return False
        waited = self._waited.setdefault(name, _Waited(since))
        waited.back_at = now if waited.back_at is None else waited.back_at
        if self._tardy.get(name, False):
            return now - waited.back_at >= _TARDY
        return now - max(waited.back_at, it.behind) >= _QUIET

    def _release(self, holding: Holding, known: Iterable[Incident], now: int) -> None:
        """What was held and is not, of whichever name; what others released before this one began counts, too."""
        if self._holding is None:
            self._released |= {it.until for it in known if not it.is_holding and it.until > now}
        else:
            gone = self._holding.items() - holding.items()
            self._released |= {it.until for _, it in gone if it.until > now + 1}
        self._holding = holding


def _step(since: int, now: int) -> int:
    """An instant that is later, and the same for a while."""
    return since + ((now - since) // _STEP + 1) * _STEP


def _doubts(open_: Iterable[Incident], now: int) -> Iterator[Doubt]:
    for it in open_:
        if it.let_go_at is not None:
            names = () if ANY_NAME in it.names else it.names
            yield Doubt(now, f"{it.subject} silent since {instant(it.since)}", names)
