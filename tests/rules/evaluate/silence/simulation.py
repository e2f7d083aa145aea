"""How silence would have been told of made-up traffic: the rules of the product, at work minute by minute.

`python -m tests.rules.evaluate.silence.simulation --names 8 --weeks 4` prints the table that docs/trust.md has.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, groupby
from random import Random

from rules.evaluate.silence.flow import BEFORE, COUNTED, Counts, Flow, is_scarce, is_usual_again, usual_flow
from rules.evaluate.silence.usual import Usual, is_expected, learned
from rules.evaluate.silence.window import (
    LIVELY,
    LOOK_AHEAD,
    LOOK_BACK,
    SPANS,
    STEP,
    UNFINISHED,
    USED_FOR,
    WEEK,
    Window,
    bounds,
    is_free,
)
from store.event import MINUTE
from tests.rules.evaluate.silence.traffic import DAY, HOUR, KINDS, Kind, Rate, Traffic, made, together
from tests.rules.evaluate.silence.traffic import WEEK as WEEK_LONG

KNOWN = 8 * DAY  # minutes, before anything is looked at
OUTAGE = 2 * HOUR


@dataclass(frozen=True, slots=True)
class Alarm:
    """In minutes. `scarce`: not silent, but at a part of what is usual."""

    at: float
    scarce: bool


@dataclass(slots=True)
class Outages:
    """`delays`: the minutes after which those that were told were."""

    delays: list[float] = field(default_factory=list)
    missed: int = 0

    def __str__(self) -> str:
        if not self.delays:
            return "none is told"
        ranked = sorted(self.delays)
        middle, late = ranked[len(ranked) // 2], ranked[min(len(ranked) - 1, len(ranked) * 95 // 100)]
        share = 100 * self.missed // (self.missed + len(ranked))
        return f"{middle:.0f}, {late:.0f} min{f'; {share} % not' if share else ''}"


class Watcher:
    """Of one stream, through all its traffic."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._sums = [0, *accumulate(traffic.counts)]
        self._spans: list[tuple[int, int]] = []  # of incidents, µs
        self._usual: Usual | None = None
        self._flow: Flow | None = None
        self._recent: Window | None = None
        self._last = 0.0
        self._silent_since: float | None = None
        self._is_scarce = False

    def alarms(self, since: int) -> Iterator[Alarm]:
        """From a minute on; each once, until it is back."""
        self._last = float(since)
        for minute in range(since, len(self._traffic.counts)):
            if minute % USED_FOR == 0 or minute == since:
                self._learn(minute)
            yield from self._silence(minute)
            yield from self._scarcity(minute)

    def _silence(self, minute: int) -> Iterator[Alarm]:
        came = self._traffic.counts[minute] > 0
        gap = (minute + self._traffic.firsts[minute] if came else minute + 1) - self._last
        if self._silent_since is None and self._usual is not None and gap * MINUTE > self._usual.patience:
            yield Alarm(self._last + self._usual.patience / MINUTE, scarce=False)
            self._silent_since = self._last
        if came:
            self._last = minute + self._traffic.lasts[minute]
            if self._silent_since is not None:
                self._spans.append((int(self._silent_since * MINUTE), int(self._last * MINUTE)))
                self._silent_since = None

    def _scarcity(self, minute: int) -> Iterator[Alarm]:
        counts = self.counts(minute + 1)
        if self._is_scarce and (self._flow is None or is_usual_again(self._flow, counts)):
            self._is_scarce = False
            self._spans[-1] = (self._spans[-1][0], minute * MINUTE)
        elif not self._is_told and self._flow is not None and is_scarce(self._flow, counts):
            yield Alarm(minute + 1, scarce=True)
            self._is_scarce = True
            self._spans.append(((minute - self._flow.span) * MINUTE, (minute + DAY) * MINUTE))

    @property
    def _is_told(self) -> bool:
        return self._is_scarce or self._silent_since is not None

    def counts(self, minute: int) -> Counts:
        def between(since: int, until: int) -> int:
            return self._sums[until] - self._sums[since]

        lately = tuple(between(minute - it, minute) for it in COUNTED)
        return Counts(lately, tuple(between(minute - it - BEFORE, minute - it) for it in SPANS))

    def _learn(self, minute: int) -> None:
        """As `Known` does."""
        now = minute * MINUTE
        windows = {day: self.window(minute, day) for day in (0, 1, WEEK) if is_free(now, day, self._spans)}
        gap = (minute - self._last) * MINUTE
        if self._recent is not None and self._usual is not None and 2 * gap > self._usual.patience:
            windows[0] = self._recent
        elif 0 in windows:
            self._recent = windows[0]
        usual = learned(windows)
        if usual is not None or gap < MINUTE or not is_expected(windows):
            self._usual = usual
        self._flow = usual_flow(windows)

    def window(self, minute: int, day: int) -> Window:
        """As `arrivals` has it from the store."""
        if day == 0:
            near = self._traffic.counts[minute - UNFINISHED - LOOK_BACK : minute - UNFINISHED]
            return _summed_up(near, still_on=True)
        then = minute - day * DAY
        first, end = bounds(minute * MINUTE, day)
        flows = [sorted(self._flows(first, end, span)) for span in SPANS]
        leanest, middle = tuple(it[0] for it in flows), tuple(it[len(it) // 2] for it in flows)
        return _summed_up(self._traffic.counts[then - LOOK_BACK : then + LOOK_AHEAD], leanest, middle)

    def _flows(self, first: int, end: int, span: int) -> list[int]:
        begins = range(first + max(SPANS) - span, end - span + 1, STEP)
        return [self._sums[it + span] - self._sums[it] for it in begins]


def false_alarms(kind: Kind, names: int, weeks: int) -> list[Alarm]:
    """Of as many streams of a kind, none of which fails."""
    found: list[Alarm] = []
    for number in range(names):
        traffic = made(kind, KNOWN + weeks * WEEK_LONG, Random(number))
        found += Watcher(traffic).alarms(KNOWN)
    return found


def outages(kind: Kind, left: float, number: int) -> Outages:
    """So many, each of a stream that falls to this part at some time in a working day, for two hours."""
    found = Outages()
    for each in range(number):
        random = Random(each)
        at = KNOWN + random.randrange(5) * DAY + random.randrange(10 * HOUR, 16 * HOUR)
        at += 2 * DAY if at % WEEK_LONG >= 5 * DAY else 0
        kept = _falling(at, left)
        alarms = [it.at for it in Watcher(made(kind, at + OUTAGE, random, kept)).alarms(at - HOUR) if it.at >= at]
        found.delays += [it - at for it in alarms[:1]]
        found.missed += not alarms
    return found


def _falling(at: int, left: float) -> Rate:
    return lambda minute: left if minute >= at else 1.0


def _summed_up(
    near: Sequence[int], leanest: tuple[int, ...] = (), middle: tuple[int, ...] = (), *, still_on: bool = False
) -> Window:
    """`still_on`: that nothing came at the end is no gap yet."""
    gaps = [len(list(run)) for came, run in groupby(near, bool) if not came]
    over = gaps[:-1] if still_on and not near[-1] else gaps
    return Window(
        minutes=len(near),
        heard=sum(count > 0 for count in near),
        least=min(near),
        lively=sum(count >= LIVELY for count in near),
        longest=max(over, default=0),
        leanest=leanest,
        middle=middle,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", type=int, default=8)
    parser.add_argument("--weeks", type=int, default=4)
    parser.add_argument("--outages", type=int, default=40)
    asked = parser.parse_args()
    print("| traffic | silent | part | to nothing | to a third |\n| --- | --- | --- | --- | --- |")
    for title, kind in KINDS.items():
        print(_row(title, false_alarms(kind, asked.names, asked.weeks), asked), end="")
        nothing, third = (outages(kind, left, asked.outages) for left in (0.0, 1 / 3))
        print(f" {nothing} | {third} |", flush=True)
    whole: list[Alarm] = []
    for number in range(asked.names):
        parts = [made(kind, KNOWN + asked.weeks * WEEK_LONG, Random(number)) for kind in KINDS.values()]
        whole += Watcher(together(*parts)).alarms(KNOWN)
    print(_row("all of these together", whole, asked))


def _row(title: str, alarms: Sequence[Alarm], asked: argparse.Namespace) -> str:
    scarce = sum(it.scarce for it in alarms)
    weeks = asked.names * asked.weeks
    return f"| {title} | {(len(alarms) - scarce) / weeks:.2g} | {scarce / weeks:.2g} |"


if __name__ == "__main__":
    main()
