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
_FINER = (("milliseconds", 10**11), ("microseconds", 10**14), ("nanoseconds", 10**17))
_COMMON_LENGTHS = frozenset((20, 24, 27))  # without a fraction, with milliseconds, with microseconds


def quick(value: str | int | float) -> int | None:
    """The time, if it is written as most are: `YYYY-MM-DDTHH:MM:SS[.fff[fff]]`, then `Z` or `+00:00`.

    `None` says nothing yet.
    """
    if type(value) is not str:
        return None
    if value.endswith("+00:00"):
        value = f"{value[:-6]}Z"
    if len(value) not in _COMMON_LENGTHS:
        return None
    dot_or_z = value[19]
    # These places tell RFC 3339 from the other forms of ISO 8601 that `fromisoformat` reads as well.
    if value[-1] != "Z" or value[10] != "T" or value[13] != ":" or value[5] == "W" or value[11:13] == "24":
        return None
    if dot_or_z != "." and (dot_or_z != "Z" or len(value) != 20):
        return None
    try:
        since = datetime.fromisoformat(value) - _EPOCH
    except ValueError:
        return None
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


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
