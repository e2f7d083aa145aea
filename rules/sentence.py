"""Findings as sentences that a person can read at three in the morning. All instants are UTC."""

from datetime import UTC, datetime

from rules.expression import START
from rules.spec import Step, Workflow
from rules.verdict import Finding, Kind, StepState, StepVerdict, Verdict
from store.duration import format_duration
from store.event import MINUTE, SECOND


def sentence(workflow: Workflow, verdict: Verdict, finding: Finding, detected_at: int) -> str:
    """What is wrong with one step of one instance; `detected_at` is when it was first seen (µs UTC)."""
    step = workflow.step(finding.step)
    told = {told.step: told for told in verdict.steps}
    here = told[step.name]
    match finding.kind:
        case Kind.MISSING:
            return f"{_deadline(workflow, verdict, step)}; nothing had arrived by {_instant(detected_at)}."
        case Kind.LATE:
            return f"{_deadline(workflow, verdict, step)}; it came {_gap(here.due, here.at)} late."
        case Kind.OUT_OF_ORDER:
            return _out_of_order(workflow, step, told)
        case Kind.AFTER_END:
            gap = _gap(verdict.ended_at, here.at)
            return f"{step.name} came {_instant(here.at)}, {gap} after the {workflow.noun} was called off."


def _deadline(workflow: Workflow, verdict: Verdict, step: Step) -> str:
    told = {told.step: told for told in verdict.steps}
    due = told[step.name].due
    reason = _reason(workflow, verdict, step, told)
    return f"{step.name} was due {_instant(due)}" + (f", {reason}" if reason else "")


def _reason(workflow: Workflow, verdict: Verdict, step: Step, told: dict[str, StepVerdict]) -> str:
    """What gave the deadline: the earliest of `within`, `due` and the workflow's `within`."""
    due = told[step.name].due
    if step.within is not None:
        for name, at in _counted_from(workflow, step, verdict.start, told):
            if at is not None and at + step.within == due:
                return f"{format_duration(step.within)} after {name}"
    if workflow.within is not None and verdict.start + workflow.within == due:
        return f"{format_duration(workflow.within)} after the {workflow.noun} began"
    return "as promised" if step.due is not None else ""


def _counted_from(
    workflow: Workflow, step: Step, start: int, told: dict[str, StepVerdict]
) -> list[tuple[str, int | None]]:
    """What the step may be counted from: its predecessors, a skipped one replaced by what it comes after itself."""
    found: list[tuple[str, int | None]] = []
    for name in step.predecessors:
        if name == START:
            found.append((" or ".join(workflow.start.names), start))
        elif told[name].state is StepState.SKIPPED:
            found += _counted_from(workflow, workflow.step(name), start, told)
        else:
            found.append((name, told[name].at))
    return found or [(" or ".join(workflow.start.names), start)]


def _out_of_order(workflow: Workflow, step: Step, told: dict[str, StepVerdict]) -> str:
    at = told[step.name].at
    before = _counted_from(workflow, step, 0, told)
    overtaken = [(came, name) for name, came in before if came is not None and at is not None and came > at]
    if overtaken:
        came, name = max(overtaken)
        return f"{step.name} came {_instant(at)}, {_gap(at, came)} before {name}, which it should follow."
    absent = " and ".join(name for name, came in before if came is None)
    return f"{step.name} came {_instant(at)}, and {absent}, which it should follow, has not come."


def _instant(micros: int | None) -> str:
    """`2026-11-20 14:05 UTC`, with seconds or parts of them only where there are any."""
    if micros is None:
        return "at an unknown time"
    moment = datetime.fromtimestamp(micros // SECOND, UTC)
    exact = "" if micros % MINUTE == 0 else f":{moment:%S}"
    fraction = micros % SECOND
    if fraction:
        exact += f".{fraction:06d}"[:4]
    return f"{moment:%Y-%m-%d %H:%M}{exact} UTC"


def _gap(earlier: int | None, later: int | None) -> str:
    """The two largest units are enough."""
    return " ".join(format_duration((later or 0) - (earlier or 0)).split()[:4])
