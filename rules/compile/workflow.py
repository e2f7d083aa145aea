"""A workflow rule → the one query that judges it, as rules-language.md §2 says.

    events ─▶ matched ─▶ histories ─▶ layer_1 … layer_n ─▶ answers ─▶ verdicts
              X:is       one row a correlation ID

Everything about a step is a *cell*: a named column over earlier ones (`ItemShipped:due`). Cells that depend on one
another cannot stand in one SELECT, for ClickHouse would expand them without end, so they are laid in layers: each layer
is a SELECT that adds the cells whose parts are all there. What a rule does not use folds away before it is printed.
"""

from collections.abc import Mapping, Sequence

from rules.compile.absence import Absences
from rules.compile.cells import Cells
from rules.compile.events import event_stages
from rules.compile.expression import as_label, as_number, attributes_of
from rules.compile.findings import StepFindings, called_off, half_undone
from rules.compile.sql import (
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
    either,
    equals,
    every,
    negate,
)
from rules.compile.step import InstanceCells, Predecessor, StepCells, first_that_applies
from rules.compile.time import (
    NEVER,
    NUMBERS,
    all_of,
    any_of,
    earliest,
    first_since,
    has_come,
    opposite,
    or_null,
    plus,
    when,
)
from rules.expression import START
from rules.held import NOTHING_HELD, Holding
from rules.ruleset import EVERYTHING, Lives
from rules.spec import Orphans, Workflow
from rules.verdict import InstanceState, Kind, StepState

SETTINGS: Mapping[str, int] = {
    "max_subquery_depth": 10_000,  # a layer is a subquery
    "optimize_aggregation_in_order": 1,
    # What several threads have aggregated is joined by blocks: of 50 MB by default, which leave the processor's cache.
    "aggregation_in_order_max_block_bytes": 1_000_000,
    # Of a query asked more than three times it compiles expressions, and then refuses some that it had answered before.
    "compile_expressions": 0,
    "query_plan_merge_expressions": 0,  # of a hundred layers that costs more than all the rest
    "least_greatest_legacy_null_behavior": 0,
}

ANSWER = (
    "correlation_id",
    "start",
    "state",
    "step_states",
    "step_times",
    "step_dues",
    "step_counts",
    "step_needed",
    "step_warned",
    "findings",
    "undated",
    "at_risk",
    "unit",
    "customer",
    "stored",
    "conflicts",
    "doubts",
    "last_event",
    "last_event_at",
    "wake_at",
    "held",
    "ended_at",
    "digest",
)
"""The columns of the query's answer, in order. The arrays are by step, or empty where no step of the rule has such."""

OUTDATED = "outdated"
"""Stands for the state of an instance that is older than every version of its workflow."""


def compile_workflow(
    workflow: Workflow,
    as_of: int | Sql,
    among: Sql | None = None,
    lives: Lives = EVERYTHING,
    *,
    exact: bool = True,
    only_changes: bool = False,
    holding: Holding = NOTHING_HELD,
) -> Query:
    """The query that judges what the workflow answers for at `as_of` (µs UTC), which may be read off the
    `correlation_id`; `among` is a condition on it; `holding` says whose absence is not believed.

    In order of correlation ID: one row for each that has an instance or is an orphan, or has events after `as_of` or
    may become an orphan (then `start` is NULL and `state` is empty). Without `exact` it is quicker, but a row with
    `doubts` may be wrong, and then even have no business to be there. With `only_changes` those are left out whose
    verdict is recorded in `instances` already (of what may be wrong it is not known whether it is), a recorded instance
    that is no more is a row without start as well, and there is no order.
    """
    moment = Value(as_of, "Int64") if isinstance(as_of, int) else as_of
    stages = event_stages(workflow, moment, among, lives.other_starts, exact=exact)
    cells = Cells(stages["histories"].columns)
    if exact:
        cells.define("heard", call("arraySort", Column("testimony")))
    absences = Absences(workflow, moment, holding)
    instance = _instance(workflow, absences, cells, testified=exact)
    steps = _steps(workflow, instance, cells)
    findings = _of_steps(instance, steps, cells)
    orphan = _Orphan(workflow, lives, instance, cells)
    wakes = cells.define("wakes", _wakes(lives, findings, orphan, instance.start))
    whole = cells.define("half_undone", half_undone(findings))
    columns = _answer(workflow, instance, steps) | {
        "state": _state(lives, _instance_state(workflow, instance, steps), orphan, instance.start),
        "step_warned": _times([it.warned for it in findings]),
        "findings": _findings(findings, whole, orphan, instance.start),
        "wake_at": or_null(wakes),
        "held": _held(findings),
    }
    stages |= cells.layers("histories", columns.values())
    stages["answers"] = Select({**columns, "ours": _ours(lives)}, source=list(stages)[-1])
    stages["digested"] = Select({"digest": _digest(workflow)}, source="answers", everything=True)
    if only_changes:
        stages["recorded"] = _recorded(workflow, among)
    doubtful = FALSE if exact else call("notEquals", Column("doubts"), Constant(0))
    worth_telling = either(doubtful, every(Column("ours"), _worth_telling(lives, only_changes)))
    # Sorting costs as much as judging.
    order = () if only_changes else ("correlation_id",)
    answer = {name: Column(name) for name in ANSWER}
    stages["verdicts"] = Select(answer, source="digested", where=worth_telling, order_by=order)
    return Query(stages, SETTINGS, NUMBERS)


