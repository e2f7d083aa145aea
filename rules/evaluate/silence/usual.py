"""What is usual of an event name, and so how long its silence says nothing. Learned from whole minutes.

What is usual is the longest time without an event that was seen in the last 90 minutes, and in the same 90 minutes
(and a quarter of an hour more) a week ago; as long as there is no week, on each of the days before. Only the longest
gap counts, so bursts and batches are no different from a steady flow. Silence begins to mean something after `_FACTOR`
times that gap, or after two minutes where not one minute was without at least ten events. A name that comes in fewer
than a hundred minutes of all that is not judged; nor is one that was not heard at all at this time a week ago.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from store.event import DAY, MINUTE, SECOND

SHORTEST = 2 * MINUTE
LOOK_BACK, _LOOK_AHEAD = 90, 15  # minutes
_WEEK = 7
_FACTOR = 4
_BRISK = 10  # events in the emptiest minute
_LIVELY = 30  # events in a minute, but for one in so many, such as that of a restart:
_BUT_A_FEW = 30
_ENOUGH = 100  # minutes in which it came
_GAPS = 15  # expected ones, of which silence is one if a rate is declared

Minutes = Mapping[int, int]
"""How many events came in a minute, by the minute's number since the epoch; those without are left out."""


@dataclass(frozen=True, slots=True)
class Usual:
    """Silence of more than `patience` (µs) is none that happens by chance. Of a `lively` name an event comes about
    every second, so that it is known within moments that it is still heard."""

    patience: int
    lively: bool
    told: str


def declared(interval: int) -> Usual:
    """Of a name of which an event comes every `interval` µs, on the average."""
    return Usual(max(SHORTEST, _GAPS * interval), interval <= SECOND, f"one every {_span(interval)} is declared")


@dataclass(frozen=True, slots=True)
class Known:
    """`first`: when anything was heard at all; `learn`: how long that must be ago. What came while something was silent
    (`but`, from and until) is not usual. µs UTC."""

    first: int
    learn: int
    but: Sequence[tuple[int, int]] = ()


def learned(minutes: Minutes, last: int, now: int, known: Known) -> Usual | None:
    """Of a name that was heard last at `last` (µs UTC); `None` where too little is known."""
    if last - known.first < known.learn:
        return None
    windows = [[it for it in window if not _within(it, known.but)] for window in _windows(last, now, known.first)]
    counts = [[minutes.get(it, 0) for it in window] for window in windows]
    if not all(map(any, counts)):
        return None
    every = sorted(count for window in counts for count in window)
    lively = every[len(every) // _BUT_A_FEW] >= _LIVELY
    if every[0] >= _BRISK:
        return Usual(SHORTEST, lively, f"at least {every[0]} a minute are usual")
    if sum(count > 0 for count in every) < _ENOUGH:
        return None
    longest = max(map(_longest_gap, counts))
    patience = max(SHORTEST, _FACTOR * (longest + 1) * MINUTE)
    return Usual(patience, lively, f"no more than {longest + 1} min without one is usual")


def windows_of(now: int) -> Iterator[tuple[int, int]]:
    """The minutes (first, and the one behind the last) in which to look for what `learned` asks for."""
    for days in range(_WEEK + 1):
        until = (now - days * DAY) // MINUTE
        yield until - 2 * LOOK_BACK, until + (_LOOK_AHEAD if days else 0) + 1


def _windows(last: int, now: int, first: int) -> Iterator[range]:
    """Whole minutes: that of the last event is not over as it should have been, and the very first was begun."""
    began = first // MINUTE + 1
    recent = last // MINUTE
    yield range(max(began, recent - LOOK_BACK), recent)
    for days in _days_before(last, first):
        back = days * DAY // MINUTE
        yield range(max(began, recent - back - LOOK_BACK), now // MINUTE - back + _LOOK_AHEAD)


def _days_before(last: int, first: int) -> Iterable[int]:
    known = (last - first - LOOK_BACK * MINUTE) // DAY
    return [_WEEK] if known >= _WEEK else range(1, known + 1)


def _longest_gap(counts: Sequence[int]) -> int:
    return max((len(list(run)) for empty, run in groupby(counts, lambda it: it == 0) if empty), default=0)


def _within(minute: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(since // MINUTE <= minute <= until // MINUTE for since, until in spans)


def _span(micros: int) -> str:
    return f"{micros / SECOND:g} s"
