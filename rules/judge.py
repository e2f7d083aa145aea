"""Judging: the compiled query, run on the engine, as verdicts."""

from collections.abc import Iterator
from typing import Any

from rules.compile import ANSWER, compile_workflow
from rules.spec import Workflow
from rules.sql import Column, Sql, Value, call, render
from rules.verdict import Finding, InstanceState, Kind, StepState, StepVerdict, Unopened, Verdict
from store.clickhouse import ClickHouse


def judge(
    clickhouse: ClickHouse, workflow: Workflow, as_of: int, among: Sql | None = None, *, only_changes: bool = False
) -> Iterator[Verdict | Unopened]:
    """The workflow's verdicts at `as_of` (µs UTC) over the stored events, in order of correlation ID.

    `among` is a condition on `correlation_id`; without it all are judged. With `only_changes`, only those that differ
    from what `instances` has, in any order. An `Unopened` is a correlation ID that has no instance (any more), but
    perhaps events after `as_of`. Raises StoreUnavailable or StoreRefused.
    """
    quick = render(compile_workflow(workflow, as_of, among, exact=False, only_changes=only_changes))
    for block in clickhouse.stream(quick.text, quick.parameters):
        doubtful = [row[_ID] for row in block if row[_CONFLICTS]]
        if not doubtful:
            yield from (_read(workflow, row) for row in block)
            continue
        exact = render(compile_workflow(workflow, as_of, only(doubtful), exact=True, only_changes=only_changes))
        certain = [row for row in block if not row[_CONFLICTS]] + clickhouse.query(exact.text, exact.parameters)
        yield from (_read(workflow, row) for row in sorted(certain, key=_in_order))


def _in_order(row: tuple[Any, ...]) -> bytes:
    """As ClickHouse orders text: by its bytes."""
    return str(row[_ID]).encode()


def only(correlation_ids: list[str]) -> Sql:
    """The condition that names these."""
    return call("in", Column("correlation_id"), Value(correlation_ids, "Array(String)"))


def _read(workflow: Workflow, row: tuple[Any, ...]) -> Verdict | Unopened:
    correlation_id, start, state, states, times, dues, findings, undated, *rest = row
    if start is None:
        return Unopened(workflow.name, correlation_id, rest[_REST.index("wake_at")])
    names = [step.name for step in workflow.steps]
    return Verdict(
        workflow.name,
        correlation_id,
        InstanceState(state),
        start,
        tuple(map(StepVerdict, names, map(_STATES.__getitem__, states), times, dues)),
        tuple(Finding(names[place], Kind(kind), since) for place, kind, since in findings),
        undated=tuple(names[place] for place in undated),
        **dict(zip(_REST, rest, strict=True)),
    )


_ID = ANSWER.index("correlation_id")
_CONFLICTS = ANSWER.index("conflicts")
_STATES = {state.value: state for state in StepState}  # quicker than the call, and this is done for every step
_REST = ANSWER[ANSWER.index("undated") + 1 :]  # fields of a verdict under the same names
