"""A workflow rule → the one query that judges it, as rules-language.md §2 says.

    events ─▶ matched ─▶ histories ─▶ layer_1 … layer_n ─▶ answers ─▶ verdicts
              X:is       one row a correlation ID

Everything about a step is a *cell*: a named column over earlier ones (`ItemShipped:due`). Cells that depend on one
another cannot stand in one SELECT, for ClickHouse would expand them without end, so they are laid in layers: each layer
is a SELECT that adds the cells whose parts are all there. What a rule does not use folds away before it is printed.
"""

from collections.abc import Mapping

from rules.cells import Cells
from rules.compile_events import event_stages
from rules.compile_expression import as_label, as_number
from rules.compile_step import InstanceCells, Predecessor, StepCells, attributes_of, first_that_applies
from rules.expression import START
from rules.spec import Workflow
from rules.sql import (
    FALSE,
    NULL,
    Column,
    Constant,
    Lambda,
    Query,
    Select,
    Sql,
    Value,
    call,
    choose,
    earliest,
    either,
    equals,
    every,
    negate,
    present,
)
from rules.verdict import InstanceState

SETTINGS: Mapping[str, int] = {
    "max_subquery_depth": 10_000,  # a layer is a subquery
    "optimize_aggregation_in_order": 1,
    # Of a query asked more than three times it compiles expressions, and then refuses some that it had answered before.
    "compile_expressions": 0,
    "least_greatest_legacy_null_behavior": 0,
}

ANSWER = (
    "correlation_id",
    "start",
    "state",
    "step_states",
    "step_times",
    "step_dues",
    "findings",
    "undated",
    "at_risk",
    "unit",
    "customer",
    "stored",
    "conflicts",
    "last_event",
    "last_event_at",
    "wake_at",
    "ended_at",
    "digest",
)
"""The columns of the query's answer, in order."""


def compile_workflow(
    workflow: Workflow, as_of: int, among: Sql | None = None, *, exact: bool = True, only_changes: bool = False
) -> Query:
    """The query that judges the workflow's instances at `as_of` (µs UTC); `among` is a condition on `correlation_id`.

    In order of correlation ID: one row for each that has an instance, or events after `as_of` (then `start` is NULL).
    Without `exact` it is quicker, but a row with `conflicts` may be wrong, and then even have no business to be there.
    With `only_changes` those are left out whose verdict is recorded in `instances` already (of what may be wrong it is
    not known whether it is), a recorded instance that is no more is a row without start as well, and there is no order.
    """
    moment = Value(as_of, "Int64")
    stages = event_stages(workflow, moment, among, exact=exact)
    cells = Cells(stages["histories"].columns)
    instance = _instance(workflow, moment, cells)
    steps = _steps(workflow, instance, cells)
    stages |= cells.layers("histories")
    last = list(stages)[-1]
    if only_changes:
        stages["recorded"] = _recorded(workflow, among)
    worth_telling = _worth_telling(only_changes, exact)
    stages["answers"] = Select(_answer(workflow, instance, steps), source=last)
    stages["digested"] = Select({"digest": _digest(workflow)}, source="answers", everything=True)
    answer = {name: Column(name) for name in ANSWER}
    order = () if only_changes else ("correlation_id",)  # sorting costs as much as judging
    stages["verdicts"] = Select(answer, source="digested", where=worth_telling, order_by=order)
    return Query(stages, SETTINGS)


def _digest(workflow: Workflow) -> Sql:
    """Changes with the verdict and with the rule; 0 where there is no instance."""
    columns = call("tuple", *(Column(name) for name in ANSWER if name != "digest"))
    content = call("cityHash64", Value(workflow.content_hash, "String"), columns)
    return choose(present(Column("start")), content, Constant(0))


def _recorded(workflow: Workflow, among: Sql | None) -> Select:
    return Select(
        {
            "correlation_id": Column("correlation_id"),
            "digest": call("argMax", Column("digest"), Column("version")),
        },
        source="instances",
        where=every(equals(Column("workflow"), Value(workflow.name, "String")), *([among] if among else [])),
        group_by=("correlation_id",),
    )


def _worth_telling(only_changes: bool, exact: bool) -> Sql:
    somewhere = either(present(Column("start")), present(Column("wake_at")))
    if not only_changes:
        return somewhere
    one, pair = {"correlation_id": Column("correlation_id")}, ("correlation_id", "digest")
    lived = Select(one, source="recorded", where=call("notEquals", Column("digest"), Constant(0)))
    same = Select({name: Column(name) for name in pair}, source="recorded")
    was_there = call("in", Column("correlation_id"), lived)
    unchanged = call("in", call("tuple", *map(Column, pair)), same)
    doubtful = FALSE if exact else call("notEquals", Column("conflicts"), Constant(0))
    return every(either(somewhere, was_there), either(doubtful, negate(unchanged)))


