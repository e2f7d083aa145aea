"""Attributes that stored events never have, or mostly of a type that the rule can do nothing with."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rules.advice.reads import Read, reads
from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, nearest, printable, quoted
from rules.expression_types import Type
from rules.parse_types import named
from store.clickhouse import ClickHouse
from store.event import RESERVED_SOURCE

SAMPLE = 10_000
"""How many events are looked at for each use of an attribute: the newest."""

_SAMPLE = """
FROM
(
    SELECT attributes FROM events
    WHERE name IN {names:Array(String)} AND source != {ours:String}
    ORDER BY time DESC
    LIMIT {sample:UInt32}
)
"""
_TYPES = "SELECT JSONType(attributes, {path}) AS type, count() AS events" + _SAMPLE + "GROUP BY type"
_KEYS = "SELECT DISTINCT arrayJoin(JSONExtractKeys(attributes)) AS key" + _SAMPLE + "LIMIT 1000"

_JSON = {
    "Bool": Type.BOOLEAN,
    "Int64": Type.NUMBER,
    "UInt64": Type.NUMBER,
    "Double": Type.NUMBER,
    "String": Type.TEXT,
    "Array": Type.LIST,
    "Object": Type.OBJECT,
}


def unknown_attributes(rule: WrittenRule, clickhouse: ClickHouse) -> Iterator[Diagnostic]:
    """One for each place that reads such an attribute. Raises StoreUnavailable."""
    for read in dict.fromkeys(reads(rule.workflow)):
        found = _types(clickhouse, read)
        total, there = sum(found.values()), sum(count for type_, count in found.items() if type_)
        fitting = sum(count for type_, count in found.items() if type_ in read.wanted)
        if total and not there:
            yield rule.at(read.at, Check.UNKNOWN_ATTRIBUTE, *_absent(clickhouse, read, total))
        elif fitting * 2 < there:
            yield rule.at(read.at, Check.UNKNOWN_ATTRIBUTE, _of_another_type(read, found, there))


def _types(clickhouse: ClickHouse, read: Read) -> Counter[Type]:
    """How many events have the attribute as which type; none (`Type(0)`) where it is absent or null."""
    path = {f"path{place}": part for place, part in enumerate(read.path)}
    sql = _TYPES.replace("{path}", ", ".join(f"{{{name}:String}}" for name in path))
    found: Counter[Type] = Counter()
    for type_, count in clickhouse.query(sql, {**_parameters(read.events), **path}):
        found[_JSON.get(type_, Type(0))] += count
    return found


def _parameters(events: Sequence[str]) -> dict[str, object]:
    return {"names": list(events), "ours": RESERVED_SOURCE, "sample": SAMPLE}


def _absent(clickhouse: ClickHouse, read: Read, total: int) -> tuple[str, str]:
    keys = [key for (key,) in clickhouse.query(_KEYS, _parameters(read.events))]
    near = nearest(read.path[0], keys)
    message = f"none of {_events(read, total)} has the attribute {quoted('.'.join(read.path))}"
    return message, f"did you mean {printable(near)}?" if near and near != read.path[0] else ""


def _of_another_type(read: Read, found: Counter[Type], there: int) -> str:
    [(type_, count)] = Counter({type_: count for type_, count in found.items() if type_}).most_common(1)
    attribute = quoted(".".join(read.path))
    share = f"{count} of {_events(read, there)}" if count < there else f"all of {_events(read, there)}"
    return f"{attribute} is {named(type_)} in {share} that have it, and here it must be {named(read.wanted)}"


def _events(read: Read, number: int) -> str:
    return f"the {number} newest {' or '.join(map(printable, read.events))} events"