def _digest(workflow: Workflow) -> Sql:
    """Changes with the verdict and with the rule; 0 where there is none."""
    columns = call("tuple", *(Column(name) for name in ANSWER if name != "digest"))
    content = call("cityHash64", Value(workflow.content_hash, "String"), columns)
    return choose(_is_judged(), content, Constant(0))


def _is_judged() -> Sql:
    nothing = call("tuple", Constant(""), Constant(OUTDATED))
    return call("notIn", Column("state"), nothing)


# Instead of a digest, what else is known of what is recorded; a digest is neither but by chance.
_LIVES, _FROZEN = Constant(1), Constant(2)


def _recorded(workflow: Workflow, among: Sql | None) -> Select:
    """Of each recorded instance its digest, `_LIVES` unless it is no more, and `_FROZEN` if it is.

    Read once, into one set, as looking for the rows is what costs. Sets of numbers cost half of what sets of text do:
    the digest is of the ID, too, so that both must be the same by chance.
    """
    newest = call("argMax", call("tuple", Column("start")), Column("version"))  # with its NULL
    return Select(
        {
            "hashed": call("cityHash64", Column("correlation_id")),
            "digest": call("argMax", Column("digest"), Column("version")),
            "begun": call("tupleElement", newest, Constant(1)),
        },
        source="instances",
        prewhere=every(equals(Column("workflow"), Value(workflow.name, "String")), *([among] if among else [])),
        group_by=("correlation_id",),
    )


def _known(lives: Lives) -> Select:
    known = [Column("digest"), choose(call("notEquals", Column("digest"), Constant(0)), _LIVES, Column("digest"))]
    if lives.frozen_before is not None:
        begun = call("toUnixTimestamp64Micro", Column("begun"))  # an orphan, or one that is no more, has none
        frozen = call("ifNull", call("less", begun, _micros(lives.frozen_before)), FALSE)
        known.append(choose(frozen, _FROZEN, Column("digest")))
    return Select({"hashed": Column("hashed"), "known": call("arrayJoin", call("array", *known))}, source="recorded")


def _worth_telling(lives: Lives, only_changes: bool) -> Sql:
    wakes = call("isNotNull", Column("wake_at"))
    if not only_changes:
        return either(call("notEquals", Column("state"), Constant("")), wakes)
    judged = either(_is_judged(), wakes)
    somewhere = either(judged, _is_known(_LIVES, lives)) if lives.rest else judged
    told = every(somewhere, negate(_is_known(Column("digest"), lives)))
    return told if lives.frozen_before is None else every(told, negate(_is_known(_FROZEN, lives)))


def _is_known(what: Sql, lives: Lives) -> Sql:
    hashed = call("cityHash64", Column("correlation_id"))
    return call("in", call("tuple", hashed, call("toUInt64", what)), _known(lives))


def _micros(instant: int) -> Sql:
    return Value(instant, "Int64")


