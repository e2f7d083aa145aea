"""Deadlines that a person would write: rounded up, in one unit, and read back as what they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.suggest.duration import round_up, told, written
from store.duration import parse_duration
from store.event import DAY, HOUR, MINUTE, SECOND


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (0, "10s"),
        (15 * MINUTE, "15m"),
        (15 * MINUTE + 1, "20m"),
        (25 * HOUR, "36h"),
        (20 * HOUR, "24h"),
        (37 * HOUR, "48h"),
        (8 * DAY, "10d"),
        (271 * DAY, "365d"),
        (366 * DAY, "730d"),
    ],
)
def test_a_deadline_is_the_next_that_people_use(seen: int, expected: str) -> None:
    assert written(round_up(seen)) == expected


@given(st.integers(0, 50 * 365 * DAY))
def test_what_is_written_is_read_as_the_same_and_not_below_what_was_seen(seen: int) -> None:
    assert parse_duration(written(round_up(seen))) == round_up(seen) >= seen


@pytest.mark.parametrize(
    ("micros", "expected"),
    [
        (0, "0 s"),
        (250_000, "0.25 s"),
        (46 * SECOND, "46 s"),
        (2 * MINUTE + 5 * SECOND, "2 min 5 s"),
        (10 * MINUTE - 5 * SECOND, "10 min"),
        (2 * DAY, "2 d"),
        (2 * DAY + 4 * HOUR + MINUTE, "2 d 4 h"),
        (11 * DAY + 23 * HOUR, "12 d"),
        (DAY + 23 * HOUR + 59 * MINUTE, "2 d"),
    ],
)
def test_for_reading_two_units_are_enough(micros: int, expected: str) -> None:
    assert told(micros) == expected
