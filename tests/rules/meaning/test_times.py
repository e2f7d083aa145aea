"""rules-language.md §2: how many events a step takes, and how many are too many."""

import pytest

from tests.rules.both import Both, happened, instant

ITEMS = "steps: {Packed: {times: Placed.items, within: 10s}}"


def test_a_step_is_fulfilled_by_its_nth_event(both: Both) -> None:
    rule = "steps: {Packed: {times: 2, within: 10s}}"
    step = both.verdict(rule, "0 Placed; 3 Packed; 8 Packed; 9 Packed").steps[0]
    assert (step.state, step.at, step.count, step.needed) == ("on_time", instant(8), 3, 2)
    assert both.findings(rule, "0 Placed; 3 Packed; 11 Packed") == ["Packed late 11"]
    assert both.findings(rule, "0 Placed; 3 Packed") == ["Packed missing 10"]


@pytest.mark.parametrize(
    ("items", "needed"),
    [
        ("2", 2),
        ("2.9", 2),
        ("1.0", 1),
        ("-1", 1),
        ("-0.5", 1),
        ('"3"', 1),
        ("true", 1),
        ("null", 1),
        ("[3]", 1),
        ("2147483648", 2147483647),
        ("1e300", 2147483647),
    ],
)
def test_times_is_rounded_down_and_what_is_absent_negative_or_no_number_is_one(
    both: Both, items: str, needed: int
) -> None:
    assert both.verdict(ITEMS, f'0 Placed {{"items": {items}}}').steps[0].needed == needed


@pytest.mark.parametrize("items", ["0", "0.0", "-0.0", "0.9"])
def test_times_of_zero_makes_the_step_skipped(both: Both, items: str) -> None:
    found = both.verdict(ITEMS, f'0 Placed {{"items": {items}}}; 3 Packed')
    assert (found.state, found.steps[0].state, found.steps[0].needed) == ("complete", "skipped", 0)


def test_times_of_zero_skips_even_while_when_is_undecided(both: Both) -> None:
    rule = "steps: {Paid: {within: 10s}, Packed: {when: Paid.all, times: 0, within: 10s}}"
    assert both.states(rule, "0 Placed", 1) == ["pending", "skipped"]


def test_what_comes_after_a_step_of_times_zero_comes_after_its_predecessors(both: Both) -> None:
    rule = "steps: {Paid: {}, Packed: {after: Paid, times: 0, within: 5s}, Sent: {after: Packed, within: 5s}}"
    rule = rule.replace("{}", "{within: 10s}")
    assert both.dues(rule, "0 Placed; 3 Paid; 4 Packed")[2] == 8


def test_times_not_yet_known_leaves_the_step_unfulfilled(both: Both) -> None:
    rule = "steps: {Paid: {within: 10s}, Packed: {times: Paid.items, within: 20s}}"
    step = both.verdict(rule, "0 Placed; 1 Packed; 2 Packed", 5).steps[1]
    assert (step.state, step.at, step.count, step.needed) == ("pending", None, 2, None)
    assert both.states(rule, "0 Placed; 1 Packed; 2 Packed")[1] == "missing"
    step = both.verdict(rule, '0 Placed; 1 Packed; 2 Packed; 9 Paid {"items": 2}').steps[1]
    assert (step.state, step.at, step.needed) == ("on_time", instant(2), 2)


def test_times_waits_until_the_step_it_names_is_fulfilled_and_then_reads_its_first_event(both: Both) -> None:
    rule = "steps: {Paid: {times: 2, within: 10s}, Packed: {times: Paid.items, within: 20s}}"
    assert both.verdict(rule, '0 Placed; 1 Paid {"items": 3}').steps[1].needed is None
    assert both.verdict(rule, '0 Placed; 1 Paid {"items": 3}; 2 Paid {"items": 7}').steps[1].needed == 3


def test_when_and_due_need_only_the_first_event_of_a_step_that_takes_several(both: Both) -> None:
    rule = """
        steps:
          Paid: {times: 2, within: 10s}
          Packed: {when: Paid.dear, due: Paid.promised}
        """
    events = '0 Placed; 1 Paid {"dear": true, "promised": "2025-11-20T12:00:30Z"}'
    assert both.states(rule, events, 5) == ["pending", "pending"]
    assert both.dues(rule, events, 5) == [10, 30]


def test_what_comes_after_a_step_counts_from_its_nth_event(both: Both) -> None:
    rule = "steps: {Packed: {times: 2, within: 10s}, Sent: {after: Packed, within: 5s}}"
    assert both.dues(rule, "0 Placed; 3 Packed", 5) == [10, None]
    assert both.dues(rule, "0 Placed; 3 Packed; 8 Packed", 9) == [10, 13]


def test_more_than_at_most_is_a_duplicate_since_the_first_event_too_many(both: Both) -> None:
    rule = "steps: {Paid: {within: 10s, at_most: 2}}"
    assert both.findings(rule, "0 Placed; 3 Paid; 4 Paid") == []
    assert both.findings(rule, "0 Placed; 3 Paid; 7 Paid; 4 Paid; 9 Paid") == ["Paid duplicate 7"]


def test_redelivery_is_no_duplicate(both: Both) -> None:
    rule = "steps: {Paid: {within: 10s, at_most: 1}}"
    events = happened("0 Placed; 3 Paid")
    assert both.findings(rule, [*events, *events]) == []


def test_at_most_0_forbids_the_event_and_obliges_nothing(both: Both) -> None:
    rule = "steps: {Paid: {within: 10s}, ChargedBack: {at_most: 0, within: 10s}}"
    assert both.verdict(rule, "0 Placed; 1 Paid").state == "complete"
    assert both.findings(rule, "0 Placed; 1 Paid; 5 ChargedBack") == ["ChargedBack duplicate 5"]


@pytest.mark.parametrize(
    ("times", "needed"), [("0 - 1", 1), ("5 / 2", 2), ("1 / 2", 0), ("1 / 0", 1), ("Placed.items - 3", 1)]
)
def test_times_that_is_reckoned_is_rounded_down_and_below_zero_or_unknown_one(
    both: Both, times: str, needed: int
) -> None:
    rule = f"steps: {{Packed: {{times: {times}, within: 10s}}}}"
    assert both.verdict(rule, '0 Placed {"items": 2}').steps[0].needed == needed
