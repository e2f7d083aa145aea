"""Judging: the compiled query, run on the engine, as verdicts."""

from collections.abc import Iterator
from itertools import repeat
from typing import Any

from rules.compile.sql import Column, Sql, Value, call, render
from rules.compile.workflow import ANSWER, OUTDATED, compile_workflow
from rules.ruleset import EVERYTHING, Lives
from rules.spec import Workflow
from rules.verdict import (
    WHOLE,
    Answer,
    Finding,
    InstanceState,
    Kind,
    Outdated,
    StepState,
    StepVerdict,
    Unopened,
    Verdict,
)
from store.clickhouse import ClickHouse


def judge(
    clickhouse: ClickHouse,
    workflow: Workflow,
    as_of: int | Sql,
    among: Sql | None = None,
    lives: Lives = EVERYTHING,
    *,
    only_changes: bool = False,
) -> Iterator[Answer]:
    """The workflow's answers at `as_of` (µs UTC) over the stored events, in order of correlation ID.

    `as_of` may be read off the `correlation_id`, and so differ; `among` is a condition on it; without it all are
    judged. With `only_changes`, only those that differ from what `instances` has, in any order. An `Unopened` is a
    correlation ID that has no instance (any more), but perhaps events after `as_of`; an `Outdated` one that is older
    than every version. What the workflow does not answer for, as `lives` has it, is left out. Raises StoreUnavailable
    or StoreRefused.
    """
    quick = render(compile_workflow(workflow, as_of, among, lives, exact=False, only_changes=only_changes))
    for block in clickhouse.stream(quick.text, quick.parameters):
        doubtful = [row[_ID] for row in block if row[_DOUBTS]]
        if not doubtful:
            yield from (_read(workflow, row) for row in block)
            continue
        exact = render(compile_workflow(workflow, as_of, only(doubtful), lives, exact=True, only_changes=only_changes))
        certain = [row for row in block if not row[_DOUBTS]] + clickhouse.query(exact.text, exact.parameters)
        yield from (_read(workflow, row) for row in sorted(certain, key=_in_order))


def _in_order(row: tuple[Any, ...]) -> bytes:
    """As ClickHouse orders text: by its bytes."""
    return str(row[_ID]).encode()


def only(correlation_ids: list[str]) -> Sql:
    """The condition that names these."""
    return call("in", Column("correlation_id"), Value(correlation_ids, "Array(String)"))


def _read(workflow: Workflow, row: tuple[Any, ...]) -> Answer:
    told = dict(zip(ANSWER, row, strict=True))
    correlation_id, start, state = told["correlation_id"], told["start"], told["state"]
    if not state:
        return Unopened(workflow.name, correlation_id, told["wake_at"])
    if state == OUTDATED:
        return Outdated(workflow.name, correlation_id, start)
    names = [*(step.name for step in workflow.steps), WHOLE]
    findings = tuple(Finding(names[place], Kind(kind), since) for place, kind, since in told["findings"])
    plain = {name: told[name] for name in _PLAIN}
    if state == InstanceState.ORPHAN:
        nothing = {"at_risk": None, "unit": None, "customer": None}
        return Verdict(workflow.name, correlation_id, InstanceState.ORPHAN, None, (), findings, **plain | nothing)
    undated = tuple(names[place] for place in told["undated"])
    steps = tuple(_steps(workflow, told))
    return Verdict(
        workflow.name, correlation_id, InstanceState(state), start, steps, findings, undated=undated, **plain
    )


def _steps(workflow: Workflow, told: dict[str, Any]) -> Iterator[StepVerdict]:
    """What the rule has of no step is an empty array."""
    states = map(_STATES.__getitem__, told["step_states"])
    optional = (told[column] or repeat(None) for column in _BY_STEP)
    return map(StepVerdict, (step.name for step in workflow.steps), states, told["step_times"], *optional)


_ID = ANSWER.index("correlation_id")
_DOUBTS = ANSWER.index("doubts")
_STATES = {state.value: state for state in StepState}  # quicker than the call, and this is done for every step
_BY_STEP = ("step_dues", "step_counts", "step_needed", "step_warned")
_PLAIN = (
    *("at_risk", "unit", "customer", "stored", "conflicts"),
    *("last_event", "last_event_at", "wake_at", "ended_at", "digest"),
)  # fields of a verdict under the same names
