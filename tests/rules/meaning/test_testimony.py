"""rules-language.md §2: testimony, a truth lookup's or an operator's word."""

import pytest

from tests.rules.both import Both, event, happened, instant

PAID = "steps: {Paid: {within: 10s}}"


def test_confirmed_fulfils_the_step_at_its_time(both: Both) -> None:
    found = both.verdict(PAID, "0 Placed; 10 confirmed(Paid)")
    assert (found.state, found.steps[0].state, found.steps[0].at) == ("complete", "on_time", instant(10))
    assert both.findings(PAID, "0 Placed; 11 confirmed(Paid)") == ["Paid late 11"]


def test_confirmed_is_exempt_from_where_match_and_at_most(both: Both) -> None:
    rule = "steps: {Paid: {where: amount > 1, match: amount == Placed.amount, at_most: 0}}"
    assert both.findings(rule, '0 Placed {"amount": 5}; 3 confirmed(Paid)') == []
    assert both.states(rule, '0 Placed {"amount": 5}; 3 confirmed(Paid)') == ["on_time"]


def test_confirmed_counts_as_no_event_of_those_that_times_asks_for(both: Both) -> None:
    step = both.verdict("steps: {Paid: {times: 3, within: 10s}}", "0 Placed; 1 Paid; 5 confirmed(Paid)").steps[0]
    assert (step.state, step.at, step.count, step.needed) == ("on_time", instant(5), 1, 3)


def test_absent_counts_as_what_the_step_fails_on(both: Both) -> None:
    found = both.verdict(PAID, "0 Placed; 5 absent(Paid)", 6)
    assert (found.state, found.steps[0].state) == ("failed", "failed")
    assert both.findings(PAID, "0 Placed; 50 absent(Paid)") == ["Paid failed 50"]


def test_absent_and_an_event_it_fails_on_the_earlier_of_both_counts(both: Both) -> None:
    rule = "steps: {Paid: {within: 10s, fails_on: Declined}}"
    assert both.findings(rule, "0 Placed; 5 absent(Paid); 7 Declined") == ["Paid failed 5"]
    assert both.findings(rule, "0 Placed; 9 absent(Paid); 7 Declined") == ["Paid failed 7"]


def test_the_latest_testimony_counts(both: Both) -> None:
    assert both.states(PAID, "0 Placed; 3 confirmed(Paid); 5 absent(Paid)") == ["failed"]
    assert both.states(PAID, "0 Placed; 3 absent(Paid); 5 confirmed(Paid)") == ["on_time"]
    assert both.states(PAID, "0 Placed; 3 absent(Paid); 5 confirmed(Paid)", 4) == ["failed"]


def test_of_testimony_at_one_instant_the_greater_id_counts(both: Both) -> None:
    assert both.states(PAID, "0 Placed; 3 confirmed(Paid); 3 absent(Paid)") == ["failed"]
    assert both.states(PAID, "0 Placed; 3 absent(Paid); 3 confirmed(Paid)") == ["on_time"]


@pytest.mark.parametrize("word", ["confirmed", "absent"])
def test_testimony_before_the_real_event_is_ignored_as_soon_as_that_comes(both: Both, word: str) -> None:
    events = f"0 Placed; 3 {word}(Paid); 20 Paid"
    assert both.states(PAID, events, 19) == ["on_time" if word == "confirmed" else "failed"]
    assert both.findings(PAID, events, 20) == ["Paid late 20"]


@pytest.mark.parametrize("word", ["confirmed", "absent"])
def test_testimony_after_the_real_event_is_ignored(both: Both, word: str) -> None:
    found = both.verdict(PAID, f"0 Placed; 5 Paid; 7 {word}(Paid)")
    assert (found.steps[0].state, found.steps[0].at) == ("on_time", instant(5))


def test_testimony_counts_until_as_many_real_events_as_needed_have_come(both: Both) -> None:
    rule = "steps: {Paid: {times: 2, within: 10s}}"
    assert both.findings(rule, "0 Placed; 1 Paid; 20 confirmed(Paid)") == ["Paid late 20"]
    assert both.findings(rule, "0 Placed; 1 Paid; 20 confirmed(Paid); 9 Paid") == []


def test_confirmed_fulfils_also_before_the_start_and_absent_does_nothing_there(both: Both) -> None:
    assert both.states(PAID, "0 Placed; -3 confirmed(Paid)") == ["on_time"]
    assert both.states(PAID, "0 Placed; -3 absent(Paid)") == ["missing"]
    assert both.states(PAID, "0 Placed; 0 absent(Paid)") == ["failed"]


def test_confirmed_counts_while_times_is_not_yet_known(both: Both) -> None:
    rule = "steps: {Packed: {within: 10s}, Shipped: {times: Packed.parcels, within: 20s}}"
    step = both.verdict(rule, "0 Placed; 5 confirmed(Shipped)").steps[1]
    assert (step.state, step.count, step.needed) == ("on_time", 0, None)


def test_a_confirmed_step_has_its_first_event_but_none_of_its_attributes(both: Both) -> None:
    rule = """
        steps:
          Paid: {within: 10s}
          Checked: {when: Paid.amount > 5, within: 10s}
          Thanked: {when: '!has(Paid.amount)', within: 10s}
        """
    assert both.states(rule, "0 Placed", 1) == ["pending", "waiting", "waiting"]
    assert both.states(rule, "0 Placed; 1 confirmed(Paid)", 1) == ["on_time", "skipped", "pending"]


def test_testimony_on_a_skipped_step_changes_nothing(both: Both) -> None:
    rule = "steps: {Paid: {when: Placed.dear, within: 10s}}"
    assert both.states(rule, "0 Placed; 3 absent(Paid)") == ["skipped"]
    assert both.states(rule, "0 Placed; 30 confirmed(Paid)") == ["skipped"]


def test_testimony_matches_nothing_in_a_rule(both: Both) -> None:
    rule = "start: [Placed, confirmed]\nsteps: {Paid: {event: [Paid, confirmed], within: 10s}, Sent: {within: 50s}}"
    assert both.answer(rule, "0 confirmed(Sent)") is None
    assert both.states(rule, "0 Placed; 1 confirmed(Sent)") == ["missing", "on_time"]
    assert both.states(rule, [*happened("0 Placed"), event("1 confirmed", "1", "noshow")]) == ["missing", "missing"]


def test_what_another_source_says_is_no_testimony(both: Both) -> None:
    said = '5 confirmed {"workflow": "flow", "step": "Paid"}'
    assert both.states(PAID, [*happened("0 Placed"), event(said, "1", "shop")]) == ["missing"]
    assert both.states(PAID, [*happened("0 Placed"), event(said, "1", "noshow")]) == ["on_time"]


@pytest.mark.parametrize(
    "said",
    ['{"workflow": "other", "step": "Paid"}', '{"workflow": "flow", "step": "Sent"}', '{"workflow": "flow"}', "{}"],
)
def test_testimony_on_another_step_or_workflow_says_nothing_of_this_one(both: Both, said: str) -> None:
    events = [*happened("0 Placed"), event(f"5 confirmed {said}", "1", "noshow")]
    assert both.states(PAID, events) == ["missing"]


def test_testimony_is_stored_and_may_be_the_last_event(both: Both) -> None:
    found = both.verdict(PAID, "0 Placed; 5 confirmed(Paid)")
    assert (found.stored, found.last_event, found.last_event_at) == (2, "confirmed", instant(5))
