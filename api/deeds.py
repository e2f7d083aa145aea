"""What the audit trail tells of a case, in words."""

from collections.abc import Mapping

_DID: Mapping[str, str] = {
    "case.opened": "opened the case",
    "case.updated": "found that something about it has changed",
    "case.resolved": "resolved it",
    "case.reopened": "reopened it",
    "case.acknowledged": "acknowledged it",
    "case.snoozed": "snoozed it",
    "case.woken": "ended its snooze",
    "case.assigned": "assigned it",
    "case.escalated": "raised it",
    "case.commented": "commented",
    "truth.asked": "had the source asked",
    "truth.confirmed": "said that it happened",
    "truth.absent": "said that it did not happen",
    "truth.unknown": "could not tell",
    "action.asked": "asked for an action",
    "action.proposed": "proposed an action",
    "action.approved": "approved an action",
    "action.withdrawn": "withdrew an action",
    "action.settled": "said what became of an action",
    "action.repeated": "had an action repeated",
    "action.called": "had an action called",
    "action.succeeded": "had an action done",
    "action.failed": "had an action refused",
    "action.unknown": "got no certain answer to an action",
}


def did(what: str) -> str:
    """`resolved it` of `case.resolved`; what is newer than this list is told by its name."""
    return _DID.get(what, what.replace(".", " ").replace("_", " "))
