"""A deadline that a person would write, for one that was measured."""

from store.event import DAY, HOUR, MINUTE, SECOND

_UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"))
_TOLD = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))
_FEW = 7  # of a unit: then the next smaller one is told too

_USUAL = (
    *(count * SECOND for count in (10, 15, 30)),
    *(count * MINUTE for count in (1, 2, 5, 10, 15, 20, 30, 45)),
    *(count * HOUR for count in (1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48)),
    *(count * DAY for count in (3, 4, 5, 6, 7, 10, 14, 21, 28, 35, 45, 60, 75, 90, 120, 150, 180, 270)),
)
_YEAR = 365 * DAY


def round_up(micros: int) -> int:
    """The next duration that people use; whole years beyond the longest of those."""
    return next((usual for usual in _USUAL if usual >= micros), -(-micros // _YEAR) * _YEAR)


def written(micros: int) -> str:
    """In the notation of rules, in the largest unit that gives a whole number: `15m`, `36h`, `14d`; days up to two are
    written in hours."""
    if micros in (DAY, 2 * DAY):
        return f"{micros // HOUR}h"
    unit, letter = next((unit, letter) for unit, letter in _UNITS if micros % unit == 0)
    return f"{micros // unit}{letter}"


def told(micros: int) -> str:
    """For reading, roughly: `2 d 4 h`, `11 d`, `21 min`, `3 s`, `0.2 s`."""
    if micros < 10 * SECOND:
        return f"{micros / SECOND:.2g} s"
    place = next(place for place, (unit, _) in enumerate(_TOLD) if micros >= unit)
    unit, name = _TOLD[place]
    if micros >= _FEW * unit or place + 1 == len(_TOLD):
        return f"{round(micros / unit)} {name}"
    smaller, its_name = _TOLD[place + 1]
    count, rest = divmod(round(micros / smaller), unit // smaller)
    return f"{count} {name} {rest} {its_name}" if rest else f"{count} {name}"
