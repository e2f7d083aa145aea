"""What stored events show of a workflow, counted by the engine: a few aggregate queries over a sample of the IDs.

Names are known by their places from 1 in the list that the log is about; the first is the start event. Times and
durations are in µs. A name's time in a history is that of its first event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rules.compile.sql import Column, Constant, Sql, Value, call, equals
from store.clickhouse import ClickHouse
from store.event import RESERVED_SOURCE

START = 1  # the place of the start event

SAMPLED = "cityHash64(correlation_id) % {one_in:UInt64} = 0 AND source != {testimony:String}"
IN_ORDER = "SETTINGS optimize_aggregation_in_order = 1"  # the table is sorted by ID: no table of all IDs is kept

_SIZE = """
SELECT count(), uniqHLL12(correlation_id), toUnixTimestamp64Micro(min(time)), toUnixTimestamp64Micro(max(time)),
       toInt64(ifNotFinite(quantileTDigest(0.99)(toFloat64(dateDiff('microsecond', time, received_at))), 0))
FROM events
WHERE source != {testimony:String}
"""

_FIRSTS = f"""
SELECT called, count() AS ids
FROM (SELECT toString(argMin(name, (time, id, source))) AS called FROM events WHERE {SAMPLED} GROUP BY correlation_id)
GROUP BY called ORDER BY ids DESC, called LIMIT 1000 {IN_ORDER}
"""

_NAMES = f"""
WITH started AS (SELECT correlation_id FROM events WHERE {SAMPLED} AND name = {{start:String}})
SELECT called, count() AS ids, sum(times), countIf(times > 1), max(times), if(uniqExact(sent) = 1, any(sent), '')
FROM (SELECT toString(name) AS called, uniqExact(identity) AS times, toString(any(source)) AS sent
      FROM events WHERE {SAMPLED} AND correlation_id IN started GROUP BY correlation_id, called)
GROUP BY called ORDER BY ids DESC, called LIMIT {{limit:UInt64}}
"""

HISTORIES = f"""
SELECT correlation_id, toUnixTimestamp64Micro(max(time)) AS last,
       minMap(map(toUInt16(indexOf({{names:Array(String)}}, toString(name))), toUnixTimestamp64Micro(time))) AS at
FROM events WHERE {SAMPLED} AND has({{names:Array(String)}}, toString(name))
GROUP BY correlation_id
HAVING mapContains(at, 1) AND at[1] <= {{until:Int64}} AND NOT hasAny(mapKeys(at), {{without:Array(UInt16)}})
"""

_SPAN = f"""
SELECT count(), min(at[1]), max(at[1]), toInt64(quantileExact(0.95)(last - at[1])) FROM ({HISTORIES}) {IN_ORDER}
"""

_SINCE = f"SELECT countIf(at[1] <= {{before:Int64}}) FROM ({HISTORIES}) {IN_ORDER}"

_PAIRS = f"""
SELECT pair.1 AS first, pair.2 AS second, count(), countIf(pair.3 < pair.4), countIf(pair.3 = pair.4)
FROM (SELECT arrayJoin(arrayFlatten(arrayMap(a -> arrayMap(b -> (a, b, at[a], at[b]), mapKeys(at)), mapKeys(at))))
             AS pair
      FROM ({HISTORIES}))
GROUP BY first, second {IN_ORDER}
"""

_ENDS = f"""
SELECT ending, count(), countIf(lacking), countIf(silent)
FROM (SELECT arrayJoin(arrayPushBack(mapKeys(at), 0)) AS ending,
             arrayExists(u -> NOT mapContains(at, u), {{usual:Array(UInt16)}}) AS lacking,
             NOT arrayExists(u -> at[u] > at[ending], {{usual:Array(UInt16)}}) AS silent
      FROM ({HISTORIES}))
GROUP BY ending {IN_ORDER}
"""

_DELAYS = f"""
SELECT step.1 AS place, countIf(step.3 > 0), countIf(step.2 > 0 AND step.3 > 0),
       arrayMap(q -> toInt64(q), quantilesExactIf(0.5, 0.95, 0.99)(greatest(step.2 - step.3, 0),
                                                                  step.2 > 0 AND step.3 > 0)),
       maxIf(greatest(step.2 - step.3, 0), step.2 > 0 AND step.3 > 0)
