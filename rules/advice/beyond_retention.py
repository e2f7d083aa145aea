"""A deadline longer than instances are judged at all: who is late then is never flagged."""

from collections.abc import Iterator

from rules.advice.allowed import allowed_since
from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, quoted
from store.duration import format_duration


def beyond_retention(rule: WrittenRule, retention: int) -> Iterator[Diagnostic]:
    """`retention` in µs."""
    whole, kept = rule.workflow.within, format_duration(retention)
    if whole is not None and whole >= retention:
        message = f"instances are judged for {kept} (setting `evaluator.retention`), which ends before this deadline"
        yield rule.of_workflow("within", Check.BEYOND_RETENTION, message)
    if whole is not None:
        return
    allowed = allowed_since(rule.workflow)
    for step in rule.workflow.steps:
        if allowed.get(step.name, 0) >= retention:
            message = (
                f"instances are judged for {kept} (setting `evaluator.retention`), and {quoted(step.name)} may come as "
                f"late as {format_duration(allowed[step.name])} after the start"
            )
            yield rule.of_step(step, "within", Check.BEYOND_RETENTION, message)
