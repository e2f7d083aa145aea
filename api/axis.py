"""Tick marks of a UTC time axis, for spans from milliseconds to centuries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from api.times import MONTHS
from store.event import DAY, HOUR, MICROSECOND, MINUTE, SECOND
from store.instant import EPOCH, moment

MILLISECOND = 1000 * MICROSECOND
WEEK = 7 * DAY
FIRST_MONDAY = 4 * DAY  # 5 January 1970

STEPS = (
    *(size * MILLISECOND for size in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *(size * SECOND for size in (1, 2, 5, 10, 15, 30)),
    *(size * MINUTE for size in (1, 2, 5, 10, 15, 30)),
    *(size * HOUR for size in (1, 2, 3, 6, 12)),
    *(DAY, 2 * DAY, WEEK, 2 * WEEK),
)
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)


@dataclass(frozen=True, slots=True)
class Tick:
    """`at` in µs UTC. `context` is the day or year the labels from here on belong to, empty where it goes on."""

    at: int
    label: str
    context: str


def ticks(begin: int, end: int, at_most: int) -> list[Tick]:
    """Round instants from `begin` to `end` (µs UTC), at most that many (two or more), as dense as that allows."""
    for step in STEPS:
        offset = FIRST_MONDAY if step % WEEK == 0 else 0
        first = offset + _up(begin - offset, step)
        if (end - first) // step < at_most:
            return _labelled(list(range(first, end + 1, step)), step)
    for months in MONTH_STEPS:
        instants = list(_months(begin, end, months))
        if len(instants) <= at_most:
            return _labelled(instants, months * 28 * DAY)
    return []


def _up(value: int, step: int) -> int:
    return -(-value // step) * step


def _months(begin: int, end: int, step: int) -> Iterator[int]:
    first = moment(begin)
    number = _up(first.year * 12 + first.month - 1, step)
    while number // 12 < 9999:
        at = (datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC) - EPOCH).total_seconds()
        if at * SECOND > end:
            return
        if at * SECOND >= begin:
            yield int(at) * SECOND
        number += step


def _labelled(instants: list[int], step: int) -> list[Tick]:
    found: list[Tick] = []
    before = ""
    for at in instants:
        context = _context(at, step)
        found.append(Tick(at, _label(at, step), "" if context == before else context))
        before = context
    return found


def _label(at: int, step: int) -> str:
    when = moment(at)
    if step < SECOND:
        return f"{when:%H:%M:%S}.{when.microsecond // 1000:03d}"
    if step < MINUTE:
        return f"{when:%H:%M:%S}"
    if step < DAY:
        return f"{when:%H:%M}"
    if step < 28 * DAY:
        return f"{when.day} {MONTHS[when.month - 1]}"
    return MONTHS[when.month - 1] if step < 12 * 28 * DAY else str(when.year)


def _context(at: int, step: int) -> str:
    when = moment(at)
    if step < DAY:
        return f"{when.day} {MONTHS[when.month - 1]} {when.year}"
    return str(when.year) if step < 12 * 28 * DAY else ""
