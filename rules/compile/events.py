"""From stored events to one row for each correlation ID: the stages below the cells of a workflow.

There are two ways, with the same answer for nearly all. The quick one reads every row as an event of its own: a copy
more or less changes no earliest time. It counts, though, of how many events there are copies that differ, and how many
bear testimony (`doubts`). Where there is one, the exact way has to be gone: it finds the copy that counts, and heeds
testimony.
"""

from collections.abc import Iterable, Iterator

from rules.compile.expression import is_true
from rules.compile.sql import FALSE, Column, Constant, Select, Sql, Value, call, either, equals, every
from rules.compile.time import FAR, LONG_AGO, NEVER
from rules.expression import START, Attribute, Expression, walk
from rules.spec import Matcher, Orphans, Step, Workflow
from store.event import ABSENT, CONFIRMED, RESERVED_SOURCE

_MICROS = call("toUnixTimestamp64Micro", Column("time"))
_NAME = call("toString", Column("name"))
_READ = ("correlation_id", "source", "id", "name", "attributes", "content")
_IDENTITY = call("cityHash64", Column("source"), Column("id"))  # as it is stored, but both are read in any case
_ROW: dict[str, Sql] = {"micros": _MICROS, **{name: Column(name) for name in _READ}, "identity": _IDENTITY}


def event_stages(
    workflow: Workflow, moment: Sql, among: Sql | None, other_starts: tuple[Matcher, ...], *, exact: bool
) -> dict[str, Select]:
    """The stages up to `histories`; `moment` is the instant judged, `among` a condition on `correlation_id`.

    `other_starts` are the starts of all other workflows, of which an orphan has none.
    """
    matchers = _matchers(workflow, other_starts)
    if not exact:
        return {
            "rows": Select(_ROW, source="events", prewhere=among),
            "matched": _matched(matchers, moment, "rows"),
            "histories": _histories(workflow, matchers, moment, _COUNTED_QUICKLY),
        }
    return {
        "copies": _copies(among),
        "distinct_events": _distinct_events(),
        "matched": _matched(matchers, moment, "distinct_events", _testimony(workflow, moment)),
        "histories": _histories(workflow, matchers, moment, _COUNTED_EXACTLY),
    }


def _copies(among: Sql | None) -> Select:
    """Of differing copies the earliest counts, then the smallest content: the least (time, name, attributes)."""
    event = ("correlation_id", "source", "id")
    least = call("min", call("tuple", _MICROS, _NAME, Column("attributes")))
    differ = call("notEquals", call("min", Column("content")), call("max", Column("content")))
    contents = call("uniqExact", Column("content"))
    told: dict[str, Sql] = {"copy": least, "conflict": differ, "contents": contents}
    columns = {**{name: Column(name) for name in event}, **told}
    return Select(columns, source="events", prewhere=among, group_by=event)


def _distinct_events() -> Select:
    kept: dict[str, Sql] = {name: Column(name) for name in ("correlation_id", "source", "id", "conflict", "contents")}
    for place, name in enumerate(("micros", "name", "attributes"), start=1):
        kept[name] = call("tupleElement", Column("copy"), Constant(place))
    return Select(kept, source="copies")


def _matched(matchers: dict[str, Matcher], moment: Sql, source: str, testimony: dict[str, Sql] | None = None) -> Select:
    """Which event matches what; only events up to the instant judged exist. Testimony matches nothing."""
    exists = call("lessOrEquals", Column("micros"), moment)
    real = every(exists, call("notEquals", Column("source"), Constant(RESERVED_SOURCE))) if testimony else exists
    columns = {column: every(real, _matches(matcher)) for column, matcher in matchers.items()}
    return Select({"exists": exists, **columns, **(testimony or {})}, source=source, everything=True)


def _testimony(workflow: Workflow, moment: Sql) -> dict[str, Sql]:
    """Whether an event says something `about` a step of this workflow."""
    ours = equals(Column("source"), Constant(RESERVED_SOURCE))
    word = call("in", Column("name"), call("tuple", Constant(CONFIRMED), Constant(ABSENT)))
    exists = call("lessOrEquals", Column("micros"), moment)
    testifies = every(exists, ours, word, equals(_says("workflow"), Value(workflow.name, "String")))
    return {"testifies": testifies, "about": call("if", ours, _says("step"), Constant(""))}


def _says(key: str) -> Sql:
    return call("JSONExtractString", Column("attributes"), Constant(key))


def _matchers(workflow: Workflow, other_starts: tuple[Matcher, ...]) -> dict[str, Matcher]:
    """What is looked for, by the column that says whether an event is it."""
    orphans = workflow.orphans is Orphans.FLAG and other_starts
    found: dict[str, Matcher | None] = {
        "starts": workflow.start,
        "cancels": workflow.cancel,
        "ends": workflow.ends_on,
        "starts_another": Matcher(tuple(it for other in other_starts for it in other.alternatives))
        if orphans
        else None,
    }
    for step in workflow.steps:
        found |= {f"{step.name}:is": step.matcher, f"{step.name}:fails": step.fails_on}
        found[f"{step.name}:undoes"] = step.undone_by
    return {column: matcher for column, matcher in found.items() if matcher is not None}


