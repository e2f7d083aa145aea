"""A deadline that never counts: the workflow's `within` is always earlier."""

from collections.abc import Iterator

from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic
from store.duration import format_duration


def never_counts(rule: WrittenRule) -> Iterator[Diagnostic]:
    whole = rule.workflow.within
    for step in rule.workflow.steps:
        if whole is not None and step.within is not None and step.within >= whole:
            message = f"this deadline never counts: the whole workflow is due {format_duration(whole)} after its start"
            yield rule.of_step(step, "within", Check.NEVER_COUNTS, message, "leave it out, or shorten it")
