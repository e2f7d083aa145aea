"""rules-language.md §2: which events count, in which order, and that an instance has one life."""

from itertools import permutations

from rules.verdict import InstanceState, Unopened
from tests.rules.both import Both, event, happened, instant
from tests.rules.shop import NOON

PAID = "steps: {Paid: {within: 10s}}"


def test_of_differing_copies_the_one_with_the_earliest_time_counts(both: Both) -> None:
    copies = [*happened("0 Placed"), event("12 Paid", "p"), event("10 Paid", "p")]
    found = both.verdict(PAID, copies)
    assert (found.steps[0].at, found.stored, found.conflicts) == (instant(10), 3, 1)


def test_of_differing_copies_of_one_time_the_smallest_content_counts(both: Both) -> None:
    copies = [*happened("0 Placed"), event('5 Paid {"by": "b"}', "p"), event('5 Paid {"by": "a"}', "p")]
    assert both.verdict(f"{PAID}\ncustomer: Paid.by", copies).customer == "a"
    copies = [*happened("0 Placed"), event("5 Paid", "p"), event("5 Noise", "p")]
    assert both.states(PAID, copies, 6) == ["pending"]


def test_a_copy_that_does_not_count_opens_nothing(both: Both) -> None:
    assert both.answer(PAID, [event("5 Placed", "1"), event("4 Noise", "1")]) is None


def test_an_id_of_another_source_is_another_event(both: Both) -> None:
    events = [event("0 Placed", "1"), event("5 Paid", "1", "bank"), event("5 Paid", "1", "till")]
    found = both.verdict("steps: {Paid: {times: 2, within: 10s}}", events)
    assert (found.steps[0].count, found.stored, found.conflicts) == (2, 3, 0)


def test_redelivery_and_arrival_order_never_change_the_answer(both: Both) -> None:
    rule = "steps: {Paid: {within: 10s}, Shipped: {after: Paid, within: 5s, at_most: 1}}"
    events = happened("0 Placed; 4 Paid; 8 Shipped; 11 Paid")
    answers = {both.verdict(rule, [*order, order[0]]) for order in list(permutations(events))[::5]}
    assert len(answers) == 1


def test_events_are_ordered_by_time_then_id_then_source(both: Both) -> None:
    rule = "customer: Placed.x\nsteps: {Paid: {within: 10s}}"
    tied = [
        event('0 Placed {"x": "last"}', "b", "a"),
        event('0 Placed {"x": "second"}', "a", "é"),
        event('0 Placed {"x": "first"}', "a", "z"),
    ]
    assert both.verdict(rule, tied).customer == "first"
    assert both.verdict(rule, [*tied, event("0 Noise", "aa")]).last_event == "Placed"


def test_one_life_the_earliest_start_opens_it_and_later_ones_open_nothing(both: Both) -> None:
    found = both.verdict(PAID, "7 Placed; 3 Placed; 13 Paid; 20 Placed")
    assert (found.start, found.steps[0].state) == (instant(3), "on_time")


def test_one_life_does_not_begin_anew_after_its_end(both: Both) -> None:
    found = both.verdict(f"cancel: Cancelled\n{PAID}", "0 Placed; 5 Cancelled; 6 Placed; 7 Paid")
    assert (found.start, found.state) == (NOON, InstanceState.CANCELLED)


def test_an_instance_exists_once_an_event_matches_start(both: Both) -> None:
    assert both.answer(PAID, "0 Paid") is None
    assert both.answer(PAID, "0 Paid; 9 Placed; 7 Noise", 5) == Unopened("flow", "c", instant(7))
    assert both.states(PAID, "0 Paid; 9 Placed", 9) == ["on_time"]


def test_only_events_not_after_the_instant_exist(both: Both) -> None:
    before = both.verdict(PAID, "0 Placed; 5 Paid", 4.999999)
    assert (before.steps[0].state, before.wake_at) == ("pending", instant(5))
    assert both.states(PAID, "0 Placed; 5 Paid", 5) == ["on_time"]


def test_where_sees_only_the_event_at_hand_and_unknown_is_false(both: Both) -> None:
    rule = "steps: {Paid: {where: amount > 1, within: 10s}}"
    assert both.states(rule, '0 Placed {"amount": 5}; 1 Paid') == ["missing"]
    assert both.states(rule, '0 Placed; 1 Paid {"amount": "5"}') == ["missing"]
    assert both.states(rule, '0 Placed; 1 Paid {"amount": 5}') == ["on_time"]
