"""Times of events: what is read, to which microsecond, and what is refused with which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import Refused
from collector.json import event_time

NEW_YEAR = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("text", "after_new_year"),
    [
        ("2026-01-01T00:00:00Z", 0),
        ("2026-01-01T00:00:00.5Z", 500_000),
        ("2026-01-01T00:00:00.123Z", 123_000),
        ("2026-01-01T00:00:00.123456Z", 123_456),
        ("2026-01-01T00:00:00.123456999Z", 123_456),
        ("2026-01-01T00:00:00.999999999999Z", 999_999),
        ("2026-01-01t00:00:01z", 1_000_000),
        ("2026-01-01 00:00:01Z", 1_000_000),
        ("2026-01-01T00:00:01", 1_000_000),
        ("2026-01-01 00:00:01.25", 1_250_000),
        ("2026-01-01T05:30:00+05:30", 0),
        ("2025-12-31T19:00:00-05:00", 0),
        ("2026-01-01T02:00:00+0200", 0),
        ("2026-01-01T02:00:00+02", 0),
        ("2026-01-01T00:00:00-00:00", 0),
        ("2025-12-31T23:59:60Z", 0),  # a leap second is the instant after it
    ],
)
def test_text_is_read_to_the_microsecond(text: str, after_new_year: int) -> None:
    assert event_time.parse(text) == NEW_YEAR + after_new_year


@pytest.mark.parametrize(
    ("number", "micros"),
    [(0, 0), (1_767_225_600, NEW_YEAR), (1_767_225_600.123456, NEW_YEAR + 123_456), (0.000001, 1), (1.5, 1_500_000)],
)
def test_numbers_are_seconds_since_the_epoch(number: float, micros: int) -> None:
    assert event_time.parse(number) == micros


@given(st.integers(min_value=0, max_value=4_102_444_800_000_000))
def test_no_microsecond_of_a_decimal_number_is_lost(micros: int) -> None:
    assert event_time.parse(float(f"{micros // 1_000_000}.{micros % 1_000_000:06d}")) == micros


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "missing"),
        ("", '"" is no time; expected RFC 3339 such as'),
        ("yesterday", '"yesterday" is no time; expected RFC 3339 such as'),
        ("2026-01-01", '"2026-01-01" is a date without a time of day; expected RFC 3339'),
        ("1767225600", '"1767225600" is no time; expected RFC 3339 such as 2026-11-20T14:05:00Z, or seconds'),
        ("2026-02-29T00:00:00Z", '"2026-02-29T00:00:00Z" names a day that does not exist'),
        ("2026-00-10T00:00:00Z", "names a day that does not exist"),
        ("0000-01-01T00:00:00Z", "names a day that does not exist"),
        ("2026-01-01T24:00:00Z", "is no time"),
        ("2026-01-01T00:60:00Z", "is no time"),
        ("2026-01-01T00:00:61Z", "is no time"),
        ("2026-01-01T00:00Z", "is no time"),
        ("2026-01-01T00:00:00.Z", "is no time"),
        ("2026-01-01T00:00:00,5Z", "is no time"),
        ("2026-01-01T00:00:00+24:00", "is no time"),
        ("2026-01-01T00:00:00 Z", "is no time"),
        ("2026-01-01T00:00:00Z\n", "is no time"),
        ("2026-01-01T00:00:00,123Z", "is no time"),
        ("2026-01-01T000000.1Z", "is no time"),
        ("20260101T000000Z", "is no time"),
        ("2026-W01-4T00:00:00Z", "is no time"),
        ("\u0662\u0660\u0662\u0666-\u0660\u0661-\u0660\u0661T\u0660\u0660:\u0660\u0660:\u0660\u0660Z", "is no time"),
        (True, "true is no time"),
        ([], "an array is no time"),
        ({}, "an object is no time"),
        (-1, "the number -1 is out of range; expected seconds since the epoch"),
        (1_767_225_600_000, "these look like milliseconds"),
        (1_767_225_600_000_000, "these look like microseconds"),
        (1_767_225_600_000_000_000, "these look like nanoseconds"),
        (10**400, "is out of range"),
        (float("inf"), "an infinite number is out of range"),
        (float("nan"), "NaN is out of range"),
    ],
)
def test_what_is_no_time_is_refused_with_the_reason(value: object, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        event_time.parse(value)
    assert refused.value.field == "time"
    assert reason in refused.value.reason
