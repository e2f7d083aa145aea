"""Who sends what: how much, how late, and whether it has fallen silent. Times are µs UTC."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from api.sql import query
from store import collectors, incidents, quarantine
from store.clickhouse import ClickHouse
from store.collectors import Collector
from store.event import DAY, HOUR, MINUTE, SECOND
from store.incidents import ANY, Incident, Stream

RECENT = 10 * MINUTE
MOST = 1_000  # faults of sources, and incidents, that are looked at
FEW = 0.5  # of what is usual: less than that is worth a mark


@dataclass(frozen=True, slots=True)
class Lag:
    """How old events are when they come, µs."""

    median: int
    p95: int


@dataclass(frozen=True, slots=True)
class Sent:
    """Events of a name from a source. `rate` and `usual` are events in a minute: of the last ten, and of the day before
    those, `None` where it did not come yet. `silent_since`: `None` where it is heard."""

    name: str
    rate: float
    usual: float | None
    last_at: int
    lag: Lag | None
    silent_since: int | None

    @property
    def few(self) -> bool:
        return self.usual is not None and self.rate < FEW * self.usual


@dataclass(frozen=True, slots=True)
class Source:
    """`quarantined`: events of it that were refused, and wait for somebody to see to them."""

    name: str
    sent: Sequence[Sent]
    quarantined: int

    @property
    def rate(self) -> float:
        return sum(it.rate for it in self.sent)

    @property
    def last_at(self) -> int | None:
        return max((it.last_at for it in self.sent), default=None)


@dataclass(frozen=True, slots=True)
class Sources:
    """The known ones by name, and those who take their events in."""

    sources: Sequence[Source]
    collectors: Sequence[Collector]


def sources(connection: Connection, clickhouse: ClickHouse, now: int) -> Sources:
    """Raises `StoreUnavailable` or `StoreRefused`."""
    silent = incidents.page(connection, None, MOST, only_open=True)
    refused = _refused(clickhouse, now)
    sent = _sent(clickhouse, silent, now)
    known = [Source(name, sent.get(name, ()), refused.get(name, 0)) for name in sorted({*sent, *refused})]
    return Sources(known, collectors.registered(connection))


def _sent(clickhouse: ClickHouse, silent: Sequence[Incident], now: int) -> Mapping[str, list[Sent]]:
    until = now // MINUTE * MINUTE
    recent, day = until - RECENT, until - RECENT - DAY
    asked = {"until": until // SECOND, "recent": recent // SECOND, "day": day // SECOND}
    lags = _lags(clickhouse, now)
    found: defaultdict[str, list[Sent]] = defaultdict(list)
    for source, name, lately, before, first, last_at in clickhouse.query(query("streams"), asked):
        began = max(first * SECOND, day)
        usual = before * MINUTE / (recent - began) if began < recent else None
        since = _silent_since(silent, source, name)
        rate = lately * MINUTE / RECENT
        found[source].append(Sent(name, rate, usual, last_at, lags.get((source, name)), since))
    return found


def _lags(clickhouse: ClickHouse, now: int) -> Mapping[tuple[str, str], Lag]:
    """A sender whose clock is ahead is not early: its events are as old as nothing."""
    rows = clickhouse.query(query("lags"), {"since": (now // HOUR - 1) * HOUR // SECOND})
    return {(source, name): Lag(*(max(0, round(it)) for it in lags)) for source, name, lags in rows}


def _refused(clickhouse: ClickHouse, now: int) -> Mapping[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for group in quarantine.groups(clickhouse, quarantine.Wanted(), now, MOST):
        found[group.source] += group.count
    return found


def _silent_since(silent: Iterable[Incident], source: str, name: str) -> int | None:
    which = {Stream(source, name), Stream(source, ANY), Stream(ANY, name), Stream()}
    return min((it.since for it in silent if which & set(it.streams)), default=None)
