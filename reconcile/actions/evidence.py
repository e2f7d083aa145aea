"""What events and the source of truth say of an action whose outcome is unknown. Times are µs UTC."""

from dataclasses import dataclass

from reconcile.actions.offers import Fact, Situation, fact
from reconcile.actions.row import Action
from store.event import ABSENT, MINUTE
from store.instant import rfc3339

AT_WORK = 5 * MINUTE
"""So long after a call the other side may still be at work on it: what is not there yet may come."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether it happened, and what says so."""

    happened: bool
    why: str


def evidence(situation: Situation, action: Action) -> Evidence | None:
    """`None` where nothing is certain. Only what came after the first call counts: before it, it was no doing of it.
    That it did not happen can only be told after the last."""
    called, step = action.called_at or 0, action.step
    declared = next((it for it in situation.workflow.steps if it.name == step), None) if situation.workflow else None
    if declared is None:
        return None
    if declared.undone_by is not None:
        undone = situation.undone.get(step, 0)
        return Evidence(True, f"{step} was undone {rfc3339(undone)}") if undone > called else None
    came = situation.came.get(step) or 0
    if came > called and fact(situation, step) is Fact.HAPPENED:
        return Evidence(True, f"{step} came {rfc3339(came)}")
    return _of_absence(situation, action)


def _of_absence(situation: Situation, action: Action) -> Evidence | None:
    asked, over = situation.asked.get(action.step), (action.tried_at or action.called_at or 0) + AT_WORK
    if asked is None or asked.outcome != ABSENT or (asked.last_at or 0) <= over:
        return None
    if fact(situation, action.step) is not Fact.ABSENT:
        return None
    return Evidence(False, f"the source said {rfc3339(asked.last_at or 0)} that {action.step} did not happen")
