"""When a notification is tried again."""

import pytest

from reconcile.notify.delivery import Answer
from reconcile.notify.outbox import Outcome, State
from reconcile.notify.retry import SCHEDULE, outcome
from store.event import DAY, HOUR, MINUTE, SECOND
from tests.reconcile.desk import NOON

DOWN = Answer(503, "HTTP 503")


def after(attempts: int, answer: Answer = DOWN, random: float = 0.0) -> Outcome:
    return outcome(answer, attempts, NOON, lambda: random)


def test_success_is_delivered() -> None:
    assert after(3, Answer(204, "")) == Outcome(State.DELIVERED, NOON, 204, "")


def test_it_is_tried_on_the_schedule_of_standard_webhooks_and_then_given_up() -> None:
    pauses = [after(attempts).next_attempt_at - NOON for attempts in range(1, 10)]
    hours = [hours * HOUR for hours in (2, 5, 10, 14, 20, 24)]
    assert pauses == [5 * SECOND, 5 * MINUTE, 30 * MINUTE, *hours]
    assert {after(attempts).state for attempts in range(1, 10)} == {State.PENDING}
    assert after(10) == Outcome(State.FAILED, NOON, 503, "HTTP 503 (given up after 10 attempts)")
    assert 3 * DAY < sum(SCHEDULE) < 4 * DAY


@pytest.mark.parametrize(("random", "pause"), [(0.0, 300.0), (0.5, 330.0), (1.0, 360.0)])
def test_jitter_only_ever_adds(random: float, pause: float) -> None:
    assert after(2, random=random).next_attempt_at == NOON + round(pause * SECOND)


@pytest.mark.parametrize(
    ("asked", "pause"), [(HOUR, HOUR), (SECOND, 5 * MINUTE), (None, 5 * MINUTE), (30 * DAY, 24 * HOUR)]
)
def test_an_endpoint_that_asks_for_more_time_gets_it(asked: int | None, pause: int) -> None:
    assert after(2, Answer(429, "HTTP 429", asked)).next_attempt_at == NOON + pause


def test_one_that_is_gone_is_not_asked_again() -> None:
    assert after(1, Answer(410, "HTTP 410: bye")) == Outcome(
        State.FAILED, NOON, 410, "HTTP 410: bye (the endpoint is gone: given up)", gone=True
    )
