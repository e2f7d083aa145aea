"""Which event on a page caused which, and how one gets from the one to the other in a gutter beside them.

It looks as a graph of commits does. A cause has a rail: a column, from its own row to the farthest event that it
caused, which is below it unless clocks differ. From the rail an arrow leads to each of those events. Rows and columns
are counted from 0.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from store.event import Event

RAILS = 4
"""Columns for rails; a cause that finds none free has no arrows. One more is for events that have no rail of theirs."""


@dataclass(frozen=True, slots=True)
class Strand:
    """What a row has of a rail that goes on in it: up to its upper edge, down to its lower edge, or both."""

    column: int
    above: bool
    below: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """To the event of the row, from the rail of its cause, which comes in at the row's upper edge or at the lower."""

    column: int
    from_above: bool


@dataclass(frozen=True, slots=True)
class Row:
    """`at`: the column of the event, `None` where no arrow comes or begins."""

    at: int | None = None
    strands: Sequence[Strand] = ()
    arrow: Arrow | None = None


@dataclass(frozen=True, slots=True)
class _Rail:
    cause: int
    effects: Sequence[int]

    @property
    def top(self) -> int:
        return min(self.cause, self.effects[0])

    @property
    def bottom(self) -> int:
        return max(self.cause, self.effects[-1])


def causes(history: Sequence[Event]) -> list[int | None]:
    """The row of what caused each event, `None` where that is not among them, or the event itself."""
    by_id = {event.id: row for row, event in reversed(list(enumerate(history)))}
    return [by_id.get(event.causation_id) if event.causation_id not in ("", event.id) else None for event in history]


def rows(caused: Sequence[int | None]) -> list[Row]:
    """Of what `causes` gives."""
    rails = _rails(caused)
    places = _Places(rails)
    for row, cause in enumerate(caused):
        places.take(row, cause)
    strands = _strands(rails, places.rails)
    return [
        Row(places.rails.get(row, places.ends.get(row)), strands[row], _arrow(row, cause, places.rails))
        for row, cause in enumerate(caused)
    ]


def _rails(caused: Sequence[int | None]) -> dict[int, _Rail]:
    """By the cause."""
    effects: defaultdict[int, list[int]] = defaultdict(list)
    for row, cause in enumerate(caused):
        if cause is not None:
            effects[cause].append(row)
    return {cause: _Rail(cause, its) for cause, its in effects.items()}


class _Places:
    """The columns of `rails`, by cause, and of events at the `ends` of arrows, by row: where such a one has no rail."""

    def __init__(self, rails: Mapping[int, _Rail]) -> None:
        self.rails: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        self._all = rails
        self._starting: defaultdict[int, list[_Rail]] = defaultdict(list)
        for cause in sorted(rails):
            self._starting[rails[cause].top].append(rails[cause])
        self._taken = [-1] * RAILS  # until which row

    def take(self, row: int, cause: int | None) -> None:
        """Row after row. `cause`: the row of what caused its event."""
        for rail in self._starting[row]:
            column = self._of_rail(rail, row, cause)
            if column is not None:
                self.rails[rail.cause] = column
                self._taken[column] = rail.bottom
        if cause is not None and cause in self.rails:
            self.ends[row] = self._of_end(row, cause)

    def _of_rail(self, rail: _Rail, row: int, cause: int | None) -> int | None:
        if rail.cause != row:
            return self._free(row)
        carried_on = self._ending(row, cause)
        return self._free(row, cause) if carried_on is None else carried_on

    def _of_end(self, row: int, cause: int) -> int:
        carried_on = self._ending(row, cause) if len(self._all[cause].effects) == 1 else None
        column = self._free(row, cause) if carried_on is None else carried_on
        return RAILS if column is None else column

    def _ending(self, row: int, cause: int | None) -> int | None:
        """The column of the rail that leads here from above, if it ends here. Carried on, a chain is one line."""
        return self.rails.get(cause) if cause is not None and self._all[cause].bottom == row else None

    def _free(self, row: int, cause: int | None = None) -> int | None:
        """The first to the right of the rail that leads here, or else to the left of it."""
        free = [column for column, until in enumerate(self._taken) if until < row]
        beside = -1 if cause is None else self.rails.get(cause, -1)
        return min(free, key=lambda column: (column < beside, column), default=None)


def _strands(rails: Mapping[int, _Rail], columns: Mapping[int, int]) -> defaultdict[int, list[Strand]]:
    """By row, from the left to the right within one."""
    strands: defaultdict[int, list[Strand]] = defaultdict(list)
    for cause, column in sorted(columns.items(), key=lambda it: it[1]):
        rail = rails[cause]
        for row in range(rail.top, rail.bottom + 1):
            if row == cause or rail.top < row < rail.bottom:
                strands[row].append(Strand(column, row > rail.top, row < rail.bottom))
    return strands


def _arrow(row: int, cause: int | None, columns: Mapping[int, int]) -> Arrow | None:
    return Arrow(columns[cause], cause < row) if cause is not None and cause in columns else None
