"""A hold that lapses before the step that needs it falls due: an authorization that is gone when the money is taken."""

from collections.abc import Iterator

from rules.advice.allowed import allowed_since
from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, quoted
from store.duration import format_duration


def hold_lapses(rule: WrittenRule) -> Iterator[Diagnostic]:
    for step in rule.workflow.steps:
        for name in step.needs:
            lasts, allowed = rule.workflow.step(name).expires, allowed_since(rule.workflow, name).get(step.name)
            if lasts is not None and allowed is not None and allowed > lasts:
                message = (
                    f"{quoted(name)} lasts {format_duration(lasts)}, and {quoted(step.name)} may come as late as "
                    f"{format_duration(allowed)} after it"
                )
                hint = 'shorten "within" so that the step is due while the hold lasts'
                yield rule.of_step(step, "needs", Check.HOLD_LAPSES, message, hint)
