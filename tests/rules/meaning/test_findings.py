"""rules-language.md §2: findings of order, of content and of the end, and since when each holds."""

from tests.rules.both import Both, instant

ORDER = "steps: {Paid: {within: 90s}, Shipped: {after: Paid, within: 90s}}"
MATCH = "steps: {Paid: {within: 90s}, Shipped: {within: 90s, match: amount == Paid.amount}}"


def test_equal_times_are_in_order_and_the_skew_is_forgiven(both: Both) -> None:
    assert both.findings(ORDER, "0 Placed; 5 Paid; 5 Shipped") == []
    assert both.findings(f"skew: 2s\n{ORDER}", "0 Placed; 5 Paid; 3 Shipped") == []
    assert both.findings(f"skew: 2s\n{ORDER}", "0 Placed; 5 Paid; 2.999999 Shipped") == [
        "Shipped out_of_order 2.999999"
    ]


def test_the_start_is_no_predecessor_of_which_order_is_judged(both: Both) -> None:
    assert both.findings(ORDER, "0 Placed; -50 Paid; -40 Shipped") == []


def test_shipped_and_never_paid_is_out_of_order_after_the_grace(both: Both) -> None:
    rule = f"grace: 5s\n{ORDER}"
    patient = both.verdict(rule, "0 Placed; 10 Shipped", 15)
    assert (patient.findings, patient.wake_at) == ((), instant(15) + 1)
    assert both.findings(rule, "0 Placed; 10 Shipped", 15.000001) == ["Shipped out_of_order 15"]
    assert both.findings(rule, "0 Placed; 10 Shipped; 30 Paid", 30) == ["Shipped out_of_order 10"]


def test_shipped_before_a_payment_by_instalments_is_complete_is_out_of_order(both: Both) -> None:
    rule = ORDER.replace("{within: 90s}", "{within: 90s, times: 2}", 1)
    assert both.findings(rule, "0 Placed; 1 Paid; 5 Shipped; 9 Paid") == ["Shipped out_of_order 5"]
    assert both.findings(rule, "0 Placed; 1 Paid; 5 Shipped; 5 Paid") == []


def test_an_absent_optional_predecessor_obliges_nothing_but_counts_if_it_comes(both: Both) -> None:
    rule = ORDER.replace("{within: 90s}", "{optional: true}", 1)
    assert both.findings(rule, "0 Placed; 5 Shipped") == []
    assert both.findings(rule, "0 Placed; 5 Shipped; 6 Paid") == ["Shipped out_of_order 5"]


def test_after_any_asks_that_one_of_them_comes_first(both: Both) -> None:
    rule = "steps: {A: {within: 90s}, B: {within: 90s}, C: {after_any: [A, B], within: 90s}}"
    assert both.findings(rule, "0 Placed; 9 A; 3 B; 4 C") == []
    assert both.findings(rule, "0 Placed; 9 A; 6 B; 4 C") == ["C out_of_order 4"]


def test_match_waits_until_every_step_it_names_has_occurred(both: Both) -> None:
    events = '0 Placed; 3 Shipped {"amount": 1}; 7 Paid {"amount": 2}'
    assert both.findings(MATCH, events, 6) == []
    assert both.findings(MATCH, events, 7) == ["Shipped mismatch 7"]


def test_match_is_judged_on_the_last_event_of_the_step_against_the_first_of_the_other(both: Both) -> None:
    events = '0 Placed; 1 Paid {"amount": 2}; 2 Paid {"amount": 9}; 3 Shipped {"amount": 1}; 5 Shipped {"amount": 2}'
    assert both.findings(MATCH, events, 4) == ["Shipped mismatch 3"]
    assert both.findings(MATCH, events, 5) == []
    assert both.findings(MATCH, f'{events}; 8 Shipped {{"amount": 3}}') == ["Shipped mismatch 8"]


def test_match_that_is_unknown_is_a_mismatch(both: Both) -> None:
    assert both.findings(MATCH, '0 Placed; 1 Paid {"amount": 2}; 3 Shipped') == ["Shipped mismatch 3"]
    assert both.findings(MATCH, '0 Placed; 1 Paid {"amount": 2}; 3 Shipped {"amount": "2"}') == ["Shipped mismatch 3"]


def test_match_is_judged_before_the_last_of_several_events_has_come(both: Both) -> None:
    rule = "steps: {Packed: {times: 3, within: 90s, match: start.size == size}}"
    events = '0 Placed {"size": 4}; 1 Packed {"size": 4}; 2 Packed {"size": 5}'
    assert both.findings(rule, events, 3) == ["Packed mismatch 2"]


def test_after_end_is_what_came_later_than_a_cancel_and_the_skew(both: Both) -> None:
    rule = f"skew: 2s\ncancel: Cancelled\nends_on: Closed\n{ORDER}"
    assert both.findings(rule, "0 Placed; 5 Cancelled; 7 Paid") == []
    assert both.findings(rule, "0 Placed; 5 Cancelled; 7.000001 Paid") == ["Paid after_end 7.000001"]
    assert both.findings(rule, "0 Placed; 5 Closed; 8 Paid") == []


def test_after_end_does_not_hold_of_what_is_undone(both: Both) -> None:
    rule = "cancel: Cancelled\nsteps: {Paid: {within: 90s, undone_by: Refunded, undo_within: 50s}}"
    assert both.findings(rule, "0 Placed; 5 Cancelled; 8 Paid; 20 Refunded", 19) == ["Paid after_end 8"]
    assert both.findings(rule, "0 Placed; 5 Cancelled; 8 Paid; 20 Refunded", 20) == []


def test_a_skipped_step_has_no_findings(both: Both) -> None:
    keys = "within: 1s, when: Placed.dear, at_most: 1, match: ok, undone_by: Undone, undo_within: 1s"
    rule = f"cancel: Cancelled\nsteps: {{A: {{within: 9s}}, B: {{after: A, {keys}}}}}"
    assert both.findings(rule, "0 Placed; 1 A; 2 Cancelled; 0 B; 5 B") == []
    assert both.findings(rule, '0 Placed {"dear": true}; 1 A; 2 Cancelled; 0 B; 5 B') == [
        "B duplicate 5",
        "B out_of_order 0",
        "B mismatch 5",
        "B not_undone 3",
    ]


def test_a_step_that_is_not_needed_has_only_what_comes_of_the_end(both: Both) -> None:
    keys = "within: 90s, at_most: 1, match: ok, undone_by: Undone, undo_within: 1s"
    rule = f"cancel: Cancelled\nsteps: {{A: {{within: 90s}}, B: {{after: A, {keys}}}}}"
    assert both.findings(rule, "0 Placed; 2 Cancelled; 5 B; 6 B") == ["B after_end 5", "B not_undone 6"]


def test_findings_are_told_by_step_as_in_the_file_and_then_by_kind(both: Both) -> None:
    rule = "cancel: Cancelled\nsteps: {B: {after: A, within: 1s}, A: {within: 2s}}"
    assert both.findings(rule, "0 Placed; 4 Cancelled; 3 A; 9 B") == ["B late 9", "B after_end 9", "A late 3"]