def _ours(lives: Lives) -> Sql:
    """Whether this version answers for the row at all."""
    start = Column("began")
    frozen = FALSE if lives.frozen_before is None else call("less", start, _micros(lives.frozen_before))
    early = FALSE if lives.since is None else call("less", start, _micros(lives.since))
    late = FALSE if lives.until is None else call("greaterOrEquals", start, _micros(lives.until))
    if not lives.rest:
        return all_of(has_come(start), opposite(frozen), opposite(early), opposite(late))
    of_others = any_of(all_of(early, opposite(_is_outdated(lives, start))), late)
    return all_of(opposite(frozen), opposite(all_of(has_come(start), of_others)))


def _instance(workflow: Workflow, absences: Absences, cells: Cells, *, testified: bool) -> InstanceCells:
    """An end counts at or after the start; at one instant cancel wins."""
    start = Column("began")
    cancelled_at, ended_at = NEVER, NEVER
    if workflow.cancel is not None:
        cancelled_at = cells.define("cancels_first", first_since(Column("cancels_at"), start))
    if workflow.ends_on is not None:
        ended_at = cells.define("ends_first", first_since(Column("ends_at"), start))
    over = cells.define("over", earliest(cancelled_at, ended_at))
    called_off = has_come(cancelled_at)
    if ended_at != NEVER:
        called_off = all_of(called_off, equals(cancelled_at, over))
    cancelled = cells.define("cancelled", called_off)
    bounds = (workflow.grace, workflow.skew, workflow.within)
    return InstanceCells(absences.moment, start, over, cancelled, *bounds, testified, absences)


def _steps(workflow: Workflow, instance: InstanceCells, cells: Cells) -> list[StepCells]:
    """In the order of the file, compiled in the order of the graph."""
    known: dict[str, Predecessor] = {START: Predecessor(instance.start)}
    made = {}
    for step in workflow.in_graph_order():
        known[step.name] = made[step.name] = StepCells(step, instance, known, cells)
    return [made[step.name] for step in workflow.steps]


def _of_steps(instance: InstanceCells, steps: list[StepCells], cells: Cells) -> list[StepFindings]:
    by_name = {it.step.name: it for it in steps}
    ended = cells.define("called_off", called_off(instance, steps))
    return [StepFindings(it, by_name, ended, cells) for it in steps]


def _answer(workflow: Workflow, instance: InstanceCells, steps: list[StepCells]) -> dict[str, Sql]:
    """The columns of which nobody else needs to know."""
    risk = workflow.at_risk
    return {
        "correlation_id": Column("correlation_id"),
        "start": or_null(instance.start),
        "step_states": call("array", *(step.state for step in steps)),
        "step_times": _times([step.at for step in steps]),
        "step_dues": _times([step.due for step in steps]),
        "step_counts": _numbers([step.count for step in steps]),
        "step_needed": _numbers([step.needed for step in steps]),
        "undated": _undated(steps),
        "at_risk": as_number(risk.value, attributes_of) if risk else NULL,
        "unit": as_label(risk.unit, attributes_of) if risk and risk.unit else NULL,
        "customer": as_label(workflow.customer, attributes_of) if workflow.customer else NULL,
        **{name: Column(name) for name in ("stored", "conflicts", "doubts", "last_event", "last_event_at")},
        "ended_at": or_null(instance.over),
    }


class _Orphan:
    """Step events, and no start of any workflow. `opens`: the finding's instant, `since` when it holds, `wakes`."""

    def __init__(self, workflow: Workflow, lives: Lives, instance: InstanceCells, cells: Cells) -> None:
        self.opens = self.since = self.wakes = NEVER
        if workflow.orphans is not Orphans.FLAG or not lives.rest:
            return
        starts = [instance.start, *([Column("another_start")] if lives.other_starts else [])]
        alone = all_of(*(opposite(has_come(start)) for start in starts))
        first = earliest(*(Column(f"{step.name}:first") for step in workflow.steps))
        self.opens = cells.define("orphan_at", when(alone, plus(first, workflow.grace)))
        absence = instance.absences.of_starts(lives.other_starts)
        self.since = absence.lapsed(self.opens)
        self.wakes = absence.ahead(self.opens)