FROM (SELECT arrayJoin(arrayMap((s, b) -> (s, at[s], arrayMin(b) > 0 ? arrayMax(b) : 0), {{steps:Array(UInt16)}},
             arrayMap(chains -> arrayMap(chain -> at[arrayFirst(p -> mapContains(at, p), chain)], chains),
                      {{bases:Array(Array(Array(UInt16)))}}))) AS step
      FROM ({HISTORIES}))
GROUP BY place {IN_ORDER}
"""


@dataclass(frozen=True, slots=True)
class Size:
    """Of the whole store: events, about how many correlation IDs, the times of the first and the last event, and the
    99th percentile of how long an event is on its way (nonsense where history was imported)."""

    events: int
    ids: int
    first: int
    last: int
    transit: int


@dataclass(frozen=True, slots=True)
class Name:
    """An event name, counted over the IDs that have the start event. `repeated`: IDs that have it more than once, up
    to `most` times. `source` is the only one that sends it, if there is only one."""

    name: str
    ids: int
    events: int
    repeated: int
    most: int
    source: str


@dataclass(frozen=True, slots=True)
class Span:
    """How many instances there are, when the first and the last of them started, and the 95th percentile of the time
    from the start to the last event."""

    instances: int
    first: int
    last: int
    length: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Of two names: IDs that have `both`, those where the first came `before` the second, and at the `same` time."""

    both: int
    before: int
    same: int


@dataclass(frozen=True, slots=True)
class Ending:
    """Of a name: IDs that have it, those of them that are `lacking` a usual step, and those that stay `silent`:
    no usual step comes behind it."""

    ids: int
    lacking: int
    silent: int


@dataclass(frozen=True, slots=True)
class Delay:
    """From a step's base to the step. `expected`: instances that have the base, `seen`: the step too."""

    expected: int
    seen: int
    p50: int
    p95: int
    p99: int
    longest: int


@dataclass(frozen=True, slots=True)
class Log:
    """The events of a sample of the correlation IDs, one in `one_in`: of those that started up to `until` and have none
    of the names at the places `without`. Every method raises StoreUnavailable or StoreRefused."""

    clickhouse: ClickHouse
    one_in: int = 1
    names: tuple[str, ...] = ()
    until: int = (1 << 63) - 1
    without: tuple[int, ...] = ()

    def about(self, names: Sequence[str]) -> "Log":
        return replace(self, names=tuple(names))

    def sampled(self) -> Sql | None:
        """The condition on `correlation_id` that chooses the sample, for the judge."""
        share = call("modulo", call("cityHash64", Column("correlation_id")), Value(self.one_in, "UInt64"))
        return equals(share, Constant(0)) if self.one_in > 1 else None

    def size(self) -> Size:
        [row] = self.query(_SIZE)
        return Size(*row)

    def firsts(self) -> list[tuple[str, int]]:
        """Names of first events, with the number of IDs that begin so; the most frequent first."""
        return [(name, ids) for name, ids in self.query(_FIRSTS)]

    def counted(self, start: str, limit: int) -> list[Name]:
        """The names in IDs that have `start`, the most frequent first."""
        return [Name(*row) for row in self.query(_NAMES, {"start": start, "limit": limit})]

    def span(self) -> Span:
        [row] = self.query(_SPAN)
        return Span(*row)

    def started_before(self, instant: int) -> int:
        [(count,)] = self.query(_SINCE, {"before": instant})
        return int(count)

    def pairs(self) -> Mapping[tuple[int, int], Pair]:
        """By places; a name with itself gives how many IDs have it."""
        return {(a, b): Pair(*rest) for a, b, *rest in self.query(_PAIRS)}

    def ends(self, usual: Sequence[int]) -> Mapping[int, Ending]:
        """By place; at 0, of all IDs."""
        return {place: Ending(*rest) for place, *rest in self.query(_ENDS, {"usual": list(usual)})}

    def delays(self, bases: Mapping[int, Sequence[Sequence[int]]]) -> Mapping[int, Delay]:
        """By place of the step. A base is the latest over its chains; of a chain, the first place that has a time."""
        given = {"steps": list(bases), "bases": [[list(chain) for chain in chains] for chains in bases.values()]}
        rows = self.query(_DELAYS, given) if bases else []
        return {
            place: Delay(expected, seen, p50, p95, p99, longest)
            for place, expected, seen, (p50, p95, p99), longest in rows
        }

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """A SELECT about this log; its own parameters come by themselves."""
        mine = {"one_in": self.one_in, "testimony": RESERVED_SOURCE, "names": list(self.names), "until": self.until}
        return self.clickhouse.query(sql, {**mine, "without": list(self.without), **(parameters or {})})
