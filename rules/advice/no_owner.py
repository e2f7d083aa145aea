"""A step that nobody owns: when it fails to show up, nobody in particular hears of it."""

from collections.abc import Iterator

from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, quoted


def no_owner(rule: WrittenRule) -> Iterator[Diagnostic]:
    unowned = [step for step in rule.workflow.steps if not step.owner]
    if len(unowned) == len(rule.workflow.steps):
        message = f"nobody owns the workflow {quoted(rule.workflow.name)}"
        yield rule.of_workflow("workflow", Check.NO_OWNER, message, "name the team that hears of it under `owner`")
        return
    for step in unowned:
        message = f"nobody owns the step {quoted(step.name)}"
        yield rule.of_step(step, "owner", Check.NO_OWNER, message, "name the team, here or for the whole workflow")
