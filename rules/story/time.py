"""Times in stories: counted from t0, as `+1d2h` or `-5m`, or timestamps. All instants are µs UTC."""

from rules.parse.literal import moment
from store.duration import parse_duration
from store.event import DAY, HOUR, MINUTE, SECOND
from store.instant import rfc3339

DEFAULT_T0 = moment("2026-01-05T10:00:00Z")  # a Monday

EARLIEST, LATEST = moment("1970-01-01"), moment("2200-01-01")

EXPECTED = "a time such as +20m, -5m, +1d2h or 2026-11-20T10:00:00Z"

_UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"), (1_000, "ms"))


def parse_time(text: str, t0: int) -> int:
    """The instant. Raises `ValueError` that says what was expected."""
    if len(text) > 100:
        raise ValueError(f"expected {EXPECTED}")
    micros = t0 + _offset(text) if text[:1] in ("+", "-") else _timestamp(text)
    if not EARLIEST <= micros <= LATEST:
        raise ValueError("a time must lie in the years 1970 to 2199")
    return micros


def _offset(text: str) -> int:
    amount = text[1:]
    if amount[:1] in ("+", "-"):
        raise ValueError(f"expected {EXPECTED}")
    micros = 0 if amount == "0" else parse_duration(amount)
    return -micros if text[0] == "-" else micros


def _timestamp(text: str) -> int:
    try:
        return moment(text)
    except ValueError:
        raise ValueError(f"expected {EXPECTED}") from None


def format_time(micros: int, t0: int) -> str:
    """As a story would say it: `+48h20m`, or the timestamp where that is shorter than the way to it.

    Up to three days are told in hours, as deadlines are.
    """
    gap = abs(micros - t0)
    if gap % 1_000:
        return rfc3339(micros)
    parts = []
    for unit, name in _UNITS[1:] if gap < 3 * DAY else _UNITS:
        count, gap = divmod(gap, unit)
        if count:
            parts.append(f"{count}{name}")
    return ("-" if micros < t0 else "+") + ("".join(parts) or "0m")
