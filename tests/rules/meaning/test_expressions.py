"""rules-language.md §1, "Expressions": what names reach, and how values compare."""

import pytest

from tests.rules.both import Both


def asked(when: str) -> str:
    """A rule whose last step is expected only if the expression is true."""
    others = "  Paid: {within: 10s}\n  'Send Fine': {within: 10s}"
    return f"steps:\n{others}\n  A:\n    within: 20s\n    when: >-\n      {when}"


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("start.n == 2", True),
        ("Placed.n == 2", True),
        ("Placed.n == 2.0", True),
        ("Placed.big == 9007199254740993", True),
        ("Placed.big == 9007199254740992", False),
        ('Placed.n == "2"', False),
        ('Placed.n != "2"', False),
        ("has(Placed.none)", False),
        ("has(Placed.empty)", True),
        ("Placed.deep.er.n == 3", True),
        ("has(Placed.deep.n)", False),
        ("Placed.n + 1 > 2 && Placed.n * 2 == 4 && Placed.n - 3 == -1", True),
        ("3 / Placed.n == 1.5", True),
        ("size(Placed.tags) == 2 && size(Placed.text) == 4", True),
        ('"x" in Placed.tags', True),
        ('Placed.text in ["größe", "groß"]', True),
        ('Placed.text.startsWith("gr") && Placed.text.endsWith("ß") && Placed.text.contains("ro")', True),
        ('Placed.text.matches("^gr.ß$")', True),
        ('timestamp(Placed.day) == timestamp("2025-11-20T00:00:00Z")', True),
        ('timestamp(Placed.day) + duration("1h") > timestamp("2025-11-20T00:59:59Z")', True),
        ('Placed.day < "2025-11-21"', True),
        ('"B" < "a"', True),
        ("Placed.tags == Placed.tags", False),
        ("Placed.yes == true && Placed.yes", True),
        ("Placed.n || Placed.yes", True),
        ("Placed.n && Placed.yes", False),
    ],
)
def test_an_expression_holds_or_not(both: Both, when: str, holds: bool) -> None:
    placed = (
        '{"n": 2, "big": 9007199254740993, "none": null, "empty": {}, "deep": {"er": {"n": 3}}, "tags": ["x", "y"],'
        ' "text": "groß", "day": "2025-11-20", "yes": true}'
    )
    assert both.states(asked(when), f"0 Placed {placed}", 5)[2] == ("pending" if holds else "skipped")


def test_the_attribute_of_a_step_is_that_of_its_first_event(both: Both) -> None:
    assert both.states(asked("Paid.n == 1"), '0 Placed; 2 Paid {"n": 2}; 1 Paid {"n": 1}', 5)[2] == "pending"


def test_a_step_whose_name_is_no_identifier_is_reached_through_steps(both: Both) -> None:
    rule = asked('steps["Send Fine"].n == 1').replace("'Send Fine': {", "'Send Fine': {event: Fined, ")
    assert both.states(rule, '0 Placed; 1 Fined {"n": 1}', 5)[2] == "pending"


def test_a_bare_name_is_an_attribute_of_the_event_at_hand_but_the_names_of_steps_win(both: Both) -> None:
    rule = "steps: {Paid: {within: 10s}, A: {within: 10s, match: amount == 1 && Paid.amount == 2}}"
    events = '0 Placed; 1 Paid {"amount": 2}; 2 A {"amount": 1, "Paid": {"amount": 3}}'
    assert both.findings(rule, events) == []
