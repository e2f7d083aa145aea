"""Two steps in a row that one event fulfils both: the second is there as soon as the first is."""

from collections.abc import Iterator

from rules.advice.covers import covers
from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, quoted
from rules.expression import START
from rules.spec import Step, Workflow


def same_event(rule: WrittenRule) -> Iterator[Diagnostic]:
    """A second reminder is not the second event of that name, unless the rule says `times`."""
    for step in rule.workflow.steps:
        twin = next(filter(lambda it: _fulfil_both(it, step), _before(step, rule.workflow)), None)
        if twin is not None:
            message = (
                f"what fulfils {quoted(twin.name)} fulfils {quoted(step.name)} as well, so that it is never missed"
            )
            hint = "for the second event of a name say `times: 2`, or tell the events apart by `where`"
            yield rule.of_step(step, "event", Check.SAME_EVENT, message, hint)


def _fulfil_both(first: Step, second: Step) -> bool:
    return second.times is None and all(covers(second.matcher, match) for match in first.matcher.alternatives)


def _before(step: Step, workflow: Workflow) -> Iterator[Step]:
    """All that the step comes after, directly or through others: the nearest first, each once."""
    found = [name for name in step.predecessors if name != START]
    for name in found:
        yield workflow.step(name)
        found += [it for it in workflow.step(name).predecessors if it != START and it not in found]
