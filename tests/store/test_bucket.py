"""A bucket of tokens: what a rest saves up, and how long debt takes."""

import pytest

from store.bucket import BURST, Bucket, filled, full, spent, wait
from store.event import HOUR, SECOND
from tests.conftest import NOON


def test_a_rest_saves_up_some_seconds_worth_and_no_more() -> None:
    empty = Bucket(0, NOON)
    assert filled(empty, 100, NOON + SECOND).left == 100
    assert filled(empty, 100, NOON + HOUR).left == 100 * BURST
    assert full(100, NOON) == Bucket(100 * BURST, NOON)


@pytest.mark.parametrize(("left", "seconds"), [(0, 0), (1, 0), (-1, 1), (-100, 1), (-101, 2), (-1_000, 10)])
def test_who_is_in_debt_waits_until_it_is_paid(left: int, seconds: int) -> None:
    bucket = Bucket(left, NOON)
    assert wait(bucket, 100) == seconds
    assert wait(filled(bucket, 100, NOON + seconds * SECOND), 100) == 0


def test_no_request_is_too_large_for_its_bucket() -> None:
    assert wait(spent(full(100, NOON), 50_000), 100) == 490


def test_a_clock_that_was_set_back_fills_nothing_and_takes_nothing() -> None:
    assert filled(Bucket(5, NOON), 100, NOON - HOUR) == Bucket(5, NOON - HOUR)
