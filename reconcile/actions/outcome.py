"""What an attempt comes to: a pure function of the answer and of what is known already. Times are µs UTC.

Three outcomes, never two: it happened, it definitely did not, or it is unknown.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconcile.actions.row import NEVER, State
from reconcile.outgoing.call import NoReply, Reply
from reconcile.outgoing.retry_after import retry_after
from store.event import HOUR, MINUTE, SECOND

PAUSES = (5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR)
"""What passes before each further attempt. With its share of chance it is over within `KEY_HOLDS`, however long
the other side asks to wait."""

MOST = len(PAUSES) + 1
KEY_HOLDS = 20 * HOUR
"""How long after its first use an idempotency key may be used again: providers keep them for a day, some no longer."""

JITTER = 0.2  # at most so much of a pause is added to it

_NOT_YET = {425, 429}  # refused to look at it, for now
_MAYBE = {408, 409}  # no time to finish; or the same key is at work at this moment


@dataclass(frozen=True, slots=True)
class Attempt:
    """`number` counts from 1. `unsure`: an attempt before it may have reached the other side."""

    number: int
    idempotent: bool
    unsure: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    state: State
    next_at: int
    status: int | None
    note: str


def outcome(attempt: Attempt, answer: Reply | NoReply, note: str, now: int, random: Callable[[], float]) -> Outcome:
    """What becomes of an action by this answer. `random` gives numbers from 0 up to 1; `note` is for people."""
    status = answer.status if isinstance(answer, Reply) else None
    state = _state(attempt, answer)
    if state is State.READY and attempt.number >= MOST:
        return Outcome(State.FAILED, NEVER, status, f"{note} (given up after {MOST} attempts: it was never acted on)")
    repeated = state is State.READY or (state is State.UNKNOWN and attempt.idempotent and attempt.number < MOST)
    return Outcome(state, now + _pause(attempt.number, answer, now, random) if repeated else NEVER, status, note)


def _state(attempt: Attempt, answer: Reply | NoReply) -> State:
    if isinstance(answer, Reply) and 200 <= answer.status < 300:
        return State.SUCCEEDED
    if _may_have_happened(answer):
        return State.UNKNOWN
    if attempt.unsure:
        # That it did not happen this time says nothing about the time before: the key may not even have been looked at.
        return State.UNKNOWN
    return State.READY if _is_put_off(answer) else State.FAILED


def _may_have_happened(answer: Reply | NoReply) -> bool:
    if isinstance(answer, NoReply):
        return answer.sent
    return not 400 <= answer.status < 500 or answer.status in _MAYBE


def _is_put_off(answer: Reply | NoReply) -> bool:
    return not answer.refused if isinstance(answer, NoReply) else answer.status in _NOT_YET


def _pause(number: int, answer: Reply | NoReply, now: int, random: Callable[[], float]) -> int:
    """Longer where the other side asks for it, but not so long that the key may be forgotten."""
    asked = retry_after(answer.headers.get("retry-after", ""), now) if isinstance(answer, Reply) else None
    pause = max(PAUSES[min(number, len(PAUSES)) - 1], min(asked or 0, PAUSES[-1]))
    return pause + round(pause * JITTER * random())
