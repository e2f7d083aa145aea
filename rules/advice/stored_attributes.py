"""Attributes that stored events never have, or mostly of a type that the rule can do nothing with."""

from collections.abc import Iterator, Mapping, Sequence

from rules.advice.reads import Read, reads
from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, nearest, printable, quoted
from rules.expression_types import Type
from rules.parse.types import named
from store.clickhouse import ClickHouse
from store.event import RESERVED_SOURCE

SAMPLE = 10_000
"""How many events of a name are looked at: the newest."""

_LIKENESS = 0.75

_SAMPLE = """
FROM
(
    SELECT attributes FROM events
    WHERE name IN {names:Array(String)} AND source != {ours:String}
    ORDER BY time DESC
    LIMIT {sample:UInt32}
)
"""

_JSON = {
    "Bool": Type.BOOLEAN,
    "Int64": Type.NUMBER,
    "UInt64": Type.NUMBER,
    "Double": Type.NUMBER,
    "String": Type.TEXT,
    "Array": Type.LIST,
    "Object": Type.OBJECT,
}

_Path = tuple[str, ...]
_Found = Mapping[Type, int]  # how many events have an attribute as which type; absent and null are none of them


def unknown_attributes(rule: WrittenRule, clickhouse: ClickHouse) -> Iterator[Diagnostic]:
    """One for each place that reads such an attribute. Raises StoreUnavailable."""
    by_events: dict[tuple[str, ...], list[Read]] = {}
    for read in reads(rule.workflow):
        by_events.setdefault(read.events, []).append(read)
    for events, same in by_events.items():
        paths = list(dict.fromkeys(read.path for read in same))
        total, found = _survey(clickhouse, events, paths)
        for read in same if total else ():
            problem = _problem(clickhouse, read, total, found[read.path])
            if problem is not None:
                yield rule.at(read.at, Check.UNKNOWN_ATTRIBUTE, *problem)


def _survey(clickhouse: ClickHouse, events: _Path, paths: Sequence[_Path]) -> tuple[int, Mapping[_Path, _Found]]:
    """How many events there are in the sample, and what each attribute is in them: in one reading of them."""
    asked = [_placed(path, f"p{number}_") for number, path in enumerate(paths)]
    counts = [f"sumMap(map(toString(JSONType(attributes, {slots})), toUInt64(1)))" for slots, _ in asked]
    given = {name: part for _, parts in asked for name, part in parts.items()}
    [row] = clickhouse.query(f"SELECT {', '.join(['count()', *counts])}" + _SAMPLE, {**_sample_of(events), **given})
    return row[0], {path: _by_type(types) for path, types in zip(paths, row[1:], strict=True)}


def _by_type(counted: Mapping[str, int]) -> _Found:
    found: dict[Type, int] = {}
    for name, count in counted.items():
        if name in _JSON:
            found[_JSON[name]] = found.get(_JSON[name], 0) + count
    return found


def _placed(path: _Path, prefix: str) -> tuple[str, Mapping[str, str]]:
    """Slots for the parts of a path, and the parameters that fill them."""
    parts = {f"{prefix}{place}": part for place, part in enumerate(path)}
    return ", ".join(f"{{{name}:String}}" for name in parts), parts


def _sample_of(events: _Path) -> dict[str, object]:
    return {"names": list(events), "ours": RESERVED_SOURCE, "sample": SAMPLE}


def _problem(clickhouse: ClickHouse, read: Read, total: int, found: _Found) -> tuple[str, str] | None:
    """What is wrong, and a hint."""
    there = sum(found.values())
    if there:
        fitting = sum(count for type_, count in found.items() if type_ in read.wanted)
        return (_of_another_type(read, found, there), "") if fitting * 2 < there else None
    near = _nearest(clickhouse, read)
    if read.guarded and near is None:
        return None
    message = f"none of {_counted(total, read)} has the attribute {quoted('.'.join(read.path))}"
    return message, f"did you mean {printable(near)}?" if near else ""


def _nearest(clickhouse: ClickHouse, read: Read) -> str | None:
    """The attribute that was probably meant: the first part of the path that is never there, put right."""
    for depth, part in enumerate(read.path):
        slots, parts = _placed(read.path[:depth], "p")
        sql = f"SELECT DISTINCT arrayJoin(JSONExtractKeys({', '.join(filter(None, ['attributes', slots]))})) AS key"
        rows = clickhouse.query(sql + _SAMPLE + "ORDER BY key LIMIT 1000", {**_sample_of(read.events), **parts})
        keys = [key for (key,) in rows]
        if part not in keys:
            near = nearest(part, keys, _LIKENESS)
            return ".".join([*read.path[:depth], near, *read.path[depth + 1 :]]) if near else None
    return None


def _of_another_type(read: Read, found: _Found, there: int) -> str:
    type_ = max(found, key=lambda type_: found[type_])
    attribute, count = quoted(".".join(read.path)), found[type_]
    share = f"{count} of " if count < there else "all " if there > 1 else ""
    those = f"{_counted(there, read)} that {'have' if there > 1 else 'has'} it"
    return f"{attribute} is {named(type_)} in {share}{those}, and here it must be {named(read.wanted)}"


def _counted(number: int, read: Read) -> str:
    return f"{number} {' or '.join(map(printable, read.events))} event{'' if number == 1 else 's'}"
