"""Durations as people write them: `90s`, `15m`, `48h`, `2d`, `1d12h`, or ISO 8601 such as `PT15M`."""

import re

from store.event import DAY, HOUR, MINUTE, SECOND

_EXPECTED = "expected a duration such as 90s, 15m, 48h, 1d12h or PT15M"

_SHORT = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?", re.ASCII)
_SHORT_UNITS = (DAY, HOUR, MINUTE, SECOND, 1_000)

_ISO = re.compile(
    r"P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d{1,6}))?S)?)?", re.ASCII
)
_ISO_UNITS = (7 * DAY, DAY, HOUR, MINUTE, SECOND)

# Far beyond any deadline, and far below what overflows when added to an instant.
LONGEST = 36_500 * DAY

_SPELLED = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"), (1_000, "ms"), (1, "µs"))


def parse_duration(text: str) -> int:
    """Microseconds, zero or more. Raises `ValueError` that says what was expected."""
    stripped = text.strip()
    if stripped.startswith("-"):
        raise ValueError("a duration must not be negative")
    micros = _iso(stripped) if stripped.startswith("P") else _short(stripped)
    if micros > LONGEST:
        raise ValueError("a duration must not be longer than 36500d")
    return micros


def format_duration(micros: int) -> str:
    """For people: `48 h`, `15 min`, `1 d 12 h`, `1 s 500 ms`. One day and two days are told in hours."""
    if micros < 0:
        return f"-{format_duration(-micros)}"
    if micros in (DAY, 2 * DAY):
        return f"{micros // HOUR} h"
    parts = []
    for unit, name in _SPELLED:
        count, micros = divmod(micros, unit)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts) or "0 s"


def _short(text: str) -> int:
    found = _SHORT.fullmatch(text)
    if not found or not text:
        raise ValueError(_EXPECTED)
    return sum(int(count or 0) * unit for count, unit in zip(found.groups(), _SHORT_UNITS, strict=True))


def _iso(text: str) -> int:
    found = _ISO.fullmatch(text)
    if not found or text[-1] in "PT":
        raise ValueError(_EXPECTED)
    *counts, fraction = found.groups()
    whole = sum(int(count or 0) * unit for count, unit in zip(counts, _ISO_UNITS, strict=True))
    return whole + int((fraction or "").ljust(6, "0"))
