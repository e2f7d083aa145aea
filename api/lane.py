"""A step on the page of an order, and what is said of it in a few words. Times are µs UTC."""

from dataclasses import dataclass

from api.times import from_now, span
from rules.present import Step
from rules.verdict import Kind

WORDS = {"not_needed": "not needed", "on_time": "on time"}
ODD = {
    Kind.DUPLICATE.value: "too many",
    Kind.OUT_OF_ORDER.value: "out of order",
    Kind.MISMATCH.value: "does not fit",
    Kind.AFTER_END.value: "after the end",
    Kind.NOT_UNDONE.value: "not undone",
}
"""Kinds of findings on a step that did come, of which its state says nothing."""

_SPEAKING = frozenset({"late", "failed", "missing", "pending"})  # states that are to be told beside what is odd
_AT_MOST = 2  # of what is odd: more would not fit


@dataclass(frozen=True, slots=True)
class Lane:
    """A step: its state, when it was fulfilled and its deadline without grace.

    `odd`: those of `ODD` that are flagged on it now. `failed_at`: since when it has failed. Of a step with `times`,
    `count` of `needed` have come. `warned`: since when the early warning of its deadline holds.
    """

    name: str
    state: str
    at: int | None
    due: int | None
    odd: tuple[str, ...] = ()
    failed_at: int | None = None
    count: int | None = None
    needed: int | None = None
    warned: int | None = None

    @classmethod
    def of(cls, step: Step, odd: tuple[str, ...], failed_at: int | None) -> "Lane":
        return cls(step.name, step.state, step.at, step.due, odd, failed_at, step.count, step.needed, step.warned)


def note(lane: Lane, now: int) -> str:
    """What is to be said of a step in a few words. What is odd about it matters more than that it came in time."""
    odd = ", ".join([*(ODD[kind] for kind in lane.odd[:_AT_MOST]), *(["…"] if lane.odd[_AT_MOST:] else [])])
    if odd and (lane.state not in _SPEAKING or len(lane.odd) > 1):
        return odd
    return ", ".join(told for told in (_of_state(lane, now), _counted(lane), odd) if told)


def state_in_words(state: str) -> str:
    return WORDS.get(state, state)


def _of_state(lane: Lane, now: int) -> str:
    if lane.state == "late" and lane.at is not None and lane.due is not None:
        return f"{span(lane.at - lane.due)} late"
    if lane.state == "on_time" and lane.at is not None and lane.due is not None:
        return f"on time, {span(lane.due - lane.at)} to spare"
    if lane.state == "missing" and lane.due is not None:
        return f"missing for {span(now - lane.due)}"
    if lane.state == "failed" and lane.failed_at is not None:
        return f"failed {from_now(lane.failed_at, now)}"
    if lane.state == "pending" and lane.due is not None:
        soon = "due soon," if lane.warned is not None and lane.due > now else "due"
        return f"{soon} {from_now(lane.due, now)}"
    return state_in_words(lane.state)


def _counted(lane: Lane) -> str:
    """How many of how many, while not all have come."""
    if lane.count is None or (lane.needed is not None and lane.count >= lane.needed):
        return ""
    return f"{lane.count} so far" if lane.needed is None else f"{lane.count} of {lane.needed}"
