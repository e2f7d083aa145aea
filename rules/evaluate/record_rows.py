"""The rows of `findings`, `deadlines` and `instances`: what a verdict looks like in the store."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace

from rules.evaluate.detection import USUAL, Circumstances, Detection, Key
from rules.evaluate.doubt import Doubt
from rules.sentence.sentence import sentence
from rules.spec import Late, Severity, Workflow
from rules.verdict import WHOLE, Answer, Finding, Kind, Outdated, Verdict
from store.event import DAY

Row = Mapping[str, object]
Open = Mapping[Key, Detection]
"""The open findings of one instance: how each was found."""

_ERA = 2_000 * DAY  # at most 67 months, of the 100 that the engine takes


@dataclass(frozen=True, slots=True)
class Stamp:
    """When was judged (µs UTC), the version that what is written carries, what may have been lacking, and how it came
    that it was judged then."""

    as_of: int
    version: int
    doubts: tuple[Doubt, ...] = ()
    circumstances: Circumstances = USUAL

    @property
    def next(self) -> "Stamp":
        """Of what takes back what was written under this one."""
        return replace(self, version=self.version + 1)


def finding_rows(workflow: Workflow, verdict: Verdict, opened: Open, stamp: Stamp) -> Iterator[Row]:
    """One for each finding; `opened` has how each was found."""
    for finding in verdict.findings:
        detected = opened[finding.step, finding.kind.value]
        of_what = _of_the_whole if finding.step == WHOLE else _of_the_step
        told = sentence(workflow, verdict, finding, detected.detected_at)
        yield {
            **common(workflow, verdict, stamp),
            **of_what(workflow, verdict, finding),
            "started_at": _began(workflow, verdict, finding),
            "kind": finding.kind.value,
            "since": finding.since,
            **asdict(detected),
            "sentence": " ".join([told, *_doubts(workflow, verdict, finding, stamp)]),
        }


def _doubts(workflow: Workflow, verdict: Verdict, finding: Finding, stamp: Stamp) -> Iterator[str]:
    """What an event of this instance may have been lost in: anybody who reads the sentence should know."""
    began = verdict.start if verdict.start is not None else verdict.last_event_at
    concerned = workflow.event_names if finding.step == WHOLE else set(workflow.step(finding.step).matcher.names)
    for doubt in stamp.doubts:
        if began <= doubt.until and (not doubt.names or concerned & set(doubt.names)):
            yield f"But {doubt.reason}."


def common(workflow: Workflow, verdict: Verdict, stamp: Stamp) -> Row:
    """What a finding says of its instance and rule."""
    return {
        "workflow": workflow.name,
        "correlation_id": verdict.correlation_id,
        "version": stamp.version,
        "open": True,
        "instance_state": verdict.state.value,
        "closed_at": None,
        "closed_because": "",
        "noun": workflow.noun,
        "labels": dict(workflow.labels),
        "at_risk": verdict.at_risk,
        "unit": verdict.unit,
        "customer": verdict.customer,
        "last_event": verdict.last_event,
        "last_event_at": verdict.last_event_at,
        "rule_hash": workflow.content_hash,
        "rule_version": workflow.version,
    }


def _of_the_step(workflow: Workflow, verdict: Verdict, finding: Finding) -> Row:
    step = workflow.step(finding.step)
    told = next(it for it in verdict.steps if it.step == step.name)
    return {
        "step": step.name,
        "noted": finding.kind is Kind.LATE and step.late is Late.NOTE,
        "step_order": workflow.in_graph_order().index(step),
        "at": told.at,
        "due": told.due,
        "owner": step.owner,
        "severity": step.severity.value,
        "description": step.description,
        "runbook": step.runbook,
        "escalate_after": step.escalate_after,
    }


def _of_the_whole(workflow: Workflow, _: Verdict, finding: Finding) -> Row:
    """An orphan has nothing before it; an instance that is half undone is stuck behind all of its steps."""
    severity = Severity.CRITICAL if finding.kind is Kind.HALF_UNDONE else workflow.severity
    return {
        "step": WHOLE,
        "noted": False,
        "step_order": 0 if finding.kind is Kind.ORPHAN else len(workflow.steps),
        "at": None,
        "due": None,
        "owner": workflow.owner,
        "severity": severity.value,
        "description": workflow.description,
        "runbook": "",
        "escalate_after": workflow.escalate_after,
    }


def _began(workflow: Workflow, verdict: Verdict, finding: Finding) -> int:
    """When the instance did; of an orphan the time of its first step event."""
    return finding.since - workflow.grace if verdict.start is None else verdict.start


def deadline_rows(changed: Iterable[Answer]) -> Iterable[list[Row]]:
    """In parts: `deadlines` is parted by months, and an insert may not touch too many of them."""
    eras: dict[int, list[Row]] = {}
    for answer in changed:
        for wake_at in _looks(answer):
            row = {"wake_at": wake_at, "correlation_id": answer.correlation_id, "workflow": answer.workflow}
            eras.setdefault(wake_at // _ERA, []).append(row)
    return eras.values()


def _looks(answer: Answer) -> set[int]:
    """When to look again; also at the end of each hold, for it may end before."""
    wake_at = None if isinstance(answer, Outdated) else answer.wake_at
    held = answer.held if isinstance(answer, Verdict) else ()
    return {*held, *([] if wake_at is None else [wake_at])}


def instance_row(workflow: Workflow, verdict: Verdict, opened: Open, stamp: Stamp) -> Row:
    steps, findings = verdict.steps, verdict.findings
    return {
        **_of(workflow.name, verdict.correlation_id, stamp),
        "rule_hash": workflow.content_hash,
        "rule_version": workflow.version,
        "state": verdict.state.value,
        "start": verdict.start,
        "steps.name": [step.step for step in steps],
        "steps.state": [step.state.value for step in steps],
        "steps.at": [step.at for step in steps],
        "steps.due": [step.due for step in steps],
        "steps.count": [step.count for step in steps],
        "steps.needed": [step.needed for step in steps],
        "steps.warned": [step.warned for step in steps],
        "findings.step": [finding.step for finding in findings],
        "findings.kind": [finding.kind.value for finding in findings],
        "findings.since": [finding.since for finding in findings],
        "findings.detected_at": [opened[finding.step, finding.kind.value].detected_at for finding in findings],
        "at_risk": verdict.at_risk,
        "unit": verdict.unit,
        "customer": verdict.customer,
        "stored": verdict.stored,
        "conflicts": verdict.conflicts,
        "undated": list(verdict.undated),
        "last_event": verdict.last_event,
        "last_event_at": verdict.last_event_at,
        "ended_at": verdict.ended_at,
        "wake_at": verdict.wake_at,
        "digest": verdict.digest,
    }


def tombstone(workflow: str, correlation_id: str, stamp: Stamp) -> Row:
    """Of an instance that is no more, by whatever rule."""
    return {**_of(workflow, correlation_id, stamp), **_NO_INSTANCE}


_NO_INSTANCE: Row = {
    "rule_hash": "",
    "rule_version": 0,
    "state": "",
    **dict.fromkeys(("start", "at_risk", "unit", "customer", "ended_at", "wake_at")),
    **{f"steps.{part}": [] for part in ("name", "state", "at", "due", "count", "needed", "warned")},
    **{f"findings.{part}": [] for part in ("step", "kind", "since", "detected_at")},
    **dict.fromkeys(("stored", "conflicts", "last_event_at", "digest"), 0),
    "undated": [],
    "last_event": "",
}


def _of(workflow: str, correlation_id: str, stamp: Stamp) -> Row:
    return {
        "workflow": workflow,
        "correlation_id": correlation_id,
        "version": stamp.version,
        "judged_at": stamp.as_of,
    }
