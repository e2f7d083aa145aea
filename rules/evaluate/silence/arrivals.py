"""What has arrived, by stream: read from the table that is filled as events come in. Instants: µs UTC."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rules.evaluate.silence.flow import BEFORE, COUNTED, Counts
from rules.evaluate.silence.window import (
    LIVELY,
    LOOK_AHEAD,
    LOOK_BACK,
    SHIFT,
    SPANS,
    STEP,
    UNFINISHED,
    USED_FOR,
    Window,
    bounds,
)
from store.clickhouse import ClickHouse
from store.event import DAY, MINUTE, SECOND
from store.incidents import ANY, Stream

_REACH = max(SPANS) + BEFORE  # minutes before now that `counted` reads
_SENT_IN = 8 * DAY
_MOST_SENT = 20_000

_HEARD = """
SELECT {stream}, toUnixTimestamp64Micro(max(last)) AS heard_at, toUnixTimestamp64Micro(max(behind))
FROM arrivals
WHERE minute >= toStartOfMinute(toDateTime({since:Int64}, 'UTC'))
GROUP BY GROUPING SETS ({sets})
HAVING heard_at >= {since:Int64} * 1000000
"""

_COUNTED = f"""
WITH toInt64(intDiv(toUnixTimestamp(minute), 60)) AS at
SELECT {{stream}},
       [{", ".join(f"sumIf(events, at >= {{minute:Int64}} - {span})" for span in COUNTED)}],
       [{
    ", ".join(
        f"sumIf(events, at < {{minute:Int64}} - {span} AND at >= {{minute:Int64}} - {span + BEFORE})" for span in SPANS
    )
}]
FROM arrivals
WHERE minute >= toDateTime({{since:Int64}}, 'UTC') AND minute < toDateTime({{minute:Int64}} * 60, 'UTC')
GROUP BY GROUPING SETS ({{sets}})
"""

_FIRST = "SELECT toInt64(toUnixTimestamp(min(minute))), count() FROM arrivals"

_SENT = """
SELECT toString(source), toString(name), toInt64(toUnixTimestamp(max(minute)))
FROM arrivals
WHERE minute >= toDateTime({since:Int64}, 'UTC')
GROUP BY source, name
ORDER BY sum(events) DESC
LIMIT {most:UInt64}
"""

_MINUTES = f"""
SELECT toInt64(intDiv(toUnixTimestamp(minute), 60)) AS at, sum(events)
FROM arrivals
WHERE minute >= toDateTime({{since:Int64}}, 'UTC')
  AND {{source:String}} IN ('{ANY}', source) AND {{name:String}} IN ('{ANY}', name)
GROUP BY at
"""

# Minutes are numbered since the epoch. Of a day: where its window begins and ends; of gaps, the same.
_BEGIN = f"({{minute:Int64}} - day * 1440 - {SHIFT + max(SPANS)})"
_LENGTH = SHIFT + max(SPANS) + SHIFT + USED_FOR
_LOW = f"if(day = 0, {{low:Int64}}, {{minute:Int64}} - day * 1440 - {LOOK_BACK})"
_HIGH = f"if(day = 0, {{minute:Int64}} - {UNFINISHED}, {{minute:Int64}} - day * 1440 + {LOOK_AHEAD})"


def _flows(span: int) -> str:
    """How many came in so many minutes on end, the fewest first."""
    begins = f"range({max(SPANS) - span}, {_LENGTH - span + 1}, {STEP})"
    return f"arraySort(arrayMap(it -> sums[it + {span + 1}] - sums[it + 1], {begins}))"


_HISTORY = f"""
WITH counted AS
(
    SELECT {{stream}}, toInt64(intDiv(toUnixTimestamp(minute), 60)) AS at, toInt64(sum(events)) AS came,
           intDiv({{minute:Int64}} + {SHIFT + USED_FOR - 1} - at, 1440) AS day
    FROM arrivals
    WHERE {{windows}}
    GROUP BY GROUPING SETS ({{sets}})
),
days AS
(
    SELECT of_source, of_name, day, {_LOW} AS low, {_HIGH} AS high,
           arraySort(groupArrayIf(at, at >= low AND at < high)) AS heard,
           minIf(came, at >= low AND at < high) AS least,
           countIf(came >= {LIVELY} AND at >= low AND at < high) AS lively,
           groupArrayInsertAt(0, {_LENGTH})(came, toUInt32(at - {_BEGIN})) AS every,
           arrayConcat([toInt64(0)], arrayCumSum(every)) AS sums,
           if(day = 0, [], [{", ".join(_flows(span) for span in SPANS)}]) AS flows
    FROM counted
    GROUP BY of_source, of_name, day
)
SELECT of_source, of_name, day, high - low, length(heard), if(length(heard) = high - low, least, 0), lively,
       greatest(0, arrayMax(arrayDifference(arrayConcat([low - 1], heard, if(day = 0, [], [high])))) - 1),
       arrayMap(it -> it[1], flows), arrayMap(it -> it[intDiv(length(it), 2) + 1], flows)
