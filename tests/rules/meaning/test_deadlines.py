"""rules-language.md §2: predecessors, what a deadline is counted from, and which deadline counts."""

import pytest

from tests.rules.both import Both, instant


def test_after_counts_from_the_latest_and_after_any_from_the_earliest(both: Both) -> None:
    steps = "A: {within: 90s}, B: {within: 90s}"
    every = f"steps: {{{steps}, C: {{after: [start, A, B], within: 10s}}}}"
    assert both.dues(every, "0 Placed; 3 A; 7 B", 9)[2] == 17
    assert both.dues(every, "0 Placed; 3 A", 9)[2] is None
    any_of = f"steps: {{{steps}, C: {{after_any: [A, B], within: 10s}}}}"
    assert both.dues(any_of, "0 Placed; 3 A; 7 B", 9)[2] == 13
    assert both.dues(any_of, "0 Placed; 7 B", 9)[2] == 17
    assert both.dues(any_of, "0 Placed", 9)[2] is None


def test_a_skipped_predecessor_is_replaced_by_what_it_comes_after_for_deadline_and_order(both: Both) -> None:
    rule = "steps: {A: {within: 9s}, B: {after: A, when: A.dear, within: 9s}, C: {after: B, within: 10s}}"
    assert both.dues(rule, "0 Placed; 3 A; 8 B", 9)[2] == 13
    assert both.findings(rule, "0 Placed; 3 A; 8 B; 4 C") == []
    assert both.findings(rule, "0 Placed; 3 A; 1 B; 2 C") == ["C out_of_order 2"]


def test_a_skipped_predecessor_passes_on_its_own_after_any(both: Both) -> None:
    rule = """
        steps:
          A: {within: 9s}
          B: {within: 9s}
          S: {after_any: [A, B], when: Placed.dear, within: 9s}
          C: {after: S, within: 10s}
        """
    assert both.dues(rule, "0 Placed; 3 A; 7 B", 8)[3] == 13
    assert both.findings(rule, "0 Placed; 3 A; 7 B; 2 C") == ["C out_of_order 2"]
    assert both.findings(rule, "0 Placed; 3 A; 7 B; 4 C") == []


def test_after_any_leaves_skipped_steps_out_and_falls_back_to_the_start(both: Both) -> None:
    rule = """
        steps:
          A: {when: Placed.a, within: 9s}
          B: {when: Placed.b, within: 9s}
          C: {after_any: [A, B], within: 10s}
        """
    assert both.dues(rule, '0 Placed {"b": true}; 1 A; 7 B', 8)[2] == 17
    assert both.dues(rule, "0 Placed; 1 A; 7 B", 8)[2] == 10


def test_due_is_the_earliest_of_all_that_give_one(both: Both) -> None:
    rule = """
        within: {whole}s
        steps:
          A: {{expires: {lasts}s, within: 90s}}
          B: {{within: {within}s, due: start.promised, needs: A}}
        """
    for whole, lasts, within, promised in [(5, 9, 9, 9), (9, 4, 9, 9), (9, 9, 5, 9), (9, 9, 9, 5)]:
        text = rule.format(whole=whole, lasts=lasts, within=within)
        assert both.dues(text, f'0 Placed {{"promised": "2025-11-20T12:00:0{promised}Z"}}; 1 A', 2)[1] == 5


def test_needs_caps_the_deadline_at_what_each_needed_step_that_occurred_allows(both: Both) -> None:
    rule = """
        steps:
          A: {within: 5s, expires: 20s}
          B: {within: 5s, expires: 10s}
          C: {within: 60s, needs: [A, B]}
        """
    assert both.dues(rule, "0 Placed; 1 A; 4 B", 5)[2] == 14
    assert both.dues(rule, "0 Placed; 1 A", 5)[2] == 21


def test_needs_of_a_step_that_did_not_occur_allows_everything_and_asks_for_no_order(both: Both) -> None:
    rule = "steps: {A: {optional: true, expires: 5s}, C: {within: 60s, needs: A}}"
    assert both.dues(rule, "0 Placed", 5)[1] == 60
    assert both.findings(rule, "0 Placed; 3 C") == []
    assert both.findings(rule, "0 Placed; 3 C; 4 A") == []


def test_a_skipped_step_that_occurred_still_expires(both: Both) -> None:
    rule = "steps: {A: {when: Placed.dear, within: 5s, expires: 5s}, C: {within: 60s, needs: A}}"
    assert both.dues(rule, "0 Placed; 1 A", 5)[1] == 6


