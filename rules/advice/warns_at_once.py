"""An early warning that is no earlier than the step itself: it would come for every instance."""

from collections.abc import Iterator

from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic
from store.duration import format_duration


def warns_at_once(rule: WrittenRule) -> Iterator[Diagnostic]:
    for step in rule.workflow.steps:
        given = [within for within in (step.within, rule.workflow.within) if within is not None]
        if isinstance(step.warn, int) and not step.optional and given and step.warn >= min(given):
            message = f"this warns as soon as the step is awaited: it is due after {format_duration(min(given))}"
            yield rule.of_step(step, "warn", Check.WARNS_AT_ONCE, message, "warn later, or say a share such as 80%")
