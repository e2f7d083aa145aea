"""A step that the start event itself fulfils: it is there from the beginning, and so is never missed."""

from collections.abc import Iterator

from rules.advice.covers import covers
from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, quoted


def start_again(rule: WrittenRule) -> Iterator[Diagnostic]:
    """With `times` it may be meant to come again, and `at_most` is for starts that come twice."""
    for step in rule.workflow.steps:
        same = [match for match in rule.workflow.start.alternatives if covers(step.matcher, match)]
        if same and step.at_most == 0:
            message = f'"at_most: 0" forbids the start event {quoted(same[0].name)}, so that every instance is flagged'
            hint = "allow 1, or tell the events apart by `where`"
            yield rule.of_step(step, "at_most", Check.START_AGAIN, message, hint)
        elif same and step.at_most is None and step.times is None:
            message = f"the start event {quoted(same[0].name)} itself fulfils this step, so that it is never missed"
            hint = "leave the step out, or tell the events apart by `where`"
            yield rule.of_step(step, "event", Check.START_AGAIN, message, hint)