@pytest.mark.parametrize(
    ("promised", "due"),
    [
        ('"2025-11-20T12:00:30Z"', 30),
        ('"2025-11-20T13:00:30+01:00"', 30),
        ('"2025-11-20T12:00:30"', 30),
        ('"2025-11-20"', -43_200),
        ("1763640030", 30),
        ("1763640030.5", 30.5),
    ],
)
def test_a_promise_is_rfc_3339_or_seconds_utc_where_there_is_no_zone(both: Both, promised: str, due: float) -> None:
    found = both.verdict("steps: {A: {due: start.promised}}", f'0 Placed {{"promised": {promised}}}')
    assert (found.steps[0].due, found.undated) == (instant(due), ())


@pytest.mark.parametrize("promised", ['"soon"', "true", "null", '"1763640030"', "{}"])
def test_any_other_promise_is_no_deadline_and_is_told(both: Both, promised: str) -> None:
    found = both.verdict("steps: {A: {due: start.promised}}", f'0 Placed {{"promised": {promised}}}')
    assert (found.steps[0].state, found.steps[0].due, found.undated) == ("pending", None, ("A",))


def test_a_promise_is_not_missed_before_the_step_it_stands_on_has_come(both: Both) -> None:
    rule = "steps: {A: {within: 9s}, B: {due: A.promised}}"
    assert both.verdict(rule, "0 Placed").undated == ()
    assert both.verdict(rule, "0 Placed; 1 A").undated == ("B",)


def test_missing_begins_a_microsecond_after_deadline_and_grace(both: Both) -> None:
    rule = "grace: 5s\nsteps: {A: {within: 10s}}"
    pending = both.verdict(rule, "0 Placed", 15)
    assert (pending.steps[0].state, pending.wake_at) == ("pending", instant(15) + 1)
    assert both.findings(rule, "0 Placed", 15.000001) == ["A missing 15"]


def test_on_the_deadline_is_on_time_and_grace_makes_nothing_less_late(both: Both) -> None:
    rule = "grace: 5s\nsteps: {A: {within: 10s}}"
    assert both.states(rule, "0 Placed; 10 A") == ["on_time"]
    assert both.findings(rule, "0 Placed; 10.000001 A") == ["A late 10.000001"]


# Early warning


@pytest.mark.parametrize(("warn", "begins"), [("80%", 18), ("5s", 17)])
def test_a_warning_holds_after_a_share_of_the_way_or_a_while_before_the_deadline(
    both: Both, warn: str, begins: float
) -> None:
    rule = f"steps: {{A: {{within: 9s}}, B: {{after: A, within: 20s, warn: {warn}}}}}"
    before = both.verdict(rule, "0 Placed; 2 A", begins - 0.000001)
    assert (before.steps[1].warned, before.wake_at) == (None, instant(begins))
    found = both.verdict(rule, "0 Placed; 2 A", 22)
    assert (found.steps[1].state, found.steps[1].warned) == ("pending", instant(begins))
    assert found.findings == ()


def test_a_share_of_the_way_to_a_promise_is_counted_from_the_start_while_nothing_else_is_known(both: Both) -> None:
    rule = "steps: {A: {within: 90s}, B: {after: A, due: start.promised, warn: 50%}}"
    placed = '0 Placed {"promised": "2025-11-20T12:00:20Z"}'
    assert both.verdict(rule, placed, 15).steps[1].warned == instant(10)
    assert both.verdict(rule, f"{placed}; 8 A", 15).steps[1].warned == instant(14)


def test_a_share_of_the_way_to_a_deadline_that_was_before_it_began_is_no_way_back(both: Both) -> None:
    rule = "grace: 60s\nsteps: {A: {within: 90s}, B: {after: A, due: start.promised, warn: 50%}}"
    events = '0 Placed {"promised": "2025-11-20T12:00:20Z"}; 40 A'
    assert both.verdict(rule, events, 45).steps[1].warned == instant(40)


def test_nobody_is_warned_of_what_came_or_failed_or_may_stay_away(both: Both) -> None:
    for key, events in [
        ("optional: true", "0 Placed"),
        ("fails_on: No", "0 Placed; 1 No"),
        ("optional: false", "0 Placed; 1 A"),
    ]:
        rule = f"steps: {{A: {{within: 10s, warn: 50%, {key}}}}}"
        assert both.verdict(rule, events, 9).steps[0].warned is None
