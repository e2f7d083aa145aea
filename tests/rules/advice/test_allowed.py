"""How late steps may be by their own deadlines."""

import pytest

from rules.advice.allowed import allowed_since
from store.event import HOUR
from tests.rules.advice.advised import workflow


def hours(steps: str, origin: str = "start") -> dict[str, float]:
    allowed = allowed_since(workflow(steps, "within: 1000h"), origin)
    return {name: micros / HOUR for name, micros in allowed.items() if name != origin}


def test_a_chain_adds_up() -> None:
    steps = "A: {within: 1h}\nB: {after: A, within: 2h}\nC: {after: B, within: 30m}"
    assert hours(steps) == {"A": 1, "B": 3, "C": 3.5}
    assert hours(steps, "A") == {"B": 2, "C": 2.5}


def test_a_diamond_takes_as_long_as_its_longer_side() -> None:
    steps = "A: {within: 1h}\nB: {after: A, within: 2h}\nC: {after: A, within: 5h}\nD: {after: [B, C], within: 1h}"
    assert hours(steps)["D"] == 7
    assert hours(steps, "A")["D"] == 6
    assert hours(steps, "B") == {"D": 1}


def test_what_counts_from_any_of_several_counts_from_the_shortest() -> None:
    assert hours("A: {within: 1h}\nB: {within: 5h}\nC: {after_any: [A, B], within: 1h}")["C"] == 2


@pytest.mark.parametrize("perhaps", ["optional: true", "when: start.big", "times: start.boxes"])
def test_what_may_not_come_does_not_make_others_come_first(perhaps: str) -> None:
    assert hours(f"A: {{within: 1h, {perhaps}}}\nB: {{within: 5h}}\nC: {{after_any: [A, B], within: 1h}}")["C"] == 6
    both = f"A: {{within: 1h, {perhaps}}}\nB: {{within: 5h, {perhaps}}}\nC: {{after_any: [A, B], within: 1h}}"
    assert hours(both)["C"] == 6


def test_what_is_sure_bounds_the_first_of_several_even_if_others_are_bounded_by_nothing() -> None:
    assert hours("A: {within: 1h}\nB: {due: start.by}\nC: {after_any: [A, B], within: 1h}") == {"A": 1, "C": 2}
    optional = "A: {within: 1h, optional: true}\nB: {due: start.by}\nC: {after_any: [A, B], within: 1h}"
    assert hours(optional) == {"A": 1}


def test_what_comes_after_something_without_a_deadline_is_bounded_by_nothing() -> None:
    steps = "A: {due: start.by}\nB: {within: 1h}\nC: {after: [A, B], within: 1h}\nD: {after: C, within: 1h}"
    assert hours(steps) == {"B": 1}
    assert hours(steps, "A") == {"C": 1, "D": 2}


def test_from_a_step_only_what_comes_after_it_is_told() -> None:
    assert hours("A: {within: 1h}\nB: {within: 1h}\nC: {after: A, within: 1h}", "B") == {}
