"""What time alone would change of a step."""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.explain.deadline import Base
from rules.explain.known import Known
from rules.spec import Share, Step
from rules.verdict import StepState

_NEVER_IN_ORDER = (StepState.SKIPPED, StepState.NOT_NEEDED)


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` on (µs UTC) the step is `what`, unless an event comes before."""

    at: int
    what: str


def changes(known: Known, step: Step, counted_from: Base) -> Iterator[Change]:
    """All that are later than the instant judged."""
    grace, told = known.workflow.grace, known.told(step.name)
    if told.state is StepState.PENDING and told.due is not None and known.is_required(step.name):
        yield Change(told.due + grace + 1, "missing")
        warns_at = _warns_at(known, step, counted_from, told.due)
        if warns_at is not None and warns_at > known.as_of:
            yield Change(warns_at, "early warning")
    lapse = known.undo_lapse(step)
    if told.state is not StepState.SKIPPED and lapse is not None and known.as_of <= lapse:
        yield Change(lapse + 1, "not_undone")
    if told.at is not None and told.state not in _NEVER_IN_ORDER and known.verdict.wake_at == told.at + grace + 1:
        yield Change(told.at + grace + 1, "out_of_order")


def _warns_at(known: Known, step: Step, counted_from: Base, due: int) -> int | None:
    match step.warn:
        case Share(percent=percent):
            begin = known.start if counted_from.at is None else counted_from.at
            return begin + max(0, due - begin) * percent // 100
        case int(before):
            return due - before
        case None:
            return None
