"""Keys that change nothing, for want of another that they work with."""

from collections.abc import Iterator

from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, quoted
from rules.spec import Late, Step, Workflow


def no_effect(rule: WrittenRule) -> Iterator[Diagnostic]:
    for step in rule.workflow.steps:
        for key, why in _idle(step, rule.workflow):
            yield rule.of_step(step, key, Check.NO_EFFECT, f"{quoted(key)} has no effect: {why}")


def _idle(step: Step, workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Keys of the step, and why they change nothing."""
    if step.expires is not None and not any(step.name in it.needs for it in workflow.steps):
        yield "expires", f"no step needs {quoted(step.name)}"
    if step.leave_behind and step.undone_by is None:
        yield "leave_behind", 'there is no "undone_by" to do without'
    if step.undone_by is not None and not _can_be_called_off(workflow):
        yield "undone_by", 'nothing calls the workflow off: it has no "cancel", and no required step can fail'
    if step.warn is not None and step.optional:
        yield "warn", "the step is optional, so it is never missed"
    if step.late is Late.CASE and not _can_be_late(step, workflow):
        yield "late", "nothing gives the step a deadline"


def _can_be_called_off(workflow: Workflow) -> bool:
    """Also an operator's word can make a required step fail, but nobody plans for that."""
    if workflow.cancel is not None:
        return True
    return any(not it.optional and (it.fails_on is not None or it.truth is not None) for it in workflow.steps)


def _can_be_late(step: Step, workflow: Workflow) -> bool:
    return workflow.within is not None or step.within is not None or step.due is not None or bool(step.needs)
