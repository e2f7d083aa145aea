"""What a rule can come to that no story has seen."""

from collections.abc import Iterable, Iterator

from rules.expression import START, Literal
from rules.spec import Orphans, Step, Workflow
from rules.story.run import Outcome
from rules.verdict import WHOLE, InstanceState, Kind, StepState, Verdict

Sight = tuple[str, str]
"""A step, or `WHOLE`, and a state or kind of finding that it can come to."""


def never_seen(workflow: Workflow, outcomes: Iterable[Outcome]) -> list[Sight]:
    """In the order of the rule's steps, then what the whole can come to."""
    seen = {sight for outcome in outcomes for sight in _seen(outcome)}
    return [sight for sight in dict.fromkeys(_possible(workflow)) if sight not in seen]


def _seen(outcome: Outcome) -> Iterator[Sight]:
    if isinstance(outcome.answer, Verdict):
        yield WHOLE, outcome.answer.state.value
        yield from ((step.step, step.state.value) for step in outcome.answer.steps)
        yield from ((finding.step, finding.kind.value) for finding in outcome.answer.findings)


def _possible(workflow: Workflow) -> Iterator[Sight]:
    for step in workflow.steps:
        yield from ((step.name, word.value) for word in _of_step(workflow, step))
    if workflow.cancel is not None:
        yield WHOLE, InstanceState.CANCELLED
    if workflow.cancel is not None or any(step.fails_on is not None for step in workflow.steps):
        undoable = [step for step in workflow.steps if step.undone_by is not None and not step.leave_behind]
        if len(undoable) > 1:
            yield WHOLE, Kind.HALF_UNDONE
    if workflow.orphans is Orphans.FLAG:
        yield WHOLE, Kind.ORPHAN


def _of_step(workflow: Workflow, step: Step) -> Iterator[StepState | Kind]:
    if step.when is not None or not (step.times is None or isinstance(step.times, Literal)):
        yield StepState.SKIPPED
    if step.at_most != 0:
        yield StepState.ON_TIME
    if any(it is not None for it in (step.within, step.due, workflow.within)) or step.needs:
        yield StepState.LATE
        if not step.optional:
            yield StepState.MISSING
    if step.fails_on is not None:
        yield StepState.FAILED
    if step.at_most is not None:
        yield Kind.DUPLICATE
    if any(name != START for name in step.predecessors):
        yield Kind.OUT_OF_ORDER
    if step.match is not None:
        yield Kind.MISMATCH
    if workflow.cancel is not None:
        yield Kind.AFTER_END
    if step.undone_by is not None and not step.leave_behind:
        yield Kind.NOT_UNDONE
