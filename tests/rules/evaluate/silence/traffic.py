"""Traffic that is made up: how many events come in each minute, of kinds that differ in what is usual of them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from random import Random

HOUR, DAY, WEEK = 60, 1440, 10_080  # minutes

Rate = Callable[[int], float]
"""Events a minute that are to be expected in a minute."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """By the minute: how many events; and of a minute with any, when the first and the last came (0 to 1)."""

    counts: list[int]
    firsts: list[float]
    lasts: list[float]


@dataclass(frozen=True, slots=True)
class Kind:
    """`clumped`: the number of a minute varies by more than chance, the more the lower it is (0: by chance alone)."""

    rate: Callable[[Random, int], Rate]
    clumped: float = 0.0
    at_once: bool = False


def made(kind: Kind, minutes: int, random: Random, kept: Rate = lambda _: 1.0) -> Traffic:
    """`kept`: what part of the events of a minute is sent."""
    rate = kind.rate(random, minutes)
    counts = [_count(random, rate(it) * kept(it), kind.clumped) for it in range(minutes)]
    times = [_times(random, 1 if kind.at_once else count) for count in counts]
    return Traffic(counts, [first for first, _ in times], [last for _, last in times])


def together(*parts: Traffic) -> Traffic:
    counts = [sum(it) for it in zip(*(part.counts for part in parts), strict=True)]
    places = range(len(counts))
    firsts = [min((it.firsts[place] for it in parts if it.counts[place]), default=0.0) for place in places]
    lasts = [max((it.lasts[place] for it in parts if it.counts[place]), default=0.0) for place in places]
    return Traffic(counts, firsts, lasts)


def _count(random: Random, expected: float, clumped: float) -> int:
    if clumped:
        expected *= random.gammavariate(clumped, 1 / clumped)
    if expected > 50:
        return max(0, round(random.gauss(expected, math.sqrt(expected))))
    count, left, limit = 0, random.random(), math.exp(-expected)
    while left > limit:
        left *= random.random()
        count += 1
    return count


def _times(random: Random, count: int) -> tuple[float, float]:
    first: float = 1 - random.random() ** (1 / max(1, count))
    if count < 2:
        return first, first
    return first, first + (1 - first) * random.random() ** (1 / (count - 1))


def steady(rate: float) -> Kind:
    return Kind(lambda *_: lambda _: rate)


def clumped(rate: float) -> Kind:
    """With bursts and lulls, some of which last for a quarter of an hour."""
    return Kind(lambda random, minutes: _wandering(random, minutes, rate), clumped=0.5)


def _wandering(random: Random, minutes: int, rate: float) -> Rate:
    levels = [random.lognormvariate(-0.125, 0.5) for _ in range(minutes // 15 + 2)]
    smooth = [[a + (b - a) * it / 15 for it in range(15)] for a, b in pairwise(levels)]
    return lambda minute: rate * smooth[minute // 15][minute % 15]


def batch(every: int, size: int) -> Kind:
    """At times a minute or two late."""

    def rate(random: Random, minutes: int) -> Rate:
        late = {it + random.choice((0, 0, 0, 1, 2)) for it in range(random.randrange(every), minutes, every)}
        return lambda minute: float(size) if minute in late else 0.0

    return Kind(rate, at_once=True)


def daily(rate: float) -> Kind:
    """At night a tenth of it."""
    return Kind(lambda *_: lambda minute: rate * _by_hour(minute, 0.1))


def office(rate: float) -> Kind:
    """Nothing at night and at week's end."""
    return Kind(lambda *_: lambda minute: rate * _by_hour(minute, 0.0) * _at_work(minute))


def weekly(rate: float) -> Kind:
    """At week's end a fifth of it."""
    return Kind(lambda *_: lambda minute: rate * _by_hour(minute, 0.1) * (0.2 + 0.8 * _at_work(minute)))


def growing(rate: float, per_week: float) -> Kind:
    return Kind(lambda *_: lambda minute: rate * _by_hour(minute, 0.1) * per_week ** (minute / WEEK))


def deployed(rate: float) -> Kind:
    """Three times a day nothing for a minute or a little more."""

    def dipping(random: Random, minutes: int) -> Rate:
        dips = {random.randrange(minutes) for _ in range(3 * minutes // DAY)}
        half = {it + 1 for it in dips}
        return lambda minute: 0.0 if minute in dips else rate / 2 if minute in half else rate

    return Kind(dipping)


def holiday(rate: float) -> Kind:
    """Every week one day of it has a sixth of its traffic, all day, and not always the same."""

    def resting(random: Random, minutes: int) -> Rate:
        days = {week * 7 + random.randrange(5) for week in range(minutes // WEEK + 1)}
        usual = weekly(rate).rate(random, minutes)
        return lambda minute: usual(minute) * (1 - 5 / 6 * _part_of(minute, lambda day: day in days))

    return Kind(resting)


def campaign(rate: float) -> Kind:
    """Twice a week five times as much for an hour."""

    def spiking(random: Random, minutes: int) -> Rate:
        begins = [random.randrange(minutes) for _ in range(2 * minutes // WEEK + 1)]
        high = {it for begin in begins for it in range(begin, begin + HOUR)}
        usual = daily(rate).rate(random, minutes)
        return lambda minute: usual(minute) * (5.0 if minute in high else 1.0)

    return Kind(spiking)


def _by_hour(minute: int, night: float) -> float:
    """From `night` at two to one at two in the afternoon; of what sleeps at night, only above that."""
    height = (1 - math.cos((minute % DAY - 2 * HOUR) / DAY * 2 * math.pi)) / 2
    return night + (1 - night) * height if night else max(0.0, 2 * height - 1)


def _at_work(minute: int) -> float:
    return _part_of(minute, lambda day: day % 7 < 5)


def _part_of(minute: int, such: Callable[[int], bool]) -> float:
    """How far it is such a day: that begins and ends in the small hours, slowly."""
    day, passed = divmod(minute, DAY)
    begun = min(1.0, passed / (5 * HOUR))
    return such(day) * begun + such(day - 1) * (1 - begun)


KINDS: Mapping[str, Kind] = {
    "600 a minute": steady(600),
    "60 a minute": steady(60),
    "5 a minute": steady(5),
    "1 a minute": steady(1),
    "1 in 20 minutes": steady(0.05),
    "in bursts and lulls": clumped(40),
    "a batch every 15 minutes": batch(15, 200),
    "a batch every 2 minutes": batch(2, 50),
    "less at night": daily(60),
    "few, fewer at night": daily(5),
    "nothing at night and at week's end": office(60),
    "less at week's end": weekly(60),
    "a fifth more every week": growing(60, 1.2),
    "a fifth less every week": growing(60, 0.8),
    "down for a minute, three times a day": deployed(60),
    "a holiday every week": holiday(60),
    "five times as much for an hour": campaign(60),
}
