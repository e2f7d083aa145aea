"""What a message says of a step that is due soon. Every time is RFC 3339 in UTC."""

from reconcile.notify.case_data import page
from reconcile.notify.due_soon import KIND, Warned
from reconcile.notify.wording import about_stake, rounded
from store.event import SECOND
from store.instant import rfc3339


def data(it: Warned, public_url: str, now: int) -> dict[str, object]:
    """As far as it means something, under the names that a case has; as it is at `now` (µs UTC)."""
    left = it.due - now
    when = f"in {rounded(left)}" if left > 0 else "now"
    return {
        "workflow": it.workflow,
        "noun": it.noun,
        "correlation_id": it.correlation_id,
        "title": f"{it.noun} {it.correlation_id}: {it.step} is due {when}",
        "text": " ".join([f"{it.step} has not come yet.", *about_stake(it.at_risk, it.unit, it.customer)]),
        "step": it.step,
        "kind": KIND,
        "due": rfc3339(it.due),
        "due_in_seconds": max(0, left) / SECOND,
        "owner": it.owner,
        "severity": it.severity,
        "description": it.description,
        "runbook": it.runbook or None,
        "at_risk": None if it.at_risk is None else {"value": it.at_risk, "unit": it.unit},
        "customer": it.customer,
        "started_at": rfc3339(it.started_at),
        "labels": it.labels,
        "url": page(public_url, it.workflow, it.correlation_id),
    }
