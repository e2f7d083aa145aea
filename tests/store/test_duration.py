import pytest

from store.duration import LONGEST, format_duration, parse_duration
from store.event import DAY, HOUR, MINUTE, SECOND


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("90s", 90 * SECOND),
        ("15m", 15 * MINUTE),
        ("48h", 48 * HOUR),
        ("2d", 2 * DAY),
        ("1d12h", DAY + 12 * HOUR),
        ("1h1m1s", HOUR + MINUTE + SECOND),
        ("250ms", 250_000),
        ("1s500ms", 1_500_000),
        (" 15m ", 15 * MINUTE),
        ("0s", 0),
        ("PT0S", 0),
        ("PT15M", 15 * MINUTE),
        ("P1DT12H", DAY + 12 * HOUR),
        ("P2W", 14 * DAY),
        ("PT1.5S", 1_500_000),
        ("PT0,000001S", 1),
        ("36500d", LONGEST),
    ],
)
def test_parse(text: str, micros: int) -> None:
    assert parse_duration(text) == micros


@pytest.mark.parametrize(
    "text",
    ["", " ", "5", "m", "5 m", "5x", "1h1d", "1.5h", "15M", "five minutes", "P", "PT", "P1DT", "P1M", "P1Y", "pt15m",
     "PT15", "٣s", "1e3s", "9999999999s", "PT1.1234567S", "15m\n5s"],
)  # fmt: skip
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration such as 90s, 15m, 48h, 1d12h or PT15M"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["-5s", "-PT5S", "-0s"])
def test_negative_ones(text: str) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["36501d", "999999999d", "P999999999W", "876001h"])
def test_too_long_ones(text: str) -> None:
    with pytest.raises(ValueError, match="must not be longer than 36500d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0 s"),
        (1, "1 µs"),
        (1_500_000, "1 s 500 ms"),
        (90 * SECOND, "1 min 30 s"),
        (15 * MINUTE, "15 min"),
        (HOUR, "1 h"),
        (DAY, "24 h"),
        (36 * HOUR, "1 d 12 h"),
        (48 * HOUR, "48 h"),
        (3 * DAY, "3 d"),
        (49 * HOUR, "2 d 1 h"),
        (-5 * MINUTE, "-5 min"),
    ],
)
def test_format(micros: int, text: str) -> None:
    assert format_duration(micros) == text
