"""What came of a stream on one day at about this time, in whole minutes, summed up.

That of today ends before the last two minutes, which may not be over. Those of days before go on a while after this
time of day, as what is learned now is used for a while.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from store.event import DAY, MINUTE

LOOK_BACK, LOOK_AHEAD, UNFINISHED = 90, 25, 2  # minutes in which gaps are looked for, and those that are left out
LIVELY: Final = 30  # events in a minute
SPANS: Final = (10, 20, 40, 80)  # minutes
SHIFT, STEP = 60, 5  # minutes: spans may be earlier or later than now by so much, and are looked at in such steps
USED_FOR = 10  # minutes for which what is learned is used at most
WEEK = 7


@dataclass(frozen=True, slots=True)
class Window:
    """`minutes` there are, in `heard` of which something came, at least `least` in each; `lively`: in how many came 30.
    `longest`: how many minutes on end nothing came. Of as many minutes as `SPANS` says, up to an hour earlier or later
    than now: the fewest events that came (`leanest`), and how many came in the `middle` one. Of today there are none.
    """

    minutes: int
    heard: int
    least: int
    lively: int
    longest: int
    leanest: tuple[int, ...] = ()
    middle: tuple[int, ...] = ()


Spans = Sequence[tuple[int, int]]
"""From when until when, µs UTC."""


def bounds(now: int, day: int) -> tuple[int, int]:
    """The minutes (by number since the epoch: the first, and that behind the last) that have all of a day's window."""
    minute = (now - day * DAY) // MINUTE
    if day == 0:
        return minute - UNFINISHED - LOOK_BACK, minute - UNFINISHED
    return minute - SHIFT - max(SPANS), minute + SHIFT + USED_FOR


def days_known(now: int, first: int) -> list[int]:
    """Of which there is a window, where something came at `first` for the first time (µs UTC): today, and once a week
    is known, yesterday and the day a week ago; until then, all days before."""
    known = [day for day in range(1, WEEK + 1) if bounds(now, day)[0] * MINUTE >= first]
    return [0, 1, WEEK] if WEEK in known else [0, *known]


def is_free(now: int, day: int, spans: Spans) -> bool:
    """Whether none of the spans has anything of a day's window."""
    since, until = (it * MINUTE for it in bounds(now, day))
    return not any(begin < until and end >= since for begin, end in spans)
