"""From stored events to one row for each correlation ID: the stages below the cells of a workflow.

There are two ways, with the same answer wherever copies of one event do not differ. The quick one reads every row as an
event of its own: a copy more or less changes no earliest time. It counts, though, of how many events there are copies
that differ (`conflicts`), and where there is one, the exact way has to be gone: it finds the copy that counts first.
"""

from collections.abc import Iterable

from rules.compile_expression import is_true
from rules.expression import START, Attribute, Expression, walk
from rules.spec import Matcher, Workflow
from rules.sql import Column, Constant, Lambda, Select, Sql, Value, call, either, equals, every

_MICROS = call("toUnixTimestamp64Micro", Column("time"))
_NAME = call("toString", Column("name"))
_READ = ("correlation_id", "source", "id", "name", "attributes", "identity", "content")
_ROW: dict[str, Sql] = {"micros": _MICROS, **{name: Column(name) for name in _READ}}


def event_stages(workflow: Workflow, moment: Sql, among: Sql | None, *, exact: bool) -> dict[str, Select]:
    """The stages up to `histories`; `moment` is the instant judged, `among` a condition on `correlation_id`."""
    if not exact:
        return {
            "rows": Select(_ROW, source="events", where=among),
            "matched": _matched(workflow, moment, "rows"),
            "histories": _histories(workflow, moment, _COUNTED_QUICKLY),
        }
    return {
        "copies": _copies(among),
        "distinct_events": _distinct_events(),
        "matched": _matched(workflow, moment, "distinct_events"),
        "histories": _histories(workflow, moment, _COUNTED_EXACTLY),
    }


def _copies(among: Sql | None) -> Select:
    """Of differing copies the earliest counts, then the smallest content: the least (time, name, attributes)."""
    event = ("correlation_id", "source", "id")
    least = call("min", call("tuple", _MICROS, _NAME, Column("attributes")))
    differ = call("notEquals", call("min", Column("content")), call("max", Column("content")))
    columns: dict[str, Sql] = {**{name: Column(name) for name in event}, "copy": least, "conflict": differ}
    return Select(columns, source="events", where=among, group_by=event)


def _distinct_events() -> Select:
    kept: dict[str, Sql] = {name: Column(name) for name in ("correlation_id", "source", "id", "conflict")}
    for place, name in enumerate(("micros", "name", "attributes"), start=1):
        kept[name] = call("tupleElement", Column("copy"), Constant(place))
    return Select(kept, source="copies")


def _matched(workflow: Workflow, moment: Sql, source: str) -> Select:
    """Which event matches what; only events up to the instant judged exist."""
    exists = call("lessOrEquals", Column("micros"), moment)
    columns = {column: every(exists, _matches(matcher)) for column, matcher in _matchers(workflow).items()}
    return Select({"exists": exists, **columns}, source=source, everything=True)


def _matchers(workflow: Workflow) -> dict[str, Matcher]:
    ends = {"cancels": workflow.cancel, "ends": workflow.ends_on}
    return {
        "starts": workflow.start,
        **{column: matcher for column, matcher in ends.items() if matcher is not None},
        **{f"{step.name}:is": step.matcher for step in workflow.steps},
    }


def _matches(matcher: Matcher) -> Sql:
    tests = []
    for alternative in matcher.alternatives:
        named = equals(Column("name"), Value(alternative.name, "String"))
        where = alternative.where
        tests.append(named if where is None else every(named, is_true(where, lambda _: Column("attributes"))))
    return either(*tests)


_COUNTED_EXACTLY: dict[str, Sql] = {"stored": call("count"), "conflicts": call("countIf", Column("conflict"))}

_CONTENTS = call("arrayDistinct", call("groupArray", call("tuple", Column("identity"), Column("content"))))
_TOLD_OF = call("arrayMap", Lambda("e", call("tupleElement", Column("e"), Constant(1))), _CONTENTS)
_SECOND = Lambda("n", equals(Column("n"), Constant(2)))
_COUNTED_QUICKLY: dict[str, Sql] = {
    "stored": call("arrayUniq", call("groupArray", Column("identity"))),
    # An event of which there is a second content is one of which copies differ.
    "conflicts": call("arrayCount", _SECOND, call("arrayEnumerateUniq", _TOLD_OF)),
}


def _histories(workflow: Workflow, moment: Sql, counted: dict[str, Sql]) -> Select:
    micros = Column("micros")
    order = call("tuple", micros, Column("id"), Column("source"))
    columns: dict[str, Sql] = {
        "correlation_id": Column("correlation_id"),
        **counted,
        "last": call("maxIf", call("tuple", micros, Column("id"), Column("source"), _NAME), Column("exists")),
        "next_event": call("minOrNullIf", micros, call("greater", micros, moment)),
        "start": call("minOrNullIf", micros, Column("starts")),
    }
    for ends in ("cancels", "ends"):
        if ends in _matchers(workflow):
            columns[f"{ends}_at"] = call("groupArrayIf", micros, Column(ends))
    for step in workflow.steps:
        columns[f"{step.name}:at"] = call("minOrNullIf", micros, Column(f"{step.name}:is"))
    for name in _read_from(workflow):
        matched = Column("starts" if name == START else f"{name}:is")
        columns[f"{name}:attributes"] = call("argMinIf", Column("attributes"), order, matched)
    return Select(columns, source="matched", group_by=("correlation_id",))


def _read_from(workflow: Workflow) -> tuple[str, ...]:
    """The steps (or `START`) of which some expression reads an attribute."""
    nodes = (node for expression in _expressions(workflow) for node in walk(expression))
    return tuple(dict.fromkeys(node.step for node in nodes if isinstance(node, Attribute) and node.step is not None))


def _expressions(workflow: Workflow) -> Iterable[Expression]:
    risk = workflow.at_risk
    whole = (workflow.customer, risk.value if risk else None, risk.unit if risk else None)
    parts = (expression for step in workflow.steps for expression in (step.when, step.due))
    return (expression for expression in (*whole, *parts) if expression is not None)