def _instance(workflow: Workflow, moment: Sql, cells: Cells) -> InstanceCells:
    """An end counts at or after the start; at one instant cancel wins."""
    start = Column("start")
    cancelled_at = NULL if workflow.cancel is None else cells.define("cancelled_at", _first_since_start("cancels_at"))
    ended_at = NULL if workflow.ends_on is None else cells.define("ended_at", _first_since_start("ends_at"))
    over = cells.define("over", earliest(cancelled_at, ended_at))
    called_off = every(present(cancelled_at), equals(cancelled_at, over)) if workflow.cancel else FALSE
    cancelled = cells.define("cancelled", called_off)
    return InstanceCells(moment, start, over, cancelled, workflow.grace, workflow.skew, workflow.within)


def _first_since_start(times: str) -> Sql:
    since = Lambda("t", call("greaterOrEquals", Column("t"), call("ifNull", Column("start"), Constant(0))))
    return call("arrayFirstOrNull", since, call("arraySort", Column(times)))


def _steps(workflow: Workflow, instance: InstanceCells, cells: Cells) -> list[StepCells]:
    """In the order of the file, compiled in the order of the graph."""
    known: dict[str, Predecessor] = {START: Predecessor(instance.start)}
    made = {}
    for step in workflow.in_graph_order():
        known[step.name] = made[step.name] = StepCells(step, instance, known, cells)
    return [made[step.name] for step in workflow.steps]


def _answer(workflow: Workflow, instance: InstanceCells, steps: list[StepCells]) -> dict[str, Sql]:
    risk, next_event = workflow.at_risk, Column("next_event")
    columns = (
        Column("correlation_id"),
        Column("start"),
        _state(workflow, instance, steps),
        call("array", *(step.state for step in steps)),
        call("array", *(step.at for step in steps)),
        call("array", *(_time_or_null(step.due) for step in steps)),
        _findings(steps),
        _undated(steps),
        as_number(risk.value, attributes_of) if risk else NULL,
        as_label(risk.unit, attributes_of) if risk and risk.unit else NULL,
        as_label(workflow.customer, attributes_of) if workflow.customer else NULL,
        Column("stored"),
        Column("conflicts"),
        call("tupleElement", Column("last"), Constant(4)),
        call("tupleElement", Column("last"), Constant(1)),
        choose(present(Column("start")), earliest(next_event, *(step.wakes for step in steps)), next_event),
        _time_or_null(instance.over),
    )
    return dict(zip(ANSWER, columns, strict=False))


def _time_or_null(time: Sql) -> Sql:
    return call("CAST", time, Constant("Nullable(Int64)"))


def _state(workflow: Workflow, instance: InstanceCells, steps: list[StepCells]) -> Sql:
    """The first that applies, of an instance that has a start."""
    ended = every(present(instance.over), negate(instance.cancelled)) if workflow.ends_on else FALSE
    rows = [
        (instance.cancelled, InstanceState.CANCELLED),
        (either(*(step.is_missing for step in steps)), InstanceState.INCOMPLETE),
        (either(ended, every(*(step.is_done for step in steps))), InstanceState.COMPLETE),
    ]
    return first_that_applies(rows, InstanceState.RUNNING)


def _findings(steps: list[StepCells]) -> Sql:
    """Array of (place of the step, kind, since when it holds)."""
    possible = [
        call("tuple", Constant(place), Constant(kind.value), _time_or_null(since))
        for place, step in enumerate(steps)
        for kind, since in step.findings.items()
        if since != NULL
    ]
    if not possible:
        return call("emptyArrayString")
    holds = Lambda("f", present(call("tupleElement", Column("f"), Constant(3))))
    return call("arrayFilter", holds, call("array", *possible))


def _undated(steps: list[StepCells]) -> Sql:
    """Array of the places of steps whose `due` gave no timestamp."""
    asked = [(place, step.is_undated) for place, step in enumerate(steps) if step.is_undated != FALSE]
    if not asked:
        return call("emptyArrayUInt8")
    places = call("array", *(call("if", condition, Constant(place), NULL) for place, condition in asked))
    return call("arrayFilter", Lambda("p", present(Column("p"))), places)
