"""What an answer makes of an action: every status, and what was known before."""

import pytest

from reconcile.actions.outcome import JITTER, KEY_HOLDS, MOST, PAUSES, Attempt, Outcome, outcome
from reconcile.actions.row import NEVER, State
from reconcile.outgoing.call import NoReply, Reply
from store.event import HOUR, MINUTE, SECOND
from tests.reconcile.desk import NOON

FIRST = Attempt(1, idempotent=True, unsure=False)
ONCE_ONLY = Attempt(1, idempotent=False, unsure=False)
UNSURE = Attempt(2, idempotent=True, unsure=True)


def of(status: int, attempt: Attempt = FIRST, wait: str = "") -> Outcome:
    return outcome(attempt, Reply(status, {"retry-after": wait}, b""), "note", NOON, lambda: 0.0)


@pytest.mark.parametrize("attempt", [FIRST, ONCE_ONLY, UNSURE])
@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_it_happened(attempt: Attempt, status: int) -> None:
    assert of(status, attempt) == Outcome(State.SUCCEEDED, NEVER, status, "note")


@pytest.mark.parametrize("attempt", [FIRST, ONCE_ONLY])
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 410, 413, 422, 451])
def test_it_definitely_did_not(attempt: Attempt, status: int) -> None:
    assert of(status, attempt) == Outcome(State.FAILED, NEVER, status, "note")


@pytest.mark.parametrize("status", [300, 302, 303, 307, 408, 409, 500, 501, 502, 503, 504, 599])
def test_it_may_have(status: int) -> None:
    assert of(status) == Outcome(State.UNKNOWN, NOON + PAUSES[0], status, "note")
    assert of(status, ONCE_ONLY) == Outcome(State.UNKNOWN, NEVER, status, "note")


@pytest.mark.parametrize("status", [425, 429])
def test_nobody_looked_at_it(status: int) -> None:
    for attempt in (FIRST, ONCE_ONLY):
        assert of(status, attempt) == Outcome(State.READY, NOON + PAUSES[0], status, "note")


@pytest.mark.parametrize("answer", [Reply(401, {}, b""), Reply(429, {}, b""), NoReply("refused", False, True)])
def test_what_may_have_happened_before_is_not_undone_by_a_refusal(answer: Reply | NoReply) -> None:
    found = outcome(UNSURE, answer, "note", NOON, lambda: 0.0)
    assert (found.state, found.next_at) == (State.UNKNOWN, NOON + PAUSES[1])


@pytest.mark.parametrize(
    ("asked", "pause"), [("1", PAUSES[0]), ("60", MINUTE), ("999999", PAUSES[-1]), ("soon", PAUSES[0])]
)
def test_who_asks_for_time_gets_it_within_reason(asked: str, pause: int) -> None:
    assert of(429, wait=asked).next_at == NOON + pause


def test_it_ends() -> None:
    last = Attempt(MOST, idempotent=True, unsure=True)
    assert of(503, last) == Outcome(State.UNKNOWN, NEVER, 503, "note")
    never_left = outcome(Attempt(MOST, False, False), NoReply("refused", sent=False), "note", NOON, lambda: 0.0)
    assert (never_left.state, never_left.next_at) == (State.FAILED, NEVER)
    assert "it was never acted on" in never_left.note


def test_no_key_is_used_again_once_it_may_be_forgotten() -> None:
    longest = [max(pause, PAUSES[-1]) for pause in PAUSES]
    assert sum(longest) * (1 + JITTER) < KEY_HOLDS
    assert KEY_HOLDS < 24 * HOUR


def test_what_failed_together_does_not_come_back_together() -> None:
    found = outcome(FIRST, Reply(503, {}, b""), "note", NOON, lambda: 0.5)
    assert found.next_at == NOON + PAUSES[0] + round(PAUSES[0] * JITTER * 0.5) > NOON + 5 * SECOND
