"""A hold that lapses before the step that needs it falls due: an authorization that is gone when the money is taken."""

from collections.abc import Iterator, Mapping

from rules.advice.allowed import allowed_since
from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, printable, quoted
from rules.expression import START
from rules.spec import Step, Workflow
from store.duration import format_duration


def hold_lapses(rule: WrittenRule) -> Iterator[Diagnostic]:
    workflow = rule.workflow
    needed = dict.fromkeys(name for step in workflow.steps for name in step.needs)
    since = {name: allowed_since(workflow, name) for name in (START, *needed)} if needed else {}
    for step in workflow.steps:
        for name in step.needs:
            lasts, allowed = workflow.step(name).expires, _allowed_after(name, step, workflow, since)
            if lasts is not None and allowed > lasts:
                message = (
                    f"{quoted(name)} lasts {format_duration(lasts)}, and {quoted(step.name)} may come as late as "
                    f"{format_duration(allowed)} after it"
                )
                hint = f"shorten the deadlines on the way from {printable(name)}, or let it last longer"
                yield rule.of_step(step, "needs", Check.HOLD_LAPSES, message, hint)


def _allowed_after(name: str, step: Step, workflow: Workflow, since: Mapping[str, Mapping[str, int]]) -> int:
    """The longest that deadlines give from the one to the other; where both are bounded by the start, even if the first
    takes all its time. 0 where nothing is known."""
    from_start = since[START]
    apart = from_start[step.name] - from_start[name] if {step.name, name} <= from_start.keys() else 0
    allowed = max(since[name].get(step.name, 0), apart)
    return allowed if workflow.within is None else min(allowed, workflow.within)
