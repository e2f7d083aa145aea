"""How silence would have been told of made-up traffic: the rules of the product, at work minute by minute.

`python -m tests.rules.evaluate.silence.simulation --names 20 --weeks 8` prints what docs/trust.md states.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from rules.evaluate.silence.flow import BEFORE, COUNTED, Counts, Flow, is_scarce, is_usual_again, usual_flow
from rules.evaluate.silence.usual import Usual, learned
from rules.evaluate.silence.window import (
    LIVELY,
    LOOK_AHEAD,
    LOOK_BACK,
    SPANS,
    STEP,
    UNFINISHED,
    USED_FOR,
    Window,
    bounds,
    is_free,
)
from store.event import MINUTE
from tests.rules.evaluate.silence.traffic import DAY, Traffic


@dataclass(frozen=True, slots=True)
class Alarm:
    """In minutes. `scarce`: not silent, but at a part of what is usual."""

    at: float
    scarce: bool


class Watcher:
    """Of one stream, through all its traffic."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._sums = [0, *accumulate(traffic.counts)]
        self._spans: list[tuple[int, int]] = []  # of incidents, µs
        self._usual: Usual | None = None
        self._flow: Flow | None = None
        self._recent: Window | None = None

    def alarms(self, since: int) -> Iterator[Alarm]:
        """From a minute on; each once, until it is back."""
        last, waiting = float(since), False  # for what was told to be silent
        scarce = False
        for minute in range(since, len(self._traffic.counts)):
            if minute % USED_FOR == 0:
                self._learn(minute, last)
            came = self._traffic.counts[minute] > 0
            gap = (minute + self._traffic.firsts[minute] if came else minute + 1) - last
            if not waiting and self._usual is not None and gap * MINUTE > self._usual.patience:
                yield Alarm(last + self._usual.patience / MINUTE, scarce=False)
                waiting = True
                began = last
            if came:
                last = minute + self._traffic.lasts[minute]
                if waiting:
                    self._spans.append((int(began * MINUTE), int(last * MINUTE)))
                    waiting = False
            counts = self.counts(minute + 1)
            if scarce and (self._flow is None or is_usual_again(self._flow, counts)):
                scarce = False
                self._spans[-1] = (self._spans[-1][0], minute * MINUTE)
            elif not (scarce or waiting) and self._flow is not None and is_scarce(self._flow, counts):
                yield Alarm(minute + 1, scarce=True)
                scarce = True
                self._spans.append(((minute - self._flow.span) * MINUTE, (minute + DAY) * MINUTE))

    def counts(self, minute: int) -> Counts:
        def between(since: int, until: int) -> int:
            return self._sums[until] - self._sums[since]

        lately = tuple(between(minute - it, minute) for it in COUNTED)
        return Counts(lately, tuple(between(minute - it - BEFORE, minute - it) for it in SPANS))

    def _learn(self, minute: int, last: float) -> None:
        now = minute * MINUTE
        windows = {day: self.window(minute, day) for day in (0, 1, 2, 3, 4, 5, 6, 7, 14) if self._knows(minute, day)}
        windows = {day: it for day, it in windows.items() if is_free(now, day, self._spans)}
        if 0 in windows and (self._usual is None or 2 * (minute - last) * MINUTE < self._usual.patience):
            self._recent = windows[0]
        elif self._recent is not None:
            windows[0] = self._recent
        usual = learned(windows)
        if usual is not None or minute - last < 1 or any(not it.heard for it in windows.values()):
            self._usual = usual
        self._flow = usual_flow(windows)

    def _knows(self, minute: int, day: int) -> bool:
        return bounds(minute * MINUTE, day)[0] >= 0

    def window(self, minute: int, day: int) -> Window:
        """As `arrivals` has it from the store."""
        counts = self._traffic.counts
        if day == 0:
            near = counts[minute - UNFINISHED - LOOK_BACK : minute - UNFINISHED]
            while near and near[-1] == 0:
                near = near[:-1]
            return _summed_up(near, LOOK_BACK)
        then = minute - day * DAY
        first, end = bounds(minute * MINUTE, day)
        flows = [sorted(self._flows(first, end, span)) for span in SPANS]
        leanest, middle = tuple(it[0] for it in flows), tuple(it[len(it) // 2] for it in flows)
        return _summed_up(counts[then - LOOK_BACK : then + LOOK_AHEAD], LOOK_BACK + LOOK_AHEAD, leanest, middle)

    def _flows(self, first: int, end: int, span: int) -> list[int]:
        begins = range(first + max(SPANS) - span, end - span + 1, STEP)
        return [self._sums[it + span] - self._sums[it] for it in begins]


def _summed_up(
    near: Sequence[int], minutes: int, leanest: tuple[int, ...] = (), middle: tuple[int, ...] = ()
) -> Window:
    longest = run = 0
    for count in near:
        run = 0 if count else run + 1
        longest = max(longest, run)
    heard = sum(count > 0 for count in near)
    least = min(near) if len(near) == minutes else 0
    return Window(minutes, heard, least, sum(count >= LIVELY for count in near), longest, leanest, middle)
