"""rules-language.md §2: what was done and has to be undone once the instance is called off or failed."""

from textwrap import dedent

from tests.rules.both import Both, instant

PAID = (
    "cancel: Cancelled\nends_on: Closed\ngrace: 5s\nsteps: {Paid: {within: 90s, undone_by: Refunded, undo_within: 10s}}"
)
TWO = """
    cancel: Cancelled
    steps:
      Paid: {within: 90s, undone_by: Refunded, undo_within: 10s}
      Reserved: {within: 90s, undone_by: Released, undo_within: 20s}
    """


def test_not_undone_begins_undo_within_and_grace_after_the_cancel(both: Both) -> None:
    patient = both.verdict(PAID, "0 Placed; 5 Paid; 20 Cancelled", 35)
    assert (patient.findings, patient.wake_at) == ((), instant(35) + 1)
    assert both.findings(PAID, "0 Placed; 5 Paid; 20 Cancelled", 35.000001) == ["Paid not_undone 35"]


def test_not_undone_counts_from_the_step_where_that_came_after_the_cancel(both: Both) -> None:
    assert both.findings(PAID, "0 Placed; 20 Cancelled; 22 Paid") == ["Paid after_end 22", "Paid not_undone 37"]


def test_undone_late_is_undone(both: Both) -> None:
    events = "0 Placed; 5 Paid; 20 Cancelled; 60 Refunded"
    assert both.findings(PAID, events, 59) == ["Paid not_undone 35"]
    assert both.findings(PAID, events, 60) == []


def test_an_undo_before_what_it_undoes_does_not_count_but_the_skew_is_forgiven(both: Both) -> None:
    events = "0 Placed; 5 Paid; 3 Refunded; 20 Cancelled"
    assert both.findings(PAID, events) == ["Paid not_undone 35"]
    assert both.findings(f"skew: 2s\n{PAID}", events) == []
    assert both.findings(PAID, "0 Placed; 5 Paid; 5 Refunded; 20 Cancelled") == []


def test_undone_before_the_cancel_is_undone(both: Both) -> None:
    assert both.findings(PAID, "0 Placed; 5 Paid; 8 Refunded; 20 Cancelled") == []


def test_an_end_in_good_order_asks_for_no_undoing(both: Both) -> None:
    assert both.findings(PAID, "0 Placed; 5 Paid; 20 Closed") == []
    assert both.findings(PAID, "0 Placed; 5 Paid; 20 Closed; 30 Cancelled") == []


def test_what_did_not_occur_need_not_be_undone(both: Both) -> None:
    assert both.findings(PAID, "0 Placed; 20 Cancelled") == []


def test_the_failure_of_a_required_step_asks_for_undoing_and_that_of_an_optional_one_does_not(both: Both) -> None:
    rule = PAID.replace("}}", "}, Shipped: {after: Paid, within: 90s, fails_on: Lost}}")
    assert both.findings(rule, "0 Placed; 5 Paid; 30 Lost") == ["Paid not_undone 45", "Shipped failed 30"]
    assert both.findings(rule, "0 Placed; 5 Paid; 30 Lost; 30 Shipped") == []
    optional = rule.replace("fails_on", "optional: true, fails_on")
    assert both.findings(optional, "0 Placed; 5 Paid; 30 Lost") == ["Shipped failed 30"]


def test_a_cancel_before_the_deadline_makes_a_failure_needless_and_undoing_count_from_the_cancel(both: Both) -> None:
    rule = PAID.replace("}}", "}, Shipped: {after: Paid, within: 90s, fails_on: Lost}}")
    assert both.findings(rule, "0 Placed; 5 Paid; 30 Lost; 40 Cancelled", 39) == ["Shipped failed 30"]
    assert both.findings(rule, "0 Placed; 5 Paid; 30 Lost; 40 Cancelled") == ["Paid not_undone 55"]


def test_the_earlier_of_cancel_and_failure_counts(both: Both) -> None:
    rule = PAID.replace("}}", "}, Shipped: {after: Paid, within: 30s, fails_on: Lost}}")
    assert both.findings(rule, "0 Placed; 5 Paid; 36 Cancelled; 40 Lost") == [
        "Paid not_undone 51",
        "Shipped failed 40",
    ]
    assert both.findings(rule, "0 Placed; 5 Paid; 36 Lost; 40 Cancelled") == [
        "Paid not_undone 51",
        "Shipped failed 36",
    ]


def test_what_may_be_left_behind_is_never_not_undone(both: Both) -> None:
    rule = PAID.replace("undo_within: 10s", "undo_within: 10s, leave_behind: true")
    assert both.findings(rule, "0 Placed; 5 Paid; 20 Cancelled") == []


def test_half_undone_is_one_step_undone_and_another_not(both: Both) -> None:
    events = "0 Placed; 1 Paid; 2 Reserved; 10 Cancelled"
    assert both.findings(TWO, events) == ["Paid not_undone 20", "Reserved not_undone 30"]
    assert both.findings(TWO, f"{events}; 15 Released") == ["Paid not_undone 20", "half_undone 20"]
    assert both.findings(TWO, f"{events}; 25 Released", 26) == ["Paid not_undone 20", "half_undone 25"]
    assert both.findings(TWO, f"{events}; 15 Released; 60 Refunded") == []


def test_half_undone_begins_only_when_the_other_is_overdue(both: Both) -> None:
    assert both.findings(TWO, "0 Placed; 1 Paid; 2 Reserved; 10 Cancelled; 12 Refunded", 30) == []


def test_half_undone_begins_no_earlier_than_what_was_undone(both: Both) -> None:
    events = "0 Placed; 1 Paid; 10 Cancelled; 39 Released; 40 Reserved"
    assert both.findings(f"skew: 2s\n{dedent(TWO)}", events) == ["Paid not_undone 20", "half_undone 40"]


def test_a_step_that_may_be_left_behind_and_is_undone_leaves_the_others_half_undone(both: Both) -> None:
    rule = TWO.replace("undo_within: 20s", "undo_within: 20s, leave_behind: true")
    events = "0 Placed; 1 Paid; 2 Reserved; 10 Cancelled; 12 Released"
    assert both.findings(rule, events) == ["Paid not_undone 20", "half_undone 20"]
