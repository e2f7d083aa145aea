"""What stored events show of attributes: which there are, what decides whether a step comes, what promises a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rules.suggest.log import HISTORIES, SAMPLED, Log

FEW = 20  # values at most of an attribute that may decide something
_KEYS = 500
_LONGEST_KEY = 100

# The attributes of the first event of each name, one row for each of them and ID.
_SAID = f"""
SELECT place, id, since, kv.1 AS key, kv.2 AS raw, match(raw, '^"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') AS dated,
       if(dated, toUnixTimestamp64Micro(parseDateTime64BestEffortOrNull(JSONExtractString(raw), 6, 'UTC')), NULL)
           AS instant
FROM (SELECT toUInt16(indexOf({{names:Array(String)}}, toString(name))) AS place, correlation_id AS id,
             argMin(attributes, (time, events.id, source)) AS said, toUnixTimestamp64Micro(min(time)) AS since
      FROM events WHERE {SAMPLED} AND has({{names:Array(String)}}, toString(name))
      GROUP BY correlation_id, place)
ARRAY JOIN JSONExtractKeysAndValuesRaw(said) AS kv
"""

_KINDS = f"""
SELECT place, key, count() AS ids, countIf(match(raw, '^-?[0-9]')), countIf(startsWith(raw, '"')),
       countIf(isNotNull(instant)), countIf(instant > since), uniqUpTo({FEW})(raw)
FROM ({_SAID}) GROUP BY place, key ORDER BY place, ids DESC, key LIMIT {_KEYS}
"""

_VALUES = f"""
SELECT key, raw, count(), sumForEach(seen)
FROM (SELECT id, key, raw FROM ({_SAID}) WHERE place = 1 AND has({{keys:Array(String)}}, key)) AS said
INNER JOIN (SELECT correlation_id AS id, arrayMap(p -> toUInt64(mapContains(at, p)), {{steps:Array(UInt16)}}) AS seen
            FROM ({HISTORIES})) AS history USING id
GROUP BY key, raw ORDER BY key, raw
"""

_PROMISES = f"""
SELECT place, key, step, count(), countIf(came <= instant), toInt64(quantileExact(0.5)(instant - since))
FROM (SELECT place, key, assumeNotNull(instant) AS instant, since, arrayJoin(mapKeys(at)) AS step, at[step] AS came
      FROM (SELECT * FROM ({_SAID}) WHERE has({{keys:Array(String)}}, key) AND isNotNull(instant)) AS said
      INNER JOIN (SELECT correlation_id AS id, at FROM ({HISTORIES})) AS history USING id)
GROUP BY place, key, step
"""

_PREFIX = f"""
SELECT extract(correlation_id, '^([A-Za-z]{{3,20}})[-_:/]') AS prefix, count() FROM ({HISTORIES})
GROUP BY prefix ORDER BY count() DESC, prefix LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A top-level attribute of the first event of a name: in how many IDs it is there, is a number, text, an instant,
    an instant after its event. `values` counts the different ones, up to one more than `FEW`."""

    place: int
    key: str
    ids: int
    numbers: int
    texts: int
    instants: int
    later: int
    values: int


@dataclass(frozen=True, slots=True)
class Value:
    """A value (as JSON) of an attribute of the start: instances that have it, and those of them that have each step."""

    json: str
    instances: int
    seen: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Promise:
    """How a step kept to an instant that the first event of a name, at `place`, holds under `key`: of the instances
    that have both, those where it came by then, and the median time (µs) from that event to the instant."""

    place: int
    key: str
    step: int
    both: int
    kept: int
    ahead: int


def attributes(log: Log) -> list[Attribute]:
    """By place, the most frequent first; without those whose keys nobody would want to read."""
    return [Attribute(*row) for row in log.query(_KINDS) if row[1].isprintable() and len(row[1]) <= _LONGEST_KEY]


def values(log: Log, keys: Iterable[str], steps: Sequence[int]) -> Mapping[str, list[Value]]:
    """By key, for attributes of the start that have few values."""
    found: dict[str, list[Value]] = {}
    for key, json, instances, seen in log.query(_VALUES, {"keys": list(keys), "steps": list(steps)}):
        found.setdefault(key, []).append(Value(json, instances, dict(zip(steps, seen, strict=True))))
    return found


def promises(log: Log, dated: Sequence[Attribute]) -> list[Promise]:
    """For attributes that are instants."""
    wanted = {(attribute.place, attribute.key) for attribute in dated}
    rows = log.query(_PROMISES, {"keys": sorted({key for _, key in wanted})}) if wanted else []
    return [promise for promise in (Promise(*row) for row in rows) if (promise.place, promise.key) in wanted]


def prefix(log: Log) -> tuple[str, int]:
    """The word that most correlation IDs begin with, before a dash or the like, and how many do; may be empty."""
    rows = log.query(_PREFIX)
    return (rows[0][0], rows[0][1]) if rows else ("", 0)
