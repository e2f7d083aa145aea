"""A deadline that leaves no time: the workflow's `within` ends before what the step comes after need have come."""

from collections.abc import Iterator

from rules.advice.allowed import allowed_since
from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, quoted
from rules.spec import Step
from store.duration import format_duration


def out_of_reach(rule: WrittenRule) -> Iterator[Diagnostic]:
    whole = rule.workflow.within
    if whole is None:
        return
    allowed = allowed_since(rule.workflow)
    for step in rule.workflow.steps:
        for name in step.after:
            if allowed.get(name, 0) >= whole:
                yield _no_time(rule, step, name, allowed[name])


def _no_time(rule: WrittenRule, step: Step, before: str, allowed: int) -> Diagnostic:
    whole = format_duration(rule.workflow.within or 0)
    message = (
        f"this may be due before it can begin: {quoted(before)} may take until {format_duration(allowed)} after the "
        f"start, and the whole workflow is due after {whole}"
    )
    return rule.of_step(
        step, "after", Check.OUT_OF_REACH, message, 'lengthen the workflow\'s "within", or shorten theirs'
    )
