"""A deadline that leaves no time: the workflow's `within` ends before what the step comes after need have come."""

from collections.abc import Iterator, Mapping

from rules.advice.allowed import allowed_since
from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, quoted
from rules.expression import START
from rules.spec import Step
from store.duration import format_duration


def out_of_reach(rule: WrittenRule) -> Iterator[Diagnostic]:
    """Of steps with a deadline of their own: one without says by itself that the workflow's is enough. Told once of
    each chain: what comes after such a step is not mentioned again, nor is what `never_counts` finds."""
    whole = rule.workflow.within
    if whole is None:
        return
    allowed = allowed_since(rule.workflow)
    for step in rule.workflow.steps:
        before = max(step.after, key=lambda name: allowed.get(name, 0), default=START)
        if (
            step.within is not None
            and allowed.get(before, 0) >= whole
            and _fits(rule.workflow.step(before), allowed, whole)
        ):
            yield _no_time(rule, step, before, allowed[before])


def _fits(step: Step, allowed: Mapping[str, int], whole: int) -> bool:
    """Whether the step itself may begin in time, and its own deadline counts."""
    return step.within is not None and step.within < whole and allowed[step.name] - step.within < whole


def _no_time(rule: WrittenRule, step: Step, before: str, allowed: int) -> Diagnostic:
    whole = format_duration(rule.workflow.within or 0)
    message = (
        f"{quoted(step.name)} may be due before it can begin: {quoted(before)} may take until "
        f"{format_duration(allowed)} after the start, and the whole workflow is due after {whole}"
    )
    hint = 'lengthen the workflow\'s "within", or shorten that of the steps before'
    return rule.of_step(step, "after", Check.OUT_OF_REACH, message, hint)
