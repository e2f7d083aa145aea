"""What is usual of a stream, and so how long its silence says nothing. Learned from whole minutes.

What is usual is the longest time without an event that was seen in the last 90 minutes, and in the same 90 minutes
(and 25 more) a week ago; as long as there is no week, on each of the days before. Only the longest gap counts, so
bursts and batches are no different from a steady flow. Silence begins to mean something after `_FACTOR` times that gap,
or after two minutes where not one minute was without at least ten events. A stream that comes in fewer than a hundred
minutes of all that is not judged; nor is one that was not heard at all at this time a week ago.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.evaluate.silence.window import WEEK, Window
from store.event import MINUTE, SECOND

SHORTEST = 2 * MINUTE
_FACTOR = 4
_BRISK = 10  # events in the emptiest minute
_BUT_A_FEW = 30  # a lively stream may have one minute in so many that is not, such as that of a restart
_ENOUGH = 100  # minutes in which it came
_GAPS = 15  # expected ones, of which silence is one if a rate is declared


@dataclass(frozen=True, slots=True)
class Usual:
    """Silence of more than `patience` (µs) is none that happens by chance. Of a `lively` stream an event comes about
    every second, so that it is known within moments that it is still heard."""

    patience: int
    lively: bool
    told: str


def declared(interval: int) -> Usual:
    """Of a stream in which an event comes every `interval` µs, on the average."""
    return Usual(max(SHORTEST, _GAPS * interval), interval <= SECOND, f"one every {interval / SECOND:g} s is declared")


def learned(windows: Mapping[int, Window]) -> Usual | None:
    """By days before today; `None` where too little is known."""
    chosen = [*_before(windows), *([windows[0]] if 0 in windows else [])]
    if not chosen or not all(it.heard for it in chosen):
        return None
    minutes = sum(it.minutes for it in chosen)
    lively = minutes - sum(it.lively for it in chosen) <= minutes // _BUT_A_FEW
    least = min(it.least for it in chosen)
    if least >= _BRISK:
        return Usual(SHORTEST, lively, f"at least {least} a minute are usual")
    if sum(it.heard for it in chosen) < _ENOUGH:
        return None
    longest = max(it.longest for it in chosen) + 1
    return Usual(max(SHORTEST, _FACTOR * longest * MINUTE), lively, f"no more than {longest} min without one is usual")


def is_expected(windows: Mapping[int, Window]) -> bool:
    """Whether it was heard at this time before, as far as that is known."""
    return all(it.heard for it in _before(windows))


def _before(windows: Mapping[int, Window]) -> list[Window]:
    return [windows[WEEK]] if WEEK in windows else [it for day, it in windows.items() if day]
