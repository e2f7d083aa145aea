"""Findings as sentences that a person can read at three in the morning. All instants are UTC."""

from collections.abc import Mapping, Sequence
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


def _reason(workflow: Workflow, verdict: Verdict, step: Step, told: Mapping[str, StepVerdict]) -> str:
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
    workflow: Workflow, step: Step, start: int, told: Mapping[str, StepVerdict]
) -> list[tuple[str, int | None]]:
    """What the step may be counted from, and when that was."""
    names = [name for group in _before(workflow, step, told) for name in group]
    counted = [(name, told[name].at) for name in names if name != START]
    return counted if len(counted) == len(names) > 0 else [*counted, (" or ".join(workflow.start.names), start)]


def _before(workflow: Workflow, step: Step, told: Mapping[str, StepVerdict]) -> list[list[str]]:
    """The step comes after one of each of these groups. A skipped step is replaced by what it comes after itself, or
    left out of several of which any will do."""
    skipped = {name for name in step.predecessors if name != START and told[name].state is StepState.SKIPPED}
    if step.after_any:
        return [[name for name in step.after_any if name not in skipped] or [START]]
    groups: list[list[str]] = []
    for name in step.after:
        groups += _before(workflow, workflow.step(name), told) if name in skipped else [[name]]
    return groups


def _out_of_order(workflow: Workflow, step: Step, told: Mapping[str, StepVerdict]) -> str:
    at = told[step.name].at or 0
    groups = [group for group in _before(workflow, step, told) if START not in group]
    first = [
        min(((came, name) for name in group if (came := told[name].at) is not None), default=None) for group in groups
    ]
    overtaken = [it for it in first if it is not None and at < it[0] - workflow.skew]
    if overtaken:
        came, name = max(overtaken)
        return f"{step.name} came {_instant(at)}, {_gap(at, came)} before {name}, which it should follow."
    absent = [group for group, came in zip(groups, first, strict=True) if came is None]
    return f"{step.name} came {_instant(at)}, and {_absent(workflow, absent)}"


def _absent(workflow: Workflow, groups: Sequence[Sequence[str]]) -> str:
    """That what it should follow has not come, for want of which it is not in order."""
    required = [group for group in groups if not all(workflow.step(name).optional for name in group)]
    names = [" or ".join(group) for group in required or groups]
    verb = "has" if len(names) == 1 else "have"
    return f"{' and '.join(names)}, which it should follow, {verb} not come."


def _instant(micros: int | None) -> str:
    """`2026-11-20 14:05 UTC`, with seconds or parts of them only where there are any."""
    if micros is None:
        return "at an unknown time"
    moment = datetime.fromtimestamp(micros // SECOND, UTC)
    exact = "" if micros % MINUTE < SECOND else f":{moment:%S}"
    milliseconds = micros % SECOND // 1_000
    if milliseconds:
        exact = f":{moment:%S}.{milliseconds:03d}"
    return f"{moment:%Y-%m-%d %H:%M}{exact} UTC"


def _gap(earlier: int | None, later: int | None) -> str:
    """The two largest units are enough."""
    return " ".join(format_duration((later or 0) - (earlier or 0)).split()[:4])
