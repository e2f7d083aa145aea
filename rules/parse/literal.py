"""Constants in expressions: numbers, timestamps, durations, patterns. `ValueError` says what was expected."""

import math
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import re2

from rules.diagnostic import printable, quoted
from store.duration import LONGEST, parse_duration
from store.event import HOUR, MINUTE, SECOND

_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_LATEST = (datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)

_SPAN = re.compile(r"(?:(?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|us|µs|m|s))+", re.ASCII)
_SPAN_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|us|µs|m|s)", re.ASCII)
_UNITS = {"h": HOUR, "m": MINUTE, "s": SECOND, "ms": 1_000, "us": 1, "µs": 1}


def integer(digits: str) -> int:
    """Decimal or hexadecimal, with an optional minus."""
    value = int(digits, 16 if "x" in digits else 10)
    if not -(2**63) <= value < 2**63:
        raise ValueError("this integer does not fit into 64 bits")
    return value


def decimal(digits: str) -> float:
    if not re.search(r"\.\d|\d[eE]", digits):
        raise ValueError("a decimal needs digits behind its point")
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("this number is too large")
    return value


def moment(text: str) -> int:
    """Microseconds since the epoch of an RFC 3339 timestamp; without zone UTC; a date is its midnight."""
    expected = f'{quoted(text)} is no timestamp; expected RFC 3339, such as "2026-11-20T14:05:00Z" or "2026-11-20"'
    found = _MOMENT.fullmatch(text)
    if not found:
        raise ValueError(expected)
    *clock, fraction, sign, hours, minutes = found.groups()
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in clock)
        whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise ValueError(expected) from None
    offset = int(hours or 0) * HOUR + int(minutes or 0) * MINUTE
    micros = (whole - _EPOCH) // timedelta(microseconds=1) + int((fraction or "")[:6].ljust(6, "0"))
    return _in_range(micros + offset if sign == "-" else micros - offset)


def moment_of_seconds(seconds: int | float) -> int:
    """Microseconds since the epoch of so many seconds since it, rounded to the nearest."""
    return _in_range(math.floor(Fraction(seconds) * SECOND + Fraction(1, 2)))


def _in_range(micros: int) -> int:
    if not _EARLIEST <= micros <= _LATEST:
        raise ValueError("a timestamp must lie in the years 1900 to 9999")
    return micros


def span(text: str) -> int:
    """Microseconds of a duration as CEL writes it (`1h30m`, `1.5s`, `-20ms`) or as rules do (`1d12h`, `PT15M`)."""
    body = text.removeprefix("-").removeprefix("+") if text[:1] in "+-" else text
    micros = _go_style(body) if _SPAN.fullmatch(body) and len(body) <= 100 else _ours(body, text)
    if micros > LONGEST:
        raise ValueError("a duration must not be longer than 36500d")
    return -micros if text.startswith("-") else micros


def _go_style(text: str) -> int:
    micros = sum(Fraction(f"0{number}") * _UNITS[unit] for number, unit in _SPAN_PART.findall(text))
    if micros.denominator != 1:
        raise ValueError("a duration is whole microseconds")
    return int(micros)


def _ours(body: str, text: str) -> int:
    try:
        if len(body) > 100 or body[:1] == "-":
            raise ValueError
        return parse_duration(body)
    except ValueError:
        raise ValueError(f'{quoted(text)} is no duration; expected one such as "90s", "1h30m" or "2d"') from None


def check_pattern(pattern: str) -> None:
    """A regular expression that RE2 accepts."""
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"RE2 does not accept this pattern: {printable(reason[:200])}") from None
