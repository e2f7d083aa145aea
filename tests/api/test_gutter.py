"""The arrows beside events, in pixels."""

import re

import pytest

from api.assets import assets
from api.causes import RAILS, rows
from api.gutter import BEND, BOTTOM, HEAD, MIDDLE, PITCH, TIP, TOP, Beside, Dot, Gutter, Line, draw

X = 7
STYLE = assets()["noshow.css"].content.decode()


def drawn(*caused: int | None) -> Gutter:
    return draw(rows(caused))


def test_there_is_no_gutter_where_nothing_was_caused() -> None:
    assert drawn(None, None) == Gutter(0, [Beside([], None, None)] * 2)


def test_a_line_goes_from_the_cause_through_the_rows_between_to_the_head() -> None:
    cause, between, effect = drawn(None, None, 0).rows
    assert cause == Beside([Line(0, X, str(MIDDLE), BOTTOM)], None, Dot(0, X))
    assert between == Beside([Line(0, X, TOP, BOTTOM)], None, None)
    assert effect.lines == [Line(0, X, TOP, str(MIDDLE - TIP - HEAD))]
    assert effect.head is not None
    assert (effect.head.shaft, effect.head.head) == ("", f"M{X} {MIDDLE - TIP}l-3.5 -6h7z")
    assert effect.dot == Dot(0, X)


def test_an_arrow_bends_off_towards_its_event() -> None:
    gutter = drawn(None, 0, 0)
    assert gutter.columns == 2
    for row, to in ((1, BOTTOM), (2, None)):
        it = gutter.rows[row]
        assert it.head is not None
        assert it.lines == [*([Line(0, X, TOP, to)] if to else []), Line(0, X, TOP, str(MIDDLE - BEND))]
        assert it.head.shaft == f"M{X} {MIDDLE - BEND}q0 5 5 5H{X + PITCH - TIP - HEAD}"
        assert it.head.head == f"M{X + PITCH - TIP} {MIDDLE}l-6 -3.5v7z"
        assert it.dot == Dot(0, X + PITCH), "of the colour of the arrow that leads to it"


def test_an_arrow_comes_from_below_and_from_the_right() -> None:
    upper, lower = drawn(1, 0).rows
    assert upper.head is not None and lower.head is not None
    assert upper.lines[-1] == Line(1, X + PITCH, str(MIDDLE + BEND), BOTTOM)
    assert upper.head.shaft == f"M{X + PITCH} {MIDDLE + BEND}q0 -5 -5 -5H{X + TIP + HEAD}"
    assert upper.head.head == f"M{X + TIP} {MIDDLE}l6 -3.5v7z"
    assert (upper.dot, lower.dot) == (Dot(0, X), Dot(1, X + PITCH)), "of the colour of their own rails"
    assert lower.lines == [Line(1, X + PITCH, TOP, str(MIDDLE)), Line(0, X, TOP, str(MIDDLE - BEND))]


@pytest.mark.parametrize("columns", range(1, RAILS + 2))
def test_the_stylesheet_makes_room_for_each_column(columns: int) -> None:
    [room] = re.findall(rf"\.columns-{columns} \.event {{ padding-left: (\d+)px; }}", STYLE)
    [left] = re.findall(r"\.gutter {[^}]* left: (\d+)px;", STYLE)
    assert int(room) >= int(left) + X + PITCH * (columns - 1) + TIP + HEAD


@pytest.mark.parametrize("rail", range(RAILS))
def test_the_stylesheet_has_a_colour_for_each_rail(rail: int) -> None:
    assert f".gutter .rail-{rail} {{ color: var(--rail-{rail}); }}" in STYLE
