"""What the audit trail says of a change of a case."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconcile.actor import EVALUATOR, Actor
from reconcile.audit.entry import Entry
from reconcile.cases.case import Case, Change
from reconcile.cases.finding import Finding
from reconcile.cases.moves import By, Move, Resolve
from store.instant import rfc3339_or_none


@dataclass(frozen=True, slots=True)
class Deed:
    """A change of a case, and who made it: `what` (`case.resolved`, …) and `why` go into the audit trail.

    `external`: the references of others that were known then. `causation_id`: what led to it.
    """

    change: Change
    what: str
    actor: Actor
    why: str = ""
    external: Mapping[str, str] = field(default_factory=dict)
    causation_id: str = ""


def by_itself(change: Change) -> Deed:
    """What follows from findings. Without news it is told nobody, and recorded all the same."""
    what = change.news or ("case.updated" if change.previous else "case.recorded")
    return Deed(change, what, EVALUATOR, change.case.reason or change.case.sentence)


def by_hand(change: Change, move: Move, by: By, external: Mapping[str, str]) -> Deed:
    why = f"{move.reason}: {move.note}" if isinstance(move, Resolve) else move.note
    return Deed(change, move.what, by.actor, why, external)


def entry(deed: Deed) -> Entry:
    case, previous = deed.change.case, deed.change.previous
    before, after = _told(previous) if previous else {}, _told(case)
    return Entry(
        deed.what,
        deed.actor,
        deed.why,
        workflow=case.workflow,
        correlation_id=case.correlation_id,
        case_id=case.id,
        step=case.step,
        customer=case.about.customer or "",
        causation_id=deed.causation_id,
        external=deed.external,
        detail={
            "revision": case.revision,
            "before": {name: value for name, value in before.items() if value != after[name]},
            "after": {name: value for name, value in after.items() if not before or value != before[name]},
        },
    )


def _told(case: Case) -> dict[str, object]:
    return {
        "state": case.state,
        "reason": case.reason,
        "step": case.step,
        "kind": case.kind,
        "owner": case.owner,
        "severity": case.severity,
        "assignee": case.assignee,
        "note": case.note,
        "at_risk": case.about.at_risk,
        "unit": case.about.unit,
        "snoozed_until": rfc3339_or_none(case.snoozed_until),
        "escalated_at": rfc3339_or_none(case.escalated_at),
        "findings": [_finding(finding) for finding in case.findings],
    }


def _finding(finding: Finding) -> dict[str, object]:
    said = {"noted": finding.noted, "acknowledged": finding.acknowledged, "settled": finding.settled}
    return {
        "step": finding.step,
        "kind": finding.kind,
        "state": "open" if finding.open else "closed",
        "version": finding.version,
        "said": [name for name, holds in said.items() if holds],
    }
