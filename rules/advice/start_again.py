"""A step that the start event itself fulfils: it is there from the beginning, and so is never missed."""

from collections.abc import Iterator

from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, quoted


def start_again(rule: WrittenRule) -> Iterator[Diagnostic]:
    starts = set(rule.workflow.start.alternatives)
    for step in rule.workflow.steps:
        same = [match.name for match in step.matcher.alternatives if match in starts]
        if same and step.times is None:
            message = f"the start event {quoted(same[0])} itself fulfils this step, so that it is never missed"
            yield rule.of_step(
                step, "event", Check.START_AGAIN, message, "leave the step out, or tell the events apart by `where`"
            )
