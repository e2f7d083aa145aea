"""When a stream has fallen to a part of what is usual, though not to nothing.

Its last minutes are held against the leanest that as many minutes on end were yesterday and a week ago, up to an hour
earlier or later than now: of as many minutes as always had enough events, and about equally many. What is below half of
that, and below half of the hour before as well, is far too little: a holiday begins slowly, and an evening comes at the
same time every day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from rules.evaluate.silence.window import SPANS, WEEK, Window
from store.event import MINUTE, SECOND

COUNTED = (SPANS[0] // 2, *SPANS)  # minutes until now, of which the events are counted
BEFORE = 60  # minutes before those
_ENOUGH = 40  # events in the leanest span


@dataclass(frozen=True, slots=True)
class Flow:
    """At least so many events come in so many minutes, as is `told`; if that is `declared`, at any time."""

    span: int
    least: int
    told: str
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Events of the last minutes: in as many as `COUNTED` says, and in the hour before each of `SPANS`."""

    lately: tuple[int, ...]
    before: tuple[int, ...]


def usual_flow(windows: Mapping[int, Window]) -> Flow | None:
    """By days before today; `None` where too little is known, or comes, or it is too uneven."""
    days = [windows[day] for day in (1, WEEK) if day in windows]
    if WEEK not in windows:
        return None
    for place, span in enumerate(SPANS):
        least = min(it.leanest[place] for it in days)
        even = all(5 * it.leanest[place] >= 4 * it.middle[place] for it in days)
        if even and least >= _ENOUGH:
            return Flow(span, least, f"at least {least} in {span} min are usual")
    return None


def declared_flow(interval: int) -> Flow | None:
    """Of a stream in which an event comes every `interval` µs, on the average; `None` where those are too few."""
    expected = ((span, span * MINUTE // interval) for span in SPANS)
    told = f"one every {interval / SECOND:g} s is declared"
    return next((Flow(span, least, told, declared=True) for span, least in expected if least >= _ENOUGH), None)


def is_scarce(usual: Flow, counts: Counts) -> bool:
    """Less than half of what is usual comes, since not long ago. What has only begun to come is no less than before."""
    place = SPANS.index(usual.span)
    twice, before = 2 * counts.lately[place + 1], counts.before[place]
    return twice < usual.least and before > 0 and (usual.declared or twice * BEFORE < before * usual.span)


def may_become_scarce(usual: Flow, counts: Counts) -> bool:
    """In half of the time that is looked at, it is."""
    return 4 * counts.lately[SPANS.index(usual.span)] < usual.least


def is_usual_again(usual: Flow, counts: Counts) -> bool:
    """Three quarters of the least, in half of the time."""
    return 8 * counts.lately[SPANS.index(usual.span)] >= 3 * usual.least


def percent_left(usual: Flow, counts: Counts) -> int:
    """Of what came in the hour before, or is declared; at least 1."""
    place = SPANS.index(usual.span)
    before = max(usual.least, counts.before[place] * usual.span // BEFORE)
    return max(1, 100 * counts.lately[place + 1] // before)


def became_few(minutes: Sequence[int]) -> int:
    """In which of the minutes it fell, of many whose first hour is as usual."""
    usual = sum(minutes[:BEFORE]) / BEFORE
    above = [0.0, *accumulate(count - usual * 3 / 4 for count in minutes)]
    return max(range(len(above)), key=lambda it: (above[it], -it))
