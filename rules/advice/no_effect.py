"""Keys that change nothing, for want of another that they work with."""

from collections.abc import Iterator

from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, quoted
from rules.spec import Step, Workflow


def no_effect(rule: WrittenRule) -> Iterator[Diagnostic]:
    needed = {name for step in rule.workflow.steps for name in step.needs}
    for step in rule.workflow.steps:
        if step.expires is not None and step.name not in needed:
            yield _of(rule, step, "expires", f"no step needs {quoted(step.name)}")
        if step.leave_behind and step.undone_by is None:
            yield _of(rule, step, "leave_behind", 'there is no "undone_by" to do without')
        if step.undone_by is not None and not _can_be_called_off(rule.workflow):
            yield _of(
                rule,
                step,
                "undone_by",
                'nothing calls the workflow off: it has no "cancel", and no required step "fails_on"',
            )
        if step.warn is not None and step.optional:
            yield _of(rule, step, "warn", "the step is optional, so it is never missed")


def _of(rule: WrittenRule, step: Step, key: str, why: str) -> Diagnostic:
    return rule.of_step(step, key, Check.NO_EFFECT, f"{quoted(key)} has no effect: {why}")


def _can_be_called_off(workflow: Workflow) -> bool:
    """Also an operator's word can make a required step fail, but nobody plans for that."""
    return workflow.cancel is not None or any(it.fails_on is not None and not it.optional for it in workflow.steps)
