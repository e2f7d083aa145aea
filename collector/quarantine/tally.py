"""What was refused and not kept, counted by source, fault and minute: bounded, however much it is."""

from typing import NamedTuple

from store.event import MINUTE

MOST = 200  # faults that are told apart within a minute

AND_OTHERS = "other faults"


class Counted(NamedTuple):
    """`number` so far in the minute that began at `minute` (µs UTC)."""

    source: str
    fault: str
    minute: int
    number: int


class Tally:
    """For use by one thread at a time."""

    def __init__(self) -> None:
        self._minute = 0
        self._numbers: dict[tuple[str, str], int] = {}

    def add(self, source: str, fault: str, now: int) -> Counted:
        """One more; and how many it makes."""
        minute = now // MINUTE * MINUTE
        if minute != self._minute:
            self._minute = minute
            self._numbers.clear()
        key = (source, fault)
        if key not in self._numbers and len(self._numbers) >= MOST:
            key = ("", AND_OTHERS)
        number = self._numbers[key] = self._numbers.get(key, 0) + 1
        return Counted(*key, minute, number)
