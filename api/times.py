"""Instants and spans as people and machines read them.

All values are microseconds, instants since the Unix epoch, UTC.
"""

from store.event import DAY, HOUR, MINUTE, SECOND
from store.instant import moment, rfc3339

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
YEAR = 365 * DAY

# Larger unit, its sign, smaller unit, its sign: a span is shown in two of them at most.
_UNITS = ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min"), (MINUTE, "min", SECOND, "s"))


def in_words(micros: int) -> str:
    """`2026-11-20 14:05:09 UTC`, with a fraction where there is one."""
    return rfc3339(micros).replace("T", " ").replace("Z", " UTC")


def short_date(micros: int) -> str:
    at = moment(micros)
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def clock(micros: int, now: int) -> str:
    """`10:02 UTC`; of another day than today with that, `26 Nov 10:02 UTC`."""
    at = moment(micros)
    day = "" if at.date() == moment(now).date() else f"{at.day} {MONTHS[at.month - 1]} "
    return f"{day}{at:%H:%M} UTC"


def took(micros: int) -> str:
    """A span that is mostly short, more exactly: `12 ms`, `1.3 s`; from a minute on as `span`."""
    return f"{micros / SECOND:.1f} s" if SECOND <= micros < MINUTE else span(micros)


def span(micros: int) -> str:
    """The length of a span, its sign ignored: `45 s`, `2 d 3 h`, `3.1 years`; below a second `12 ms`."""
    length = abs(micros)
    if length >= 2 * YEAR:
        return f"{length / YEAR:.1f} years"
    for unit, sign, smaller, smaller_sign in _UNITS:
        if length >= unit:
            whole, rest = divmod(length, unit)
            part = rest // smaller
            return f"{whole} {sign} {part} {smaller_sign}" if part and whole < 10 else f"{whole} {sign}"
    if length >= SECOND:
        return f"{length // SECOND} s"
    return f"{length // 1000} ms" if length >= 1000 else f"{length} µs"


def from_now(micros: int, now: int) -> str:
    """`3 min ago`, `in 2 h`, `just now`."""
    if abs(now - micros) < SECOND:
        return "just now"
    return f"{span(now - micros)} ago" if micros < now else f"in {span(micros - now)}"


def lasting(since: int, now: int) -> str:
    """How long something has lasted: `3 min`; never less than a second, whatever the clocks say."""
    return span(max(now - since, SECOND))
