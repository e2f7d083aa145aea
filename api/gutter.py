"""What `causes` says, drawn: in pixels, from the upper left corner of the gutter of each row. Pure.

A row grows as it is unfolded, and its event stays at its head. So all is at fixed places, but for the lines that end at
the lower edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from api.causes import Arrow, Row, Strand

LEFT, PITCH = 7, 16
MIDDLE = 19
"""Of the first line of text in a row; `.event` in the stylesheet has the padding that makes it so."""
BEND = 5
TIP = 5
"""From the middle of a dot to the point of the arrow that leads there."""
HEAD, WIDTH = 6, 7
"""Of the head of an arrow. Bend, head and tip have room between two columns."""
TOP, BOTTOM = "0", "100%"


@dataclass(frozen=True, slots=True)
class Line:
    """`rail`: the column of the rail that it is a part of, which says the colour; so for the others."""

    rail: int
    x: int
    y1: str
    y2: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of an arrow: `shaft` and `head` are paths. The shaft is none where the arrow goes straight down."""

    rail: int
    shaft: str
    head: str


@dataclass(frozen=True, slots=True)
class Dot:
    rail: int
    x: int
    y: int = MIDDLE
    radius: int = 4


@dataclass(frozen=True, slots=True)
class Beside:
    """What is drawn beside one event."""

    lines: Sequence[Line]
    head: Head | None
    dot: Dot | None


@dataclass(frozen=True, slots=True)
class Gutter:
    """`columns`: how wide it is, 0 where there is none."""

    columns: int
    rows: Sequence[Beside]


def draw(rows: Sequence[Row]) -> Gutter:
    columns = max((row.at + 1 for row in rows if row.at is not None), default=0)
    return Gutter(columns, [_beside(row) for row in rows])


def _beside(row: Row) -> Beside:
    lines = [_line(strand) for strand in row.strands]
    if row.at is None:
        return Beside(lines, None, None)
    arrow = row.arrow
    if arrow is None:
        return Beside(lines, None, Dot(row.at, _x(row.at)))
    own = any(strand.column == row.at for strand in row.strands)
    dot = Dot(row.at if own else arrow.column, _x(row.at))
    return Beside([*lines, _lead(arrow, row.at)], _head(arrow, row.at), dot)


def _x(column: int) -> int:
    return LEFT + PITCH * column


def _line(strand: Strand) -> Line:
    top, bottom = TOP if strand.above else str(MIDDLE), BOTTOM if strand.below else str(MIDDLE)
    return Line(strand.column, _x(strand.column), top, bottom)


def _lead(arrow: Arrow, at: int) -> Line:
    """From the edge of the row to where the arrow bends, or to its head."""
    x = _x(arrow.column)
    if not arrow.from_above:
        return Line(arrow.column, x, str(MIDDLE + BEND), BOTTOM)
    return Line(arrow.column, x, TOP, str(MIDDLE - (TIP + HEAD if arrow.column == at else BEND)))


def _head(arrow: Arrow, at: int) -> Head:
    x, there = _x(arrow.column), _x(at)
    if there == x:
        return Head(arrow.column, "", f"M{x} {MIDDLE - TIP}l{-WIDTH / 2} {-HEAD}h{WIDTH}z")
    to_right = 1 if there > x else -1
    down = 1 if arrow.from_above else -1
    tip = there - to_right * TIP
    shaft = f"M{x} {MIDDLE - down * BEND}q0 {down * BEND} {to_right * BEND} {down * BEND}H{tip - to_right * HEAD}"
    return Head(arrow.column, shaft, f"M{tip} {MIDDLE}l{-to_right * HEAD} {-WIDTH / 2}v{WIDTH}z")