def _is_outdated(lives: Lives, start: Sql) -> Sql:
    return FALSE if lives.outdated_before is None else call("less", start, _micros(lives.outdated_before))


def _state(lives: Lives, judged: Sql, orphan: _Orphan, start: Sql) -> Sql:
    rows = (
        (_is_outdated(lives, start), Constant(OUTDATED)),
        (has_come(start), judged),
        (has_come(orphan.since), Constant(InstanceState.ORPHAN.value)),
    )
    possible = [part for test, state in rows if test != FALSE for part in (test, state)]
    return call("multiIf", *possible, Constant(""))


def _instance_state(workflow: Workflow, instance: InstanceCells, steps: list[StepCells]) -> Sql:
    """The first that applies, of an instance that has a start."""
    ended = all_of(has_come(instance.over), opposite(instance.cancelled)) if workflow.ends_on else FALSE
    rows = [
        (instance.cancelled, InstanceState.CANCELLED),
        (any_of(*(step.is_in(StepState.MISSING) for step in steps)), InstanceState.INCOMPLETE),
        (any_of(*(step.has_failed for step in steps)), InstanceState.FAILED),
        (any_of(ended, all_of(*(step.is_done for step in steps))), InstanceState.COMPLETE),
    ]
    return first_that_applies(rows, InstanceState.RUNNING)


def _findings(steps: Sequence[StepFindings], half_undone: Sql, orphan: _Orphan, start: Sql) -> Sql:
    """Array of (place of the step, kind, since when it holds); behind all steps is the place of the whole."""
    whole = len(steps)
    of_steps = [(place, kind, since) for place, step in enumerate(steps) for kind, since in step.since.items()]
    found = _those_that_hold([*of_steps, (whole, Kind.HALF_UNDONE, half_undone)])
    if orphan.since == NEVER:
        return found
    return choose(has_come(start), found, _those_that_hold([(whole, Kind.ORPHAN, orphan.since)]))


def _those_that_hold(findings: list[tuple[int, Kind, Sql]]) -> Sql:
    possible = [it for it in findings if it[2] != NEVER]
    nothing = call("CAST", call("array"), Constant("Array(Tuple(UInt16, String, Int64))"))
    if not possible:
        return nothing
    told = [call("tuple", Constant(place), Constant(kind.value), since) for place, kind, since in possible]
    holds = Lambda("f", has_come(call("tupleElement", Column("f"), Constant(3))))
    some = has_come(earliest(*(since for _, _, since in possible)))
    return choose(some, call("arrayFilter", holds, call("array", *told)), nothing)


def _undated(steps: list[StepCells]) -> Sql:
    """Array of the places of steps whose `due` gave no timestamp."""
    asked = [(place, step.is_undated) for place, step in enumerate(steps) if step.is_undated != FALSE]
    if not asked:
        return call("emptyArrayUInt8")
    places = call("array", *(call("if", condition, Constant(place), NULL) for place, condition in asked))
    return call("arrayFilter", Lambda("p", call("isNotNull", Column("p"))), places)


def _held(findings: Sequence[StepFindings]) -> Sql:
    """Array of the instants at which the holds end that keep anything from being found."""
    ends = [end for it in findings for end in it.held if end != NEVER]
    if not ends:
        return call("emptyArrayInt64")
    come = call("arrayFilter", Lambda("t", has_come(Column("t"))), call("array", *ends))
    return call("arraySort", call("arrayDistinct", come))


def _wakes(lives: Lives, findings: list[StepFindings], orphan: _Orphan, start: Sql) -> Sql:
    of_steps = when(has_come(start), earliest(*(step.wakes for step in findings)))
    return when(opposite(_is_outdated(lives, start)), earliest(Column("next_event"), of_steps, orphan.wakes))


def _times(times: Sequence[Sql]) -> Sql:
    """Array(Nullable(Int64))."""
    if all(time == NEVER for time in times):
        return call("emptyArrayInt64")
    return call("arrayMap", Lambda("t", or_null(Column("t"))), call("array", *times))


def _numbers(numbers: Sequence[Sql]) -> Sql:
    if all(number == NULL for number in numbers):
        return call("emptyArrayInt64")
    return call("array", *(call("CAST", number, Constant("Nullable(Int64)")) for number in numbers))
