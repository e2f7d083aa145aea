"""rules-language.md §2: the state of a step and of its instance, where several rows could apply; and the end."""

import pytest

from tests.rules.both import Both

ENDS = "cancel: Cancelled\nends_on: Closed\n"


def test_success_wins_over_failure_whatever_the_order(both: Both) -> None:
    rule = "steps: {A: {within: 10s, fails_on: No}}"
    assert both.states(rule, "0 Placed; 3 No; 5 A") == ["on_time"]
    assert both.states(rule, "0 Placed; 3 A; 5 No") == ["on_time"]
    assert both.findings(rule, "0 Placed; 3 No; 50 A", 49) == ["A failed 3"]
    assert both.findings(rule, "0 Placed; 3 No; 50 A", 50) == ["A late 50"]


def test_a_failure_before_the_start_is_none_and_one_at_the_start_is_one(both: Both) -> None:
    rule = "steps: {A: {within: 10s, fails_on: No}}"
    assert both.states(rule, "0 Placed; -1 No") == ["missing"]
    assert both.findings(rule, "0 Placed; -1 No; 0 No") == ["A failed 0"]


def test_a_failure_is_told_before_the_deadline_and_of_a_step_that_waits(both: Both) -> None:
    rule = "steps: {A: {within: 10s}, B: {after: A, within: 10s, fails_on: No}}"
    found = both.verdict(rule, "0 Placed; 1 No", 2)
    assert ([step.state for step in found.steps], found.state) == (["pending", "failed"], "failed")


def test_missing_stays_missing_through_a_later_cancel(both: Both) -> None:
    rule = f"{ENDS}steps: {{A: {{within: 10s}}, B: {{within: 60s}}}}"
    found = both.verdict(rule, "0 Placed; 50 Cancelled")
    assert ([step.state for step in found.steps], found.state) == (["missing", "not_needed"], "cancelled")
    assert both.findings(rule, "0 Placed; 50 Cancelled") == ["A missing 10"]


def test_missing_turns_into_something_definite_only_by_testimony_or_a_later_event(both: Both) -> None:
    rule = "steps: {A: {within: 10s, fails_on: No}}"
    assert both.states(rule, "0 Placed", 100_000) == ["missing"]
    for event, state in [
        ("90 A", "late"),
        ("90 No", "failed"),
        ("90 confirmed(A)", "late"),
        ("90 absent(A)", "failed"),
    ]:
        assert both.states(rule, f"0 Placed; {event}") == [state]


def test_what_falls_due_at_the_end_was_still_needed_and_what_comes_at_the_end_still_counts(both: Both) -> None:
    rule = f"{ENDS}steps: {{A: {{within: 10s}}, B: {{within: 11s}}, C: {{within: 11s}}}}"
    assert both.states(rule, "0 Placed; 10 Closed; 10 C") == ["missing", "not_needed", "on_time"]


def test_what_has_no_deadline_is_not_needed_once_the_instance_is_over(both: Both) -> None:
    rule = f"{ENDS}steps: {{A: {{within: 90s}}, B: {{after: A, within: 10s}}}}"
    assert both.states(rule, "0 Placed; 10 Closed; 12 B") == ["not_needed", "not_needed"]


def test_at_one_instant_cancel_wins_over_the_end(both: Both) -> None:
    rule = f"{ENDS}steps: {{A: {{within: 90s}}}}"
    assert both.verdict(rule, "0 Placed; 5 Closed; 5 Cancelled").state == "cancelled"
    assert both.verdict(rule, "0 Placed; 4 Closed; 5 Cancelled").state == "complete"
    assert both.verdict(rule, "0 Placed; 5 Closed; 4 Cancelled").state == "cancelled"


def test_an_end_before_the_start_ends_nothing(both: Both) -> None:
    rule = f"{ENDS}steps: {{A: {{within: 90s}}}}"
    assert both.verdict(rule, "0 Placed; -1 Closed; -1 Cancelled", 5).state == "running"
    assert both.verdict(rule, "0 Placed; -1 Closed; 0 Cancelled", 5).state == "cancelled"


def test_skipped_comes_before_not_needed_and_not_needed_before_failed(both: Both) -> None:
    rule = f"{ENDS}steps: {{A: {{when: Placed.dear, within: 90s}}, B: {{within: 90s, fails_on: No}}}}"
    assert both.states(rule, "0 Placed; 3 No; 5 Closed") == ["skipped", "not_needed"]


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ("0 Placed; 15 No; 16 Cancelled", "cancelled"),
        ("0 Placed; 15 No; 16 Closed", "incomplete"),
        ("0 Placed; 1 A; 15 No; 21 Closed", "failed"),
        ("0 Placed; 1 A; 2 B; 21 Closed", "complete"),
        ("0 Placed; 1 A; 2 B", "complete"),
        ("0 Placed; 1 A; 5 Closed", "complete"),
    ],
)
def test_an_instance_is_cancelled_before_incomplete_before_failed_before_complete(
    both: Both, events: str, state: str
) -> None:
    rule = f"{ENDS}steps: {{A: {{within: 10s}}, B: {{within: 20s, fails_on: No}}}}"
    assert both.verdict(rule, events).state == state


def test_an_instance_is_complete_with_what_is_late_skipped_or_an_absent_or_failed_optional_step(both: Both) -> None:
    rule = """
        steps:
          A: {within: 10s}
          B: {within: 10s, when: Placed.dear}
          C: {within: 10s, optional: true}
          D: {within: 10s, optional: true, fails_on: No}
        """
    found = both.verdict(rule, "0 Placed; 20 A; 5 No")
    assert [step.state for step in found.steps] == ["late", "skipped", "pending", "failed"]
    assert found.state == "complete"


def test_an_overdue_optional_step_is_pending_and_late_when_it_comes(both: Both) -> None:
    rule = "steps: {A: {within: 10s, optional: true}}"
    assert both.states(rule, "0 Placed") == ["pending"]
    assert both.findings(rule, "0 Placed; 50 A") == ["A late 50"]
