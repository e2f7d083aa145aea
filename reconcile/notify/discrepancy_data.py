"""What a message says of a discrepancy. Every time is RFC 3339 in UTC."""

from reconcile.notify.case_data import page
from reconcile.notify.discrepant import Differs
from reconcile.notify.wording import of_kind
from store.instant import rfc3339

_CORRECTED = "It was set right by a word ({word}); an event may be lost on its way to Noshow, and others with it."
_LEFT = "Nothing was changed here."


def data(it: Differs, public_url: str) -> dict[str, object]:
    """As far as it means something, under the names that a case has."""
    return {
        "workflow": it.workflow,
        "noun": it.noun,
        "correlation_id": it.correlation_id,
        "title": f"{it.noun} {it.correlation_id}: {of_kind(it.step, it.kind)}",
        "text": _CORRECTED.format(word=it.correction) if it.correction else _LEFT,
        "step": it.step,
        "kind": it.kind,
        "source": it.source,
        "theirs": it.theirs,
        "ours": it.ours,
        "correction": it.correction or None,
        "found_at": rfc3339(it.found_at),
        "owner": it.owner,
        "severity": it.severity,
        "runbook": it.runbook or None,
        "labels": it.labels,
        "url": page(public_url, it.workflow, it.correlation_id),
    }