FROM days
"""


class Heard(NamedTuple):
    """`last`: when the last event was accepted; `behind`: the last that was late then."""

    last: int
    behind: int


class Level(NamedTuple):
    """Of what streams there are: of a source, of a name, of both, or of neither."""

    source: bool
    name: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """When a source sent a name last, to the minute."""

    source: str
    name: str
    last: int


def heard(clickhouse: ClickHouse, levels: Collection[Level], since: int, now: int) -> dict[Stream, Heard]:
    """Those of which something was accepted since then. Raises StoreUnavailable."""
    rows = clickhouse.query(_of(_HEARD, levels), {"since": since // SECOND})
    return {Stream(source, name): Heard(min(last, now), min(behind, now)) for source, name, last, behind in rows}


def counted(clickhouse: ClickHouse, levels: Collection[Level], now: int) -> dict[Stream, Counts]:
    """The events of the last minutes. Raises StoreUnavailable."""
    minute = now // MINUTE
    asked = {"minute": minute, "since": (minute - _REACH) * 60}
    rows = clickhouse.query(_of(_COUNTED, levels), asked)
    return {Stream(source, name): Counts(tuple(lately), tuple(before)) for source, name, lately, before in rows}


def first(clickhouse: ClickHouse) -> int | None:
    """When anything was heard at all. Raises StoreUnavailable."""
    [(minute, count)] = clickhouse.query(_FIRST)
    return minute * SECOND if count else None


def sent(clickhouse: ClickHouse, now: int) -> list[Sent]:
    """In the last eight days, the most first. Raises StoreUnavailable."""
    rows = clickhouse.query(_SENT, {"since": (now - _SENT_IN) // SECOND, "most": _MOST_SENT})
    return [Sent(source, name, last * SECOND) for source, name, last in rows]


def minutes(clickhouse: ClickHouse, stream: Stream, now: int, count: int) -> list[int]:
    """How many events came in each of the last minutes that are over. Raises StoreUnavailable."""
    begin = now // MINUTE - count
    came = dict(clickhouse.query(_MINUTES, {"since": begin * 60, **stream._asdict()}))
    return [came.get(begin + it, 0) for it in range(count)]


def history(
    clickhouse: ClickHouse, levels: Collection[Level], days: Sequence[int], now: int, since: int
) -> Mapping[Stream, dict[int, Window]]:
    """The windows of these days, of each stream that is heard in any; one of which it was not is empty. `since`: when
    anything was heard at all. Raises StoreUnavailable."""
    low = max(bounds(now, 0)[0], since // MINUTE + 1)
    windows = " OR ".join(_between(*bounds(now, day)) for day in days)
    asked = _of(_HISTORY, levels, "minute").replace("{windows}", windows)
    found: dict[Stream, dict[int, Window]] = {}
    for source, name, day, *summed, leanest, middle in clickhouse.query(asked, {"minute": now // MINUTE, "low": low}):
        minutes, heard, least, lively, longest = summed
        window = Window(minutes, heard, least, lively, longest, tuple(leanest), tuple(middle))
        found.setdefault(Stream(source, name), {})[day] = window
    return {stream: {day: windows.get(day, _EMPTY) for day in days} for stream, windows in found.items()}


_NONE = (0,) * len(SPANS)
_EMPTY = Window(minutes=1, heard=0, least=0, lively=0, longest=1, leanest=_NONE, middle=_NONE)


def _between(first: int, end: int) -> str:
    return f"minute >= toDateTime({first * 60}, 'UTC') AND minute < toDateTime({end * 60}, 'UTC')"


def _of(sql: str, levels: Collection[Level], *also: str) -> str:
    """Grouped by stream."""
    sets = ", ".join(f"({', '.join([*_columns(level), *also])})" for level in levels)
    columns = ", ".join(_told(column, any(column in _columns(level) for level in levels)) for column in Level._fields)
    return sql.replace("{stream}", columns).replace("{sets}", sets)


def _columns(level: Level) -> list[str]:
    return [column for column, is_told in level._asdict().items() if is_told]


def _told(column: str, in_some: bool) -> str:
    told = f"if(grouping({column}) = 0, toString({column}), '{ANY}')" if in_some else f"'{ANY}'"
    return f"{told} AS of_{column}"
