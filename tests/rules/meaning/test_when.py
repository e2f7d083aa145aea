"""rules-language.md §2: when a step is expected at all, and on what a step waits."""

import pytest

from tests.rules.both import Both

FLAGS = "steps: {A: {within: 10s}, B: {within: 10s}, C: {when: A.flag || B.flag, within: 20s}}"


def test_when_is_undecided_until_every_step_it_names_has_its_first_event(both: Both) -> None:
    assert both.states(FLAGS, '0 Placed; 1 A {"flag": true}', 5) == ["on_time", "pending", "waiting"]
    assert both.states(FLAGS, '0 Placed; 1 A {"flag": true}; 5 B', 5) == ["on_time", "on_time", "pending"]


def test_a_step_whose_when_is_undecided_waits_whatever_has_come_and_however_late_it_is(both: Both) -> None:
    assert both.states(FLAGS, '0 Placed; 1 A {"flag": true}; 2 C')[2] == "waiting"
    assert both.states(FLAGS, '0 Placed; 1 A {"flag": true}')[2] == "waiting"


def test_has_names_its_step_too(both: Both) -> None:
    rule = "steps: {A: {within: 10s}, B: {when: has(A.flag), within: 10s}}"
    assert both.states(rule, "0 Placed", 5) == ["pending", "waiting"]


@pytest.mark.parametrize(
    ("when", "state"),
    [
        ("Placed.gone", "skipped"),
        ("Placed.gone || Placed.yes", "pending"),
        ("Placed.gone || Placed.no", "skipped"),
        ("'!(Placed.gone && Placed.no)'", "pending"),
        ("'!(Placed.gone && Placed.yes)'", "skipped"),
        ("'!Placed.gone'", "skipped"),
        ("'!(Placed.gone == 1)'", "skipped"),
        ("Placed.gone != 1", "skipped"),
        ("Placed.null != 1", "skipped"),
        ("'Placed.number == \"2\"'", "skipped"),
        ("'Placed.number != \"2\"'", "skipped"),
        ("Placed.number == 2.0", "pending"),
        ("Placed.number / 0 > 1 || Placed.yes", "pending"),
        ("'!(Placed.number / 0 > 1)'", "skipped"),
        ("Placed.number / 4 == 0.5", "pending"),
        ("Placed.number in [1, Placed.gone]", "skipped"),
        ("'!(Placed.number in [1, Placed.gone])'", "skipped"),
        ("Placed.number in [2, Placed.gone]", "pending"),
        ("'!has(Placed.null)'", "pending"),
    ],
)
def test_unknown_logic_is_that_of_null_and_a_result_that_is_unknown_counts_as_false(
    both: Both, when: str, state: str
) -> None:
    placed = '0 Placed {"yes": true, "no": false, "null": null, "number": 2}'
    assert both.states(f"steps:\n  A:\n    when: {when}\n    within: 10s", placed, 5) == [state]


def test_when_that_names_a_skipped_step_is_false_whatever_else_it_names(both: Both) -> None:
    rule = """
        steps:
          A: {when: Placed.dear, within: 10s}
          B: {within: 10s}
          C: {when: '!has(A.flag) || has(B.flag)', within: 10s}
        """
    assert both.states(rule, "0 Placed; 1 A", 5) == ["skipped", "pending", "skipped"]


def test_when_that_names_an_absent_optional_step_waits_on_it_as_by_after(both: Both) -> None:
    rule = """
        within: 50s
        steps:
          A: {optional: true}
          B: {when: A.flag, within: 10s}
          C: {after: B, within: 10s}
        """
    found = both.verdict(rule, "0 Placed")
    assert [step.state for step in found.steps] == ["pending", "waiting", "waiting"]
    assert (found.state, found.wake_at) == ("complete", None)
    assert both.states(rule, '0 Placed; 60 A {"flag": true}') == ["late", "missing", "missing"]


def test_a_step_after_an_optional_one_is_an_obligation_only_once_that_happens(both: Both) -> None:
    rule = "steps: {Returned: {optional: true}, Refunded: {after: Returned, within: 10s}}"
    assert both.verdict(rule, "0 Placed").state == "complete"
    assert both.findings(rule, "0 Placed; 100 Returned") == ["Refunded missing 110"]


def test_waiting_only_on_an_absent_optional_step_is_waiting_whatever_within_says(both: Both) -> None:
    rule = """
        within: 5s
        steps:
          A: {optional: true}
          B: {after: A, within: 1s, due: start.promised}
          C: {after: B, within: 1s}
        """
    found = both.verdict(rule, '0 Placed {"promised": "2025-11-20T12:00:03Z"}')
    assert [step.state for step in found.steps] == ["pending", "waiting", "waiting"]
    assert (found.state, found.findings) == ("complete", ())


def test_waiting_on_an_undecided_step_is_waiting_but_the_instance_runs(both: Both) -> None:
    rule = """
        within: 50s
        steps:
          A: {optional: true, times: 2}
          B: {within: 40s}
          C: {when: B.flag, within: 5s}
          D: {after: C, within: 5s}
        """
    found = both.verdict(rule, "0 Placed", 30)
    assert [step.state for step in found.steps] == ["pending", "pending", "waiting", "waiting"]
    assert found.state == "running"


def test_waiting_on_an_optional_and_a_required_step_is_no_idle_waiting(both: Both) -> None:
    for key in ("after", "after_any"):
        rule = f"within: 50s\nsteps: {{A: {{optional: true}}, B: {{within: 90s}}, C: {{{key}: [A, B], within: 5s}}}}"
        assert both.states(rule, "0 Placed") == ["pending", "missing", "missing"]


def test_an_optional_predecessor_that_failed_is_an_absent_one(both: Both) -> None:
    rule = "within: 50s\nsteps: {A: {optional: true, fails_on: No}, B: {after: A, within: 5s}}"
    found = both.verdict(rule, "0 Placed; 3 No")
    assert [step.state for step in found.steps] == ["failed", "waiting"]
    assert found.state == "complete"


@pytest.mark.parametrize(
    ("when", "state"),
    [
        ("'(!Placed.no) == Placed.no'", "skipped"),
        ("'(!Placed.no) >= Placed.yes'", "pending"),
        ("'(!Placed.yes) != (!Placed.no)'", "pending"),
        ("'(!Placed.yes) in [Placed.no]'", "pending"),
    ],
)
def test_a_negation_within_a_comparison_is_of_its_operand_alone(both: Both, when: str, state: str) -> None:
    rule = f"steps:\n  A:\n    when: {when}\n    within: 10s"
    assert both.states(rule, '0 Placed {"yes": true, "no": false}', 5) == [state]
