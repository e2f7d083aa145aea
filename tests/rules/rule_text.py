"""A workflow back as the text of a rule file: to show a failing case, and to test the parser with random rules."""

from rules.expression import START, Expression, Literal
from rules.spec import AtRisk, Late, Match, Matcher, Orphans, Severity, Share, Step, Workflow
from tests.rules.expression_text import expression, instant
from tests.rules.truth_text import actions, truth
from tests.rules.yaml_text import Yaml, dumped, duration, given


def rule_text(workflow: Workflow) -> str:
    """The file that parses to this workflow."""
    keys: dict[str, Yaml | None] = {
        "workflow": workflow.name,
        "version": workflow.version if workflow.version > 1 else None,
        "effective_from": instant(workflow.effective_from) if workflow.effective_from is not None else None,
        "description": workflow.description or None,
        "noun": workflow.noun if workflow.noun != "instance" else None,
        "owner": workflow.owner or None,
        "severity": workflow.severity.value if workflow.severity != Severity.WARNING else None,
        "escalate_after": duration(workflow.escalate_after),
        "labels": dict(workflow.labels) or None,
        "start": matcher(workflow.start),
        "grace": duration(workflow.grace or None),
        "skew": duration(workflow.skew or None),
        "within": duration(workflow.within),
        "cancel": matcher(workflow.cancel) if workflow.cancel else None,
        "ends_on": matcher(workflow.ends_on) if workflow.ends_on else None,
        "orphans": workflow.orphans.value if workflow.orphans != Orphans.IGNORE else None,
        "at_risk": at_risk(workflow.at_risk) if workflow.at_risk else None,
        "customer": expression(workflow.customer) if workflow.customer else None,
        "steps": {step.name: keys_of(step, workflow) for step in workflow.steps},
    }
    return dumped(given(keys))


def keys_of(step: Step, workflow: Workflow) -> Yaml:
    return given({**step_events(step), **graph(step), **deadlines(step), **undoing(step), **shown(step, workflow)})


def graph(step: Step) -> dict[str, Yaml | None]:
    return {
        "after": names(step.after) if step.after not in ((), (START,)) else None,
        "after_any": list(step.after_any) or None,
        "when": expression(step.when) if step.when else None,
        "optional": (step.optional and step.at_most != 0) or None,
        "times": times(step.times) if step.times else None,
        "at_most": step.at_most,
        "match": expression(step.match) if step.match else None,
    }


def deadlines(step: Step) -> dict[str, Yaml | None]:
    return {
        "within": duration(step.within),
        "due": expression(step.due) if step.due else None,
        "warn": f"{step.warn.percent}%" if isinstance(step.warn, Share) else duration(step.warn),
        "late": step.late.value if step.late != Late.NOTE else None,
        "expires": duration(step.expires),
        "needs": names(step.needs) if step.needs else None,
    }


def undoing(step: Step) -> dict[str, Yaml | None]:
    return {
        "fails_on": matcher(step.fails_on) if step.fails_on else None,
        "undone_by": matcher(step.undone_by) if step.undone_by else None,
        "undo_within": duration(step.undo_within),
        "leave_behind": step.leave_behind or None,
    }


def shown(step: Step, workflow: Workflow) -> dict[str, Yaml | None]:
    return {
        "owner": step.owner if step.owner != workflow.owner else None,
        "severity": step.severity.value if step.severity != workflow.severity else None,
        "description": step.description or None,
        "runbook": step.runbook or None,
        "escalate_after": duration(step.escalate_after) if step.escalate_after != workflow.escalate_after else None,
        "truth": truth(step.truth) if step.truth else None,
        "actions": actions(step.actions),
    }


def times(times: Expression) -> Yaml:
    """A whole number as YAML's own."""
    if isinstance(times, Literal) and isinstance(times.value, int):
        return times.value
    return expression(times)


def names(several: tuple[str, ...]) -> Yaml:
    if len(several) == 1:
        return several[0]
    found: list[Yaml | None] = [*several]
    return found


def step_events(step: Step) -> dict[str, Yaml | None]:
    if len(step.matcher.alternatives) > 1:
        return {"event": matcher(step.matcher)}
    (only,) = step.matcher.alternatives
    return {
        "event": only.name if only.name != step.name else None,
        "where": expression(only.where) if only.where else None,
    }


def matcher(matcher: Matcher) -> Yaml:
    printed: list[Yaml | None] = [alternative(match) for match in matcher.alternatives]
    return printed if len(printed) > 1 else alternative(matcher.alternatives[0])


def alternative(match: Match) -> Yaml:
    return {"event": match.name, "where": expression(match.where)} if match.where else match.name


def at_risk(at_risk: AtRisk) -> Yaml:
    value = expression(at_risk.value)
    return {"value": value, "unit": expression(at_risk.unit)} if at_risk.unit else value
