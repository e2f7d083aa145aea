"""The times of JSON events: RFC 3339 text, or seconds since the epoch as a number, to microseconds UTC."""

import re
from datetime import UTC, datetime

from collector.acceptance import END_OF_TIME, describe
from collector.errors import Refused
from store.event import HOUR, MINUTE, SECOND

EXPECTED = "expected RFC 3339 such as 2026-11-20T14:05:00Z, or seconds since the epoch as a number"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?"
    r"(?:[Zz]|([+-])([01]\d|2[0-3]):?([0-5]\d)?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"\d{1,20}(\.\d{1,9})?", re.ASCII)
_FINER = (("milliseconds", 10**11), ("microseconds", 10**14), ("nanoseconds", 10**17))


def parse(value: object) -> int:
    """Microseconds since the epoch; what is finer is cut off. Without a zone it is UTC.

    Raises `Refused` with the reason.
    """
    match value:
        case None:
            raise Refused("time", "missing")
        case str():
            return _from_text(value)
        case bool():
            raise Refused("time", f"{describe(value)} is no time; {EXPECTED}")
        case int() | float():
            return _from_number(value)
        case _:
            raise Refused("time", f"{describe(value)} is no time; {EXPECTED}")


def in_unit(value: object, nanoseconds: int) -> int:
    """The same, where a number, in digits too, counts units of so many nanoseconds."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return parse(value)
    most = END_OF_TIME * 1_000 // nanoseconds
    if not 0 <= value <= most:
        raise Refused("time", f"{describe(value)} is out of range; expected 0 to {most:,}, in the unit of the mapping")
    return round(value * nanoseconds / 1_000) if isinstance(value, float) else value * nanoseconds // 1_000


def _from_text(value: str) -> int:
    match = _RFC_3339.fullmatch(value)
    if match is None:
        what = "is a date without a time of day" if _DATE.fullmatch(value) else "is no time"
        raise Refused("time", f"{describe(value)} {what}; {EXPECTED}")
    date, hour, minute, second, fraction, sign, zone_hour, zone_minute = match.groups()
    try:
        days = (datetime.fromisoformat(date).replace(tzinfo=UTC) - _EPOCH).days
    except ValueError:
        raise Refused("time", f"{describe(value)} names a day that does not exist") from None
    micros = int((fraction or "").ljust(6, "0")[:6])
    local = days * 24 * HOUR + int(hour) * HOUR + int(minute) * MINUTE + int(second) * SECOND + micros
    ahead = int(zone_hour or 0) * HOUR + int(zone_minute or 0) * MINUTE
    return local + ahead if sign == "-" else local - ahead


def _from_number(value: int | float) -> int:
    if not 0 <= value <= END_OF_TIME / SECOND:
        hint = next((f"; these look like {unit}" for unit, least in _FINER if least < value < 1_000 * least), "")
        raise Refused("time", f"{describe(value)} is out of range; expected seconds since the epoch{hint}")
    return round(value * SECOND)
