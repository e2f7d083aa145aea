"""What could be better in a valid rule, and what is fine though it looks alike. docs/lint has the plain cases."""

import pytest

from rules.diagnostic import Level
from store.event import DAY
from tests.rules.advice.advised import advice, checks

ORDINARY = "A: {within: 1h}\nB: {after: A, within: 2h}"


def test_an_ordinary_rule_is_fine() -> None:
    assert checks(ORDINARY, "grace: 1m\nwithin: 4h\norphans: flag\ncancel: Off") == []


def test_advice_is_a_warning_at_its_place_and_sorted() -> None:
    found = advice("A: {within: 3h, warn: 5h}\nB: {after: A, within: 9h}", "within: 4h")
    assert [(it.line, it.column, it.check, it.severity) for it in found] == [
        (6, 25, "warns-at-once", Level.WARNING),
        (7, 25, "never-counts", Level.WARNING),
    ]


@pytest.mark.parametrize(
    ("steps", "whole"),
    [
        ("A: {within: 1h}\nB: {within: 1h, after: [start, A]}", ""),
        ("A: {within: 1h, optional: true}\nB: {optional: true}\nC: {after: [A, B], within: 1h}", ""),
        ("A: {within: 1h, optional: true}\nB: {within: 1h}\nC: {after_any: [A, B], within: 1h}", ""),
        ("A: {within: 4h}\nB: {after: A, within: 4h}\nC: {after: B}", "within: 5h"),
        ("A: {within: 1h, warn: 50m}\nB: {within: 1h, warn: 99%}", ""),
        ("A: {due: start.by, warn: 9h}", ""),
        ("A: {within: 1h, expires: 1d}\nB: {after: A, within: 1d, needs: A}", ""),
        ("A: {within: 1h, expires: 1d}\nB: {due: start.by, needs: A}", ""),
        ("A: {within: 1h, expires: 1d}\nB: {after: A, within: 9d, needs: A}", "within: 10h\ndescription: it ends"),
        ("A: {within: 1d, expires: 1d}\nB: {within: 2d, needs: A}", ""),
        ("A: {within: 1h, undone_by: U, undo_within: 1h}\nB: {within: 1h, fails_on: F}", ""),
        ("A: {optional: true, undone_by: U, undo_within: 1h, leave_behind: true}", "cancel: Off"),
        ("A: {optional: true, late: case}", "within: 1h"),
        ("Placed: {within: 1h, times: 2}", ""),
        ("Placed: {within: 1h, at_most: 1}", ""),
        ("Placed: {within: 1h, where: paid}", ""),
        ("A: {event: E, within: 1h}\nB: {event: E, within: 2h, when: start.big}", ""),
        ("A: {event: E, within: 1h, where: n == 1}\nB: {event: E, after: A, within: 2h, where: n == 2}", ""),
        ("A: {event: [E, F], within: 1h}\nB: {event: E, after: A, within: 2h}", ""),
        ("A: {event: E, where: ok, within: 1h, fails_on: E}", ""),
        ("A: {within: 1h, undone_by: {event: A, where: amount < 0}, undo_within: 1h}", "cancel: Off"),
        ("A: {within: 1h}\nOff: {optional: true, within: 1h}", "cancel: Off"),
        ("A: {event: [Done, Off], within: 1h}", "cancel: Off"),
        ("A: {within: 1h, when: start.odd, event: Off}", "cancel: Off"),
    ],
)
def test_this_is_fine(steps: str, whole: str) -> None:
    assert [found for found in checks(steps, whole) if found != "never-counts"] == []


