"""The arrows from causes to what they caused: which way they go, before anything is drawn."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.causes import RAILS, Row, causes, rows
from store.event import Event
from tests.conftest import NOON

Caused = Sequence[int | None]


def happened(id: str, cause: str = "") -> Event:
    return Event(id, "A-1", f"{id}Happened", NOON, "shop", causation_id=cause)


def picture(caused: Caused) -> list[str]:
    """One letter for each column of a row: `●` an event, `▼` one whose arrow comes straight from above."""
    drawn = rows(caused)
    return ["".join(_letter(row, column) for column in range(_width(drawn))).rstrip() for row in drawn]


def _width(drawn: Sequence[Row]) -> int:
    return max((row.at + 1 for row in drawn if row.at is not None), default=0)


def _letter(row: Row, column: int) -> str:
    passes = any(strand.column == column for strand in row.strands)
    if column == row.at:
        return "▼" if row.arrow and row.arrow.column == column else "●"
    if row.arrow is None or row.at is None:
        return "│" if passes else " "
    if column == row.arrow.column:
        left = column < row.at
        return ("├" if left else "┤") if passes else ("╯╰" if row.arrow.from_above else "╮╭")[left]
    within = min(row.arrow.column, row.at) < column < max(row.arrow.column, row.at)
    return ("┼" if passes else "─") if within else ("│" if passes else " ")


@pytest.mark.parametrize(
    ("caused", "expected"),
    [
        ([None, 0], ["●", "▼"]),
        ([None, None, 0, None], ["●", "│", "▼", ""]),
        ([None, 0, 0, 0], ["●", "├●", "├●", "╰●"]),
        ([None, 0, 0, 1, 2], ["●", "├●", "▼│", "│▼", "▼"]),
        ([None, None, 0, 1, 0, 1], ["●", "│●", "├┼●", "│├●", "╰┼●", " ╰●"]),
        ([None, None, 0, 1, None, 4], ["●", "│●", "▼│", " ▼", "●", "▼"]),
    ],
    ids=["a pair", "others between", "siblings", "carried on", "crossing", "columns freed"],
)
def test_what_comes_later_is_led_to_downwards(caused: Caused, expected: list[str]) -> None:
    assert picture(caused) == expected


@pytest.mark.parametrize(
    ("caused", "expected"),
    [
        ([1, None], ["╭●", "●"]),
        ([2, 2, None, 2], ["╭●", "├●", "●", "╰●"]),
        ([1, 2, None], ["╭●", "●╮", " ●"]),
        ([1, 0], ["●╮", "╰●"]),
        ([1, 2, 0], ["●╮", "│●╮", "╰─●"]),
        ([3, 3, None, 2, 2], ["╭●", "├●", "│●", "●┤", " ╰●"]),
    ],
    ids=["a pair", "both ways", "a chain", "a circle", "a circle of three", "a cause between"],
)
def test_what_stands_above_its_cause_is_led_to_upwards(caused: Caused, expected: list[str]) -> None:
    assert picture(caused) == expected


def test_a_chain_is_one_line() -> None:
    assert picture([None, *range(19)]) == ["●", *["▼"] * 19]


def test_one_cause_of_many_takes_two_columns() -> None:
    assert picture([None, *[0] * 50]) == ["●", *["├●"] * 49, "╰●"]


def test_the_cause_beyond_the_last_column_has_no_arrows() -> None:
    assert picture([None] * 5 + [4, *range(5)]) == [
        *("●", "│●", "││●", "│││●", "││││", "││││"),
        *("▼│││", " ▼││", "  ▼│", "   ▼", ""),
    ]


def test_with_all_columns_taken_there_is_room_for_an_end() -> None:
    assert picture([None] * 4 + [0, 0, 1, 2, 3])[4] == "├┼┼┼●"


def test_nothing_is_drawn_where_nothing_was_caused() -> None:
    assert picture([None] * 3) == ["", "", ""]
    assert rows([]) == []


def test_a_cause_is_found_among_the_events_on_the_page() -> None:
    history = [happened("a", "elsewhere"), happened("b", "a"), happened("c", "c"), happened("d", "e"), happened("e")]
    assert causes(history) == [None, 0, None, 4, None]


def test_of_two_events_with_one_id_the_first_is_the_cause() -> None:
    assert causes([happened("a"), happened("b", "a"), happened("a"), happened("c", "a")]) == [None, 0, None, 0]


def test_an_event_without_a_cause_is_not_caused_by_one_without_an_id() -> None:
    assert causes([happened(""), happened("b")]) == [None, None]


def placed(back: Sequence[int | None]) -> list[int | None]:
    """Of how many rows each cause is back from its effect, where there is such a row."""
    places = [None if it is None else row - it for row, it in enumerate(back)]
    return [at if at is not None and at != row and 0 <= at < len(back) else None for row, at in enumerate(places)]


any_causes = st.lists(st.none() | st.integers(1, 8) | st.integers(-25, 25), max_size=25).map(placed)
"""Mostly of events before, as it is in life."""


def traced(drawn: Sequence[Row], row: int) -> int:
    """From an event along its arrow, as whoever looks at it follows the line: the row of the event where it begins."""
    arrow = drawn[row].arrow
    assert arrow is not None
    step = -1 if arrow.from_above else 1
    while True:
        row += step
        [strand] = [strand for strand in drawn[row].strands if strand.column == arrow.column]
        assert strand.below if step == -1 else strand.above, "it reaches the edge towards the effect"
        if drawn[row].at == arrow.column:
            return row
        assert strand.above and strand.below, "it goes through"


@given(any_causes)
def test_every_arrow_leads_back_to_its_cause(caused: Caused) -> None:
    drawn = rows(caused)
    found = {row: traced(drawn, row) for row, it in enumerate(drawn) if it.arrow}
    assert found == {row: caused[row] for row in found}


@given(any_causes)
def test_no_line_ends_in_nothing(caused: Caused) -> None:
    """What leaves a row enters the next one in the same column, and the other way round."""
    drawn = [Row(), *rows(caused), Row()]
    for upper, lower in pairwise(drawn):
        leaving = [strand.column for strand in upper.strands if strand.below]
        leaving += [it.column for it in [upper.arrow] if it and not it.from_above and it.column not in leaving]
        entering = [strand.column for strand in lower.strands if strand.above]
        entering += [it.column for it in [lower.arrow] if it and it.from_above and it.column not in entering]
        assert sorted(leaving) == sorted(entering)
        assert len(set(leaving)) == len(leaving)


@given(any_causes)
def test_all_that_an_event_caused_has_an_arrow_unless_the_columns_are_taken(caused: Caused) -> None:
    drawn = rows(caused)
    spans = {it: [it, *(row for row, cause in enumerate(caused) if cause == it)] for it in caused if it is not None}
    with_arrows = {cause for cause, it in zip(caused, drawn, strict=True) if it.arrow}
    for cause, span in spans.items():
        assert len({drawn[row].arrow is None for row in span if caused[row] == cause}) == 1, "all or none"
        beside = [it for it in with_arrows if it is not None and min(spans[it]) <= min(span) <= max(spans[it])]
        assert cause in with_arrows or len(beside) >= RAILS


@given(any_causes)
def test_the_gutter_is_no_wider_than_it_may_be(caused: Caused) -> None:
    assert _width(rows(caused)) <= RAILS + 1
