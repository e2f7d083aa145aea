"""Spans and instants in words."""

import pytest

from api.times import clock, from_now, in_words, lasting, span
from store.event import DAY, HOUR, MINUTE, SECOND
from tests.conftest import NOON


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (0, "0 µs"),
        (999, "999 µs"),
        (12_345, "12 ms"),
        (SECOND, "1 s"),
        (59_999_999, "59 s"),
        (MINUTE, "1 min"),
        (MINUTE + 5 * SECOND, "1 min 5 s"),
        (12 * MINUTE + 5 * SECOND, "12 min"),
        (3 * HOUR + 5 * MINUTE, "3 h 5 min"),
        (2 * DAY + 3 * HOUR, "2 d 3 h"),
        (45 * DAY + 3 * HOUR, "45 d"),
        (3 * 365 * DAY, "3.0 years"),
        (-90 * SECOND, "1 min 30 s"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(length: int, words: str) -> None:
    assert span(length) == words


def test_what_is_past_was_ago_and_what_comes_is_in() -> None:
    assert from_now(NOON - 3 * MINUTE, NOON) == "3 min ago"
    assert from_now(NOON + 2 * HOUR, NOON) == "in 2 h"
    assert from_now(NOON - 500_000, NOON) == "just now"


def test_what_lasts_has_lasted_a_second_at_least() -> None:
    assert lasting(NOON - 3 * MINUTE, NOON) == "3 min"
    assert lasting(NOON, NOON) == lasting(NOON + HOUR, NOON) == "1 s"


def test_an_instant_in_words_is_utc_and_exact() -> None:
    assert in_words(NOON + 1_500_000) == "2025-11-20 12:00:01.5 UTC"


def test_an_instant_of_today_is_told_by_the_clock() -> None:
    assert clock(NOON - 10 * MINUTE, NOON) == "11:50 UTC"
    assert clock(NOON - 13 * HOUR, NOON) == "19 Nov 23:00 UTC"
