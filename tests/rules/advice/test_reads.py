"""What a rule reads of which events, and as what."""

import pytest

from rules.advice.reads import reads
from rules.expression_types import ATTRIBUTE, COMPARABLE, Type
from tests.rules.advice.advised import workflow

TEXT, NUMBER, BOOLEAN = Type.TEXT, Type.NUMBER, Type.BOOLEAN


def wanted(when: str) -> dict[str, Type]:
    found = reads(workflow(f"A: {{within: 1h}}\nB:\n  within: 1h\n  when: '{when}'"))
    return {f"{'/'.join(read.events)}.{'.'.join(read.path)}": read.wanted for read in found}


@pytest.mark.parametrize(
    ("when", "type_"),
    [
        ("start.x", BOOLEAN),
        ("!start.x", BOOLEAN),
        ("start.x && true", BOOLEAN),
        ('start.x == "a"', TEXT),
        ("3 < start.x", NUMBER),
        ('start.x in ["a", 1]', TEXT | NUMBER),
        ('"a" in start.x', Type.LIST),
        ("start.x + 1 > 2", NUMBER | TEXT),
        ("start.x * 2 > 2", NUMBER),
        ("-start.x > 2", NUMBER),
        ("size(start.x) > 2", TEXT | Type.LIST | Type.OBJECT),
        ('start.x.startsWith("a")', TEXT),
        ('timestamp(start.x) > timestamp("2026-01-01")', TEXT | NUMBER),
        ("has(start.x)", ATTRIBUTE),
    ],
)
def test_the_type_that_a_use_needs(when: str, type_: Type) -> None:
    assert wanted(when) == {"Placed.x": type_}


def test_two_attributes_can_be_compared_as_anything_comparable() -> None:
    comparable = ATTRIBUTE & COMPARABLE
    assert wanted("start.x == A.y") == {"Placed.x": comparable, "A.y": comparable}


def test_odd_and_nested_names() -> None:
    assert wanted('start["odd name"].deep["a.b"] == 1') == {"Placed.odd name.deep.a.b": NUMBER}


def test_everything_that_reads_is_looked_at_and_whose_attribute_it_is() -> None:
    whole = (
        "cancel: {event: Off, where: a == 1}\nends_on: [Over, {event: Gone, where: b == 1}]\n"
        "at_risk: {value: start.c, unit: start.d}\ncustomer: Placed.e"
    )
    steps = (
        "A: {event: [E, F], where: f == 1, within: 1h, fails_on: {event: G, where: g == 1}}\n"
        "B: {due: A.h, match: i == A.j, times: start.k, undone_by: {event: U, where: l == 1}, undo_within: 1h}"
    )
    found = sorted({("/".join(read.events), *read.path) for read in reads(workflow(steps, whole))})
    assert found == sorted(
        [
            *(("Off", "a"), ("Gone", "b"), ("Placed", "c"), ("Placed", "d"), ("Placed", "e")),
            *(("E", "f"), ("F", "f"), ("G", "g"), ("E/F", "h"), ("B", "i"), ("E/F", "j"), ("Placed", "k"), ("U", "l")),
        ]
    )


def test_what_requests_are_filled_in_with_is_read_as_anything() -> None:
    steps = """
A:
  within: 1h
  truth:
    get: https://a.example/{start.a}
    headers: {X-B: "{A.b}"}
    confirmed: response.z == 1
    absent: code == 404
  actions:
    again: {label: Again, post: "https://a.example/{A.c}", body: {list: ["{start.d}", 1], deep: {e: "x{start.e}"}}}
"""
    found = list(reads(workflow(steps)))
    assert sorted((*read.events, *read.path) for read in found) == [
        *(("A", "b"), ("A", "c"), ("Placed", "a"), ("Placed", "d"), ("Placed", "e")),
    ]
    assert {read.wanted for read in found} == {ATTRIBUTE}


def test_what_the_expression_itself_asks_for_may_be_absent() -> None:
    steps = "A: {within: 1h}\nB: {within: 1h, when: 'has(start.x) && start.x > 1 && start.y > 1'}"
    assert {(read.path, read.guarded) for read in reads(workflow(steps))} == {(("x",), True), (("y",), False)}


def test_each_place_is_told() -> None:
    (read,) = reads(workflow("A: {within: 1h, when: start.paid}"))
    assert (read.at.line, read.at.column) == (5, 25)