@pytest.mark.parametrize(
    ("steps", "whole", "check"),
    [
        ("A: {within: 1h, optional: true}\nB: {within: 1h}\nC: {after: [A, B], within: 1h}", "", "mixed-after"),
        ("A: {at_most: 0}\nB: {within: 1h}\nC: {after: [A, B], within: 1h}", "", "mixed-after"),
        ("A: {within: 5h}", "within: 5h", "never-counts"),
        ("A: {within: 2h, warn: 2h}", "", "warns-at-once"),
        ("A: {warn: 5h}", "within: 5h", "warns-at-once"),
        ("A: {within: 1h, expires: 1d}\nB: {after: A, within: 25h, needs: A}", "", "hold-lapses"),
        ("A: {within: 1h, expires: 1d}\nB: {within: 26h, needs: A}", "", "hold-lapses"),
        ("A: {within: 1h, expires: 1d}", "", "no-effect"),
        ("A: {within: 1h, leave_behind: true}", "", "no-effect"),
        (
            "A: {within: 1h, undone_by: U, undo_within: 1h}\nB: {optional: true, fails_on: F}",
            "ends_on: Over",
            "no-effect",
        ),
        ("A: {optional: true, late: case}", "", "no-effect"),
        ("A: {event: [X, Placed], within: 1h}", "", "start-again"),
        ("Placed: {at_most: 0}", "", "start-again"),
        ("A: {event: E, within: 1h, where: n == 1}\nB: {event: E, after: A, within: 2h}", "", "same-event"),
        ("A: {event: E, within: 1h}\nM: {after: A, within: 1h}\nB: {event: E, after: M, within: 2h}", "", "same-event"),
        ("A: {event: E, within: 1h}\nB: {event: [F, E], after_any: [start, A], within: 2h}", "", "same-event"),
        ("A: {within: 1h, fails_on: [F, A]}", "", "two-roles"),
        ("A: {within: 1h, fails_on: {event: A, where: broken}}", "", "two-roles"),
        ("A: {within: 1h, undone_by: A, undo_within: 1h}", "cancel: Off", "two-roles"),
        ("A: {within: 1h}\nB: {event: {event: Off, where: late}, within: 1h}", "cancel: Off", "two-roles"),
        ("A: {within: 1h}", "orphans: flag", "hasty-orphans"),
    ],
)
def test_this_is_told_once(steps: str, whole: str, check: str) -> None:
    assert checks(steps, whole) == [check]


def test_a_lookup_can_fail_a_step_so_that_others_are_undone() -> None:
    truth = "truth: {get: 'https://a.example', confirmed: code == 200, absent: code == 404}"
    assert checks(f"A: {{within: 1h, undone_by: U, undo_within: 1h}}\nB: {{within: 1h, {truth}}}") == []


def test_of_a_chain_only_the_first_step_without_time_is_told() -> None:
    chain = "\n".join(f"S{n}: {{after: {f'S{n - 1}' if n else 'start'}, within: 3h}}" for n in range(9))
    assert [(it.check, it.line) for it in advice(chain, "within: 5h")] == [("out-of-reach", 8)]


def test_a_deadline_that_never_counts_is_not_told_again_of_what_comes_after() -> None:
    assert checks("A: {within: 9h}\nB: {after: A, within: 1h}", "within: 5h") == ["never-counts"]


def test_the_longest_way_is_named() -> None:
    (found,) = advice("A: {within: 2h}\nB: {after: A, within: 4h}\nC: {after: [A, B], within: 1h}", "within: 5h")
    assert '"B" may take until 6 h after the start' in found.message


@pytest.mark.parametrize(
    ("steps", "whole", "told"),
    [
        ("A: {within: 29d}", "", []),
        ("A: {within: 30d}", "", ["beyond-retention"]),
        ("A: {within: 29d}", "grace: 1d", ["beyond-retention"]),
        ("A: {within: 20d}\nB: {after: A, within: 20d}", "", ["beyond-retention"]),
        ("A: {within: 20d}\nB: {after: A, within: 20d, optional: true}", "", []),
        ("A: {within: 20d}\nB: {after: A, within: 20d}", "within: 25d", []),
        ("A: {due: start.by}", "", []),
        ("A: {}", "within: 31d", ["beyond-retention"]),
    ],
)
def test_deadlines_beyond_retention(steps: str, whole: str, told: list[str]) -> None:
    assert checks(steps, whole, 30 * DAY) == told


def test_of_steps_that_nobody_owns_each_is_named_unless_it_is_all() -> None:
    told = [it.message for it in advice("A: {within: 1h, owner: a}\nB: {within: 1h}\nC: {within: 1h}", owner="")]
    assert told == ['nobody owns the step "B"', 'nobody owns the step "C"']
    assert [it.message for it in advice(ORDINARY, owner="")] == ['nobody owns the workflow "w"']
    assert advice("A: {within: 1h, owner: a}", owner="") == []
