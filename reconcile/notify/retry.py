"""When a notification is tried again, as Standard Webhooks recommends: ten attempts over some three days."""

from collections.abc import Callable

from reconcile.notify.delivery import Answer
from reconcile.notify.outbox import Outcome, State
from store.event import HOUR, MINUTE, SECOND

# What passes before each attempt, counted from the one before it; the first is made at once.
SCHEDULE = (0, 5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)

JITTER = 0.2  # at most so much of the delay is added to it, so that what failed together does not come back together


def outcome(answer: Answer, attempts: int, now: int, random: Callable[[], float]) -> Outcome:
    """What the `attempts`-th attempt, made at `now` (µs UTC), leads to. `random` gives numbers from 0 up to 1."""
    if answer.delivered:
        return Outcome(State.DELIVERED, now, answer.status, "")
    if answer.gone:
        return Outcome(State.FAILED, now, answer.status, f"{answer.error} (the endpoint is gone: given up)", True)
    if attempts >= len(SCHEDULE):
        return Outcome(State.FAILED, now, answer.status, f"{answer.error} (given up after {attempts} attempts)")
    # Asked to wait for longer than the longest pause is not asked in earnest.
    delay = max(SCHEDULE[attempts], min(answer.retry_after or 0, SCHEDULE[-1]))
    return Outcome(State.PENDING, now + delay + round(delay * JITTER * random()), answer.status, answer.error)
