"""A deadline longer than instances are judged at all: who misses it is never flagged."""

from collections.abc import Iterator

from rules.advice.allowed import allowed_since
from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, quoted
from store.duration import format_duration


def beyond_retention(rule: WrittenRule, retention: int) -> Iterator[Diagnostic]:
    """`retention` in µs. What is missing is flagged `grace` after its deadline."""
    workflow = rule.workflow
    judged = f"after the start, and instances are judged for {format_duration(retention)} (`evaluator.retention`)"
    hint = "lengthen the setting `evaluator.retention`, or shorten the deadlines"
    if workflow.within is not None:
        if workflow.within + workflow.grace >= retention:
            message = f"what misses this is flagged {format_duration(workflow.within + workflow.grace)} {judged}"
            yield rule.of_workflow("within", Check.BEYOND_RETENTION, message, hint)
        return
    allowed = allowed_since(workflow)
    for step in workflow.steps:
        flagged = allowed.get(step.name, 0) + workflow.grace
        if step.name in allowed and not step.optional and flagged >= retention:
            message = f"{quoted(step.name)} may be flagged as late as {format_duration(flagged)} {judged}"
            yield rule.of_step(step, "within", Check.BEYOND_RETENTION, message, hint)
