"""An event in two roles that exclude each other: it fulfils a step, and is what the step fails on, is undone by, or
what calls the workflow off."""

from collections.abc import Iterator

from rules.advice.covers import covers
from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, quoted
from rules.spec import Matcher, Step

_OTHERWISE = "name another event, or tell the two apart by `where`"


def two_roles(rule: WrittenRule) -> Iterator[Diagnostic]:
    for step in rule.workflow.steps:
        for failing in step.fails_on.alternatives if step.fails_on else ():
            if covers(step.matcher, failing):
                message = f"{quoted(failing.name)} fulfils {quoted(step.name)}, so that the step can't fail by it"
                yield rule.of_step(step, "fails_on", Check.TWO_ROLES, message, _OTHERWISE)
        for fulfilling in step.matcher.alternatives:
            if step.undone_by and covers(step.undone_by, fulfilling):
                message = f"{quoted(fulfilling.name)} fulfils {quoted(step.name)}, and undoes it at the same time"
                yield rule.of_step(step, "undone_by", Check.TWO_ROLES, message, _OTHERWISE)
        if rule.workflow.cancel and _requires(step, rule.workflow.cancel):
            message = f"only what calls the workflow off fulfils {quoted(step.name)}, so that all else would miss it"
            yield rule.of_step(step, "event", Check.TWO_ROLES, message, "leave the step out: `cancel` is enough")


def _requires(step: Step, cancel: Matcher) -> bool:
    """Whether instances that go well lack the step."""
    if step.optional or step.when is not None:
        return False
    return all(covers(cancel, match) for match in step.matcher.alternatives)
