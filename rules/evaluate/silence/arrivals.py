"""What has arrived, by name: read from the table that is filled as events come in. Instants: µs UTC."""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.evaluate.silence.usual import Minutes, windows_of
from rules.held import ANY_NAME
from store.clickhouse import ClickHouse
from store.event import MINUTE

_RECENT = 10 * MINUTE

_HEARD = """
SELECT if(grouping(name) = 0, toString(name), {any:String}) AS about,
       toUnixTimestamp64Micro(max(last)), toUnixTimestamp64Micro(max(behind)), toInt64(sum(events))
FROM arrivals
WHERE minute > toDateTime({since:Int64}, 'UTC')
GROUP BY GROUPING SETS ((name), ())
"""

_MINUTES = """
SELECT if(grouping(name) = 0, toString(name), {any:String}) AS about,
       toInt64(intDiv(toUnixTimestamp(minute), 60)) AS at, toInt64(sum(events)), argMax(toString(source), events)
FROM arrivals
WHERE arrayExists((since, until) -> at >= since AND at < until, {sinces:Array(Int64)}, {untils:Array(Int64)})
  AND minute >= toDateTime({first:Int64}, 'UTC')
GROUP BY GROUPING SETS ((name, minute), (minute))
"""

_FIRST = "SELECT toInt64(toUnixTimestamp(min(minute))), count() FROM arrivals"


@dataclass(frozen=True, slots=True)
class Heard:
    """`last`: when the last event was accepted; `behind`: the last that was late then; `events`: how many lately."""

    last: int
    behind: int
    events: int


@dataclass(frozen=True, slots=True)
class History:
    """`first`: when anything was heard at all; `sources`: which source the events of a name come from mostly."""

    first: int
    minutes: Mapping[str, Minutes]
    sources: Mapping[str, str]


def heard(clickhouse: ClickHouse, now: int) -> dict[str, Heard]:
    """By name, and of all together, in the last ten minutes. Raises StoreUnavailable."""
    since = (now - _RECENT) // MINUTE * 60
    rows = clickhouse.query(_HEARD, {"since": since, "any": ANY_NAME})
    return {name: Heard(min(last, now), min(behind, now), events) for name, last, behind, events in rows if events}


def history(clickhouse: ClickHouse, now: int) -> History | None:
    """What `usual.learned` asks for; `None` where nothing was heard yet. Raises StoreUnavailable."""
    [(first, count)] = clickhouse.query(_FIRST)
    if not count:
        return None
    sinces, untils = zip(*windows_of(now), strict=True)
    asked = {"any": ANY_NAME, "sinces": list(sinces), "untils": list(untils), "first": min(sinces) * 60}
    minutes: dict[str, dict[int, int]] = {}
    sources: dict[str, str] = {}
    for name, at, events, source in clickhouse.query(_MINUTES, asked):
        minutes.setdefault(name, {})[at] = events
        sources[name] = source
    sources.pop(ANY_NAME, None)
    return History(first * MINUTE // 60, minutes, sources)
