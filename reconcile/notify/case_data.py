"""What a message says of one case, and the page it leads to. Every time is RFC 3339 in UTC or null."""

from urllib.parse import quote

from reconcile.cases.case import Case, Change
from reconcile.cases.finding import Finding
from reconcile.notify.wording import overdue, text, title
from store.event import SECOND
from store.instant import rfc3339, rfc3339_or_none


def page(public_url: str, workflow: str, correlation_id: str) -> str:
    """Where a person sees this order. Everything but letters, digits and `_.-~` is percent-encoded."""
    return f"{public_url.rstrip('/')}/orders/{quote(workflow, safe='')}/{quote(correlation_id, safe='')}"


def data(change: Change, public_url: str, now: int) -> dict[str, object]:
    """All of it, for people and for machines, as it is at `now` (µs UTC)."""
    case, focus = change.case, change.case.focus
    closed = [finding for finding in change.righted if not finding.open]
    return {
        "case": case.id,
        "workflow": case.workflow,
        "noun": case.about.noun,
        "correlation_id": case.correlation_id,
        "state": case.state,
        "reason": case.reason,
        "title": title(change, now),
        "text": text(change, now),
        **_what(focus, now),
        "severity": case.severity,
        "at_risk": _at_risk(case),
        "customer": case.about.customer,
        "started_at": rfc3339(case.about.started_at),
        "labels": case.about.labels,
        "findings": [_finding(finding, now) for finding in (*_open(case), *closed)],
        "url": page(public_url, case.workflow, case.correlation_id),
    }


def _what(finding: Finding, now: int) -> dict[str, object]:
    late = overdue(finding, now)
    return {
        "step": finding.step or None,
        "kind": finding.kind,
        "sentence": finding.sentence,
        "since": rfc3339(finding.since),
        "due": rfc3339_or_none(finding.due),
        "late_seconds": None if late is None else late / SECOND,
        "owner": finding.owner,
        "severity": finding.severity,
        "runbook": finding.runbook or None,
    }


def _finding(finding: Finding, now: int) -> dict[str, object]:
    return {
        **_what(finding, now),
        "state": "open" if finding.open else "closed",
        "noted": finding.noted,
        "description": finding.description,
        "at": rfc3339_or_none(finding.at),
        "closed_at": rfc3339_or_none(finding.closed_at),
        "closed_because": finding.closed_because or None,
    }


def _open(case: Case) -> list[Finding]:
    return sorted((finding for finding in case.findings if finding.open), key=lambda finding: finding.step_order)


def _at_risk(case: Case) -> dict[str, object] | None:
    if case.about.at_risk is None:
        return None
    return {"value": case.about.at_risk, "unit": case.about.unit}