def _matches(matcher: Matcher) -> Sql:
    tests = []
    for alternative in matcher.alternatives:
        named = equals(Column("name"), Value(alternative.name, "String"))
        where = alternative.where
        tests.append(named if where is None else every(named, is_true(where, lambda _: Column("attributes"))))
    return either(*tests)


_IS_OURS = equals(Column("source"), Constant(RESERVED_SOURCE))
_COUNTED_EXACTLY: dict[str, Sql] = {
    "stored": call("sum", Column("contents")),
    "conflicts": call("countIf", Column("conflict")),
    "doubts": FALSE,
    "testimony": call(
        "groupArrayIf", call("tuple", *map(Column, ("micros", "id", "name", "about"))), Column("testifies")
    ),
}

# Arrays of numbers, and not of tuples: those cost the engine three times as much.
_IDENTITIES, _CONTENTS = (call("groupArray", Column(name)) for name in ("identity", "content"))
_STORED = call("arrayUniq", _IDENTITIES, _CONTENTS)
# An event of which there is a second content is one of which copies differ.
_CONFLICTS = call("minus", _STORED, call("arrayUniq", _IDENTITIES))
_COUNTED_QUICKLY: dict[str, Sql] = {
    "stored": _STORED,
    "conflicts": _CONFLICTS,
    "doubts": call("plus", _CONFLICTS, call("countIf", _IS_OURS)),
}

_MOMENT = Column("micros")
_ORDER = call("tuple", _MOMENT, Column("id"), Column("source"))
# The same order, as text: the engine compares that far quicker than tuples. What is accepted holds no NUL.
_BIG_ENDIAN = call("reverse", call("reinterpretAsFixedString", call("plus", _MOMENT, Value(FAR, "Int64"))))
_PLACE = call("concat", _BIG_ENDIAN, Column("id"), call("char", Constant(0)), call("toString", Column("source")))


def _histories(workflow: Workflow, matchers: dict[str, Matcher], moment: Sql, counted: dict[str, Sql]) -> Select:
    columns: dict[str, Sql] = {
        "correlation_id": Column("correlation_id"),
        **counted,
        "last_event": call("argMaxIf", _NAME, _PLACE, Column("exists")),
        "last_event_at": call("maxIf", _MOMENT, Column("exists")),
        "next_event": _first_if(call("greater", _MOMENT, moment)),
        "began": _first_if(Column("starts")),
    }
    if "starts_another" in matchers:
        columns["another_start"] = _first_if(Column("starts_another"))
    for every_time in ("cancels", "ends"):
        if every_time in matchers:
            columns[f"{every_time}_at"] = call("groupArrayIf", _MOMENT, Column(every_time))
    for step in workflow.steps:
        columns.update(_of_step(step))
    for name in _read_from(workflow):
        matched = Column("starts" if name == START else f"{name}:is")
        columns[f"{name}:attributes"] = call("argMinIf", Column("attributes"), _PLACE, matched)
    return Select(columns, source="matched", group_by=("correlation_id",))


def _first_if(condition: Sql) -> Sql:
    return call("min", call("if", condition, _MOMENT, NEVER))


def _of_step(step: Step) -> Iterator[tuple[str, Sql]]:
    """`first`; `events` where they count; `latest` where it is asked for; `fails_at` and `undoes_at` are arrays."""
    fulfils = Column(f"{step.name}:is")
    yield f"{step.name}:first", _first_if(fulfils)
    if step.counts or step.at_most is not None:
        yield f"{step.name}:events", call("groupUniqArrayIf", _ORDER, fulfils)
    if step.match is not None:
        yield f"{step.name}:latest", call("max", call("if", fulfils, _MOMENT, LONG_AGO))
        yield f"{step.name}:latest_attributes", call("argMaxIf", Column("attributes"), _PLACE, fulfils)
    if step.fails_on is not None:
        yield f"{step.name}:fails_at", call("groupArrayIf", _MOMENT, Column(f"{step.name}:fails"))
    if step.undone_by is not None:
        yield f"{step.name}:undoes_at", call("groupArrayIf", _MOMENT, Column(f"{step.name}:undoes"))


def _read_from(workflow: Workflow) -> tuple[str, ...]:
    """The steps (or `START`) of which some expression reads an attribute."""
    nodes = (node for expression in _expressions(workflow) for node in walk(expression))
    return tuple(dict.fromkeys(node.step for node in nodes if isinstance(node, Attribute) and node.step is not None))


def _expressions(workflow: Workflow) -> Iterable[Expression]:
    risk = workflow.at_risk
    whole = (workflow.customer, risk.value if risk else None, risk.unit if risk else None)
    parts = (found for it in workflow.steps for found in (it.when, it.due, it.times, it.match))
    return (expression for expression in (*whole, *parts) if expression is not None)
