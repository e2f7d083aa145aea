"""Times as stories tell them."""

import pytest

from rules.parse.literal import moment
from rules.story.time import DEFAULT_T0, format_time, parse_time
from store.event import DAY, HOUR, MINUTE, SECOND


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("+0", 0),
        ("-0", 0),
        ("+20m", 20 * MINUTE),
        ("-5m", -5 * MINUTE),
        ("+1d2h", 26 * HOUR),
        ("+48h20m", 48 * HOUR + 20 * MINUTE),
        ("+PT15M", 15 * MINUTE),
        ("+250ms", 250_000),
    ],
)
def test_an_offset_is_counted_from_t0(text: str, offset: int) -> None:
    assert parse_time(text, DEFAULT_T0) == DEFAULT_T0 + offset


def test_a_timestamp_is_itself() -> None:
    assert parse_time("2026-11-20T10:00:00.000001Z", 0) == moment("2026-11-20T10:00:00Z") + 1


@pytest.mark.parametrize(
    "text", ["", "+", "20m", "++20m", "+-5m", "+20", "+20 m", "soon", "2026-13-01", "+" + "9" * 200]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_time(text, DEFAULT_T0)


@pytest.mark.parametrize("text", ["+36500d", "-36500d", "1969-12-31", "2200-01-02"])
def test_no_story_plays_beyond_what_the_store_holds(text: str) -> None:
    with pytest.raises(ValueError, match="1970 to 2199"):
        parse_time(text, moment("2150-01-01") if text.startswith("+") else DEFAULT_T0)


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (0, "+0m"),
        (20 * MINUTE, "+20m"),
        (48 * HOUR + 20 * MINUTE, "+48h20m"),
        (4 * DAY + HOUR, "+4d1h"),
        (-90 * SECOND, "-1m30s"),
        (1_001, "2026-01-05T10:00:00.001001Z"),
    ],
)
def test_a_time_is_shown_as_it_would_be_told(offset: int, text: str) -> None:
    assert format_time(DEFAULT_T0 + offset, DEFAULT_T0) == text
    assert parse_time(text, DEFAULT_T0) == DEFAULT_T0 + offset
