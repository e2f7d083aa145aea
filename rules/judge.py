"""Judging: the compiled query, run on the engine, as verdicts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from itertools import repeat
from operator import itemgetter
from typing import Any

from rules.compile.sql import Column, Query, Sql, Value, call, render
from rules.compile.workflow import ANSWER, OUTDATED, compile_workflow
from rules.held import NOTHING_HELD, Holding
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

Row = tuple[Any, ...]

_AT_ONCE = 50_000  # rows


@dataclass(frozen=True, slots=True)
class Question:
    """A workflow's answers are asked for, at `as_of` (µs UTC), which may be read off the `correlation_id`, and so
    differ. `among` is a condition on it; without it all are judged. `holding` says whose absence is not believed."""

    workflow: Workflow
    as_of: int | Sql
    among: Sql | None = None
    lives: Lives = EVERYTHING
    holding: Holding = field(default_factory=dict)

    def quick(self, *, only_changes: bool) -> Query:
        return self._compiled(self.among, exact=False, only_changes=only_changes)

    def exact(self, correlation_ids: list[str], *, only_changes: bool) -> Query:
        """Asked about these."""
        return self._compiled(only(correlation_ids), exact=True, only_changes=only_changes)

    def _compiled(self, among: Sql | None, *, exact: bool, only_changes: bool) -> Query:
        asked = partial(compile_workflow, self.workflow, self.as_of, among, self.lives, holding=self.holding)
        return asked(exact=exact, only_changes=only_changes)


def judge(
    clickhouse: ClickHouse,
    workflow: Workflow,
    as_of: int | Sql,
    among: Sql | None = None,
    lives: Lives = EVERYTHING,
    *,
    holding: Holding = NOTHING_HELD,
) -> Iterator[Answer]:
    """The workflow's answers at `as_of` (µs UTC) over the stored events, in order of correlation ID.

    `as_of` may be read off the `correlation_id`, and so differ; `among` is a condition on it; without it all are
    judged. An `Unopened` is a correlation ID that has no instance, but perhaps events after `as_of`; an `Outdated` one
    that is older than every version. What the workflow does not answer for, as `lives` has it, is left out. Raises
    StoreUnavailable or StoreRefused.
    """
    question = Question(workflow, as_of, among, lives, holding)
    quick = render(question.quick(only_changes=False))
    for block in _gathered(clickhouse.stream(quick.text, quick.parameters)):
        yield from answers(clickhouse, question, block, only_changes=False)


def answers(clickhouse: ClickHouse, question: Question, rows: Sequence[Row], *, only_changes: bool) -> Iterator[Answer]:
    """What rows of the quick way say; of what is in doubt the exact way is asked. They keep their order.

    Raises StoreUnavailable or StoreRefused.
    """
    doubtful = [row[_ID] for row in rows if row[_DOUBTS]]
    if doubtful:
        exact = render(question.exact(doubtful, only_changes=only_changes))
        certain = [row for row in rows if not row[_DOUBTS]] + clickhouse.query(exact.text, exact.parameters)
        rows = sorted(certain, key=_in_order)
    return (_read(question.workflow, row) for row in rows)


def _gathered(blocks: Iterable[list[Row]]) -> Iterator[list[Row]]:
    """Larger ones: the exact query costs the more, the more often it is asked, however little it is asked of."""
    rows: list[Row] = []
    for block in blocks:
        rows += block
        if len(rows) >= _AT_ONCE:
            yield rows
            rows = []
    yield rows


def _in_order(row: Row) -> bytes:
    """As ClickHouse orders text: by its bytes."""
    return str(row[_ID]).encode()


def only(correlation_ids: list[str]) -> Sql:
    """The condition that names these."""
    return call("in", Column("correlation_id"), Value(correlation_ids, "Array(String)"))


def _read(workflow: Workflow, row: Row) -> Answer:
    correlation_id, start, state, *_ = row
    if not state:
        return Unopened(workflow.name, correlation_id, row[_WAKE_AT])
    if state == OUTDATED:
        return Outdated(workflow.name, correlation_id, start)
    at_risk, unit, customer, stored, conflicts, undated, last, last_at, wake_at, held, *rest = _REST(row)
    findings = _findings(workflow, row[_FINDINGS]) if row[_FINDINGS] else ()
    steps, dateless = tuple(_steps(workflow, row)), tuple(workflow.steps[place].name for place in undated)
    if state == InstanceState.ORPHAN:
        start, steps, dateless, at_risk, unit, customer = None, (), (), None, None, None
    held = () if start is None else tuple(held)
    known = (at_risk, unit, customer, stored, conflicts, dateless, last, last_at, wake_at, held, *rest)
    return Verdict(workflow.name, correlation_id, _INSTANCE_STATES[state], start, steps, findings, *known)


def _findings(workflow: Workflow, told: list[tuple[int, str, int]]) -> tuple[Finding, ...]:
    names = [*(step.name for step in workflow.steps), WHOLE]
    return tuple(Finding(names[place], Kind(kind), since) for place, kind, since in told)


def _steps(workflow: Workflow, row: Row) -> Iterator[StepVerdict]:
    """What the rule has of no step is an empty array."""
    states, times, *optional = _BY_STEP(row)
    names = (step.name for step in workflow.steps)
    others = (column or repeat(None) for column in optional)
    return map(StepVerdict, names, map(_STATES.__getitem__, states), times, *others)


def _columns(*names: str) -> Callable[[Row], Row]:
    return itemgetter(*map(ANSWER.index, names))


_ID, _DOUBTS, _WAKE_AT, _FINDINGS = map(ANSWER.index, ("correlation_id", "doubts", "wake_at", "findings"))
_BY_STEP = _columns("step_states", "step_times", "step_dues", "step_counts", "step_needed", "step_warned")
_REST = _columns(*(field.name for field in fields(Verdict)[6:]))  # what stands behind the findings
# Quicker than the calls, and this is done for every step of every instance.
_STATES = {state.value: state for state in StepState}
_INSTANCE_STATES = {state.value: state for state in InstanceState}
