"""Tick marks: round, few, and told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.axis import ticks
from store.event import DAY, HOUR, MINUTE, SECOND
from tests.conftest import NOON

CENTURY = 36_525 * DAY


def labels(begin: int, end: int, at_most: int = 7) -> list[str]:
    return [f"{tick.context} {tick.label}".strip() for tick in ticks(begin, end, at_most)]


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (
            20 * SECOND // 1000,
            ["20 Nov 2025 12:00:00.000", "12:00:00.005", "12:00:00.010", "12:00:00.015", "12:00:00.020"],
        ),
        (12 * SECOND, ["20 Nov 2025 12:00:00", "12:00:02", "12:00:04", "12:00:06", "12:00:08", "12:00:10", "12:00:12"]),
        (40 * MINUTE, ["20 Nov 2025 12:00", "12:10", "12:20", "12:30", "12:40"]),
        (30 * HOUR, ["20 Nov 2025 12:00", "18:00", "21 Nov 2025 00:00", "06:00", "12:00", "18:00"]),
        (5 * DAY, ["2025 21 Nov", "22 Nov", "23 Nov", "24 Nov", "25 Nov"]),
        (30 * DAY, ["2025 24 Nov", "1 Dec", "8 Dec", "15 Dec"]),
        (150 * DAY, ["2025 Dec", "2026 Jan", "Feb", "Mar", "Apr"]),
        (5 * 365 * DAY, ["2026", "2027", "2028", "2029", "2030"]),
    ],
)
def test_ticks_are_round_in_the_unit_of_the_span(length: int, expected: list[str]) -> None:
    assert labels(NOON, NOON + length) == expected


@given(
    begin=st.integers(min_value=-CENTURY // 2, max_value=2 * CENTURY),
    length=st.integers(min_value=10 * SECOND // 1000, max_value=CENTURY),
    at_most=st.integers(min_value=2, max_value=12),
)
def test_ticks_lie_within_and_are_never_too_many(begin: int, length: int, at_most: int) -> None:
    found = [tick.at for tick in ticks(begin, begin + length, at_most)]
    assert len(found) <= at_most
    assert found == sorted(set(found))
    assert all(begin <= at <= begin + length for at in found)


def test_something_is_always_marked_on_a_wide_axis() -> None:
    lengths = [13 * factor for factor in (SECOND, MINUTE, HOUR, DAY, 31 * DAY, 365 * DAY)]
    assert all(len(ticks(NOON, NOON + length, 7)) >= 2 for length in lengths)
