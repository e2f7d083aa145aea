"""rules-language.md §2 and §1: events without a start, and which version of a rule judges an instance."""

from dataclasses import replace

from rules.ruleset import Lives, rules_of
from rules.verdict import Finding, InstanceState, Kind, Outdated, Unopened
from tests.rules.both import Both, event, instant, workflow

ORPHANS = "orphans: flag\ngrace: 5s\nsteps: {Paid: {within: 10s}}"
OLD = "steps: {Paid: {within: 10s}}"
NEW = f"version: 2\neffective_from: 2025-11-20T12:00:10Z\n{ORPHANS}"
OTHERS = Lives(other_starts=(workflow("start: Enquired\nsteps: {A: {within: 1s}}").start,))


def test_an_orphan_has_had_step_events_and_no_start_for_longer_than_grace(both: Both) -> None:
    assert both.answer(ORPHANS, "10 Paid; 12 Paid", 15) == Unopened("flow", "c", instant(15) + 1)
    found = both.verdict(ORPHANS, "10 Paid; 12 Paid", 15.000001)
    assert (found.state, found.start, found.steps) == (InstanceState.ORPHAN, None, ())
    assert found.findings == (Finding("", Kind.ORPHAN, instant(15)),)
    assert (found.stored, found.last_event, found.last_event_at) == (2, "Paid", instant(12))


def test_orphans_are_ignored_unless_the_rule_flags_them(both: Both) -> None:
    assert both.answer(ORPHANS.replace("flag", "ignore"), "10 Paid") is None


def test_an_orphan_is_none_once_its_start_comes_however_late(both: Both) -> None:
    assert both.verdict(ORPHANS, "10 Paid; 50 Placed", 49).state == "orphan"
    assert both.states(ORPHANS, "10 Paid; 50 Placed", 50) == ["on_time"]


def test_an_instance_of_another_workflow_makes_the_step_events_no_orphans(both: Both) -> None:
    assert both.answer(ORPHANS, "10 Paid; 50 Enquired", lives=OTHERS) is None
    assert both.verdict(ORPHANS, "10 Paid; 50 Enquired", 49, OTHERS).wake_at == instant(50)
    assert both.verdict(ORPHANS, "10 Paid; 50 Enquired").state == "orphan"


def test_only_events_that_fulfil_a_step_are_orphans_and_testimony_is_none(both: Both) -> None:
    assert both.answer(ORPHANS, "10 Noise") is None
    assert both.answer(ORPHANS, "10 confirmed(Paid)") is None
    assert both.answer(ORPHANS, [event("10 Paid", "1", "noshow")]) is None
    narrow = ORPHANS.replace("within", "where: amount > 1, within")
    assert both.answer(narrow, "10 Paid") is None
    assert both.verdict(narrow, '10 Paid {"amount": 2}').state == "orphan"


def test_an_instance_is_judged_by_the_highest_version_in_effect_at_its_start(both: Both) -> None:
    texts = [
        "",
        "version: 2\neffective_from: 2025-11-20T12:00:10Z\n",
        "version: 3\neffective_from: 2025-11-20T12:00:20Z\n",
    ]
    rules = rules_of(workflow(f"{text}steps: {{Paid: {{within: {place}s}}}}") for place, text in enumerate(texts, 1))
    for start, version in [(0, 1), (9.999999, 1), (10, 2), (20, 3), (50, 3)]:
        answers = {
            rule.workflow.version: both.answer(
                text_of(texts, rule.workflow.version), f"{start} Placed", lives=rule.lives
            )
            for rule in rules
        }
        assert [number for number, answer in answers.items() if answer is not None] == [version]


def text_of(texts: list[str], version: int) -> str:
    return f"{texts[version - 1]}steps: {{Paid: {{within: {version}s}}}}"


def test_an_instance_older_than_every_version_is_not_judged_and_told(both: Both) -> None:
    lives = Lives(since=instant(20), outdated_before=instant(10))
    assert both.answer(ORPHANS, "9 Placed; 20 Paid", lives=lives) == Outdated("flow", "c", instant(9))
    assert both.answer(ORPHANS, "10 Placed", lives=lives) is None  # an earlier version's
    assert both.answer(ORPHANS, "9 Placed", lives=replace(lives, rest=False)) is None


def test_the_newest_version_answers_for_what_no_version_has(both: Both) -> None:
    earlier, newest = rules_of([workflow(text) for text in (OLD, NEW)])
    assert (earlier.workflow.version, earlier.lives.rest) == (1, False)
    assert (newest.workflow.version, newest.lives.rest, newest.lives.outdated_before) == (2, True, None)
    assert both.verdict(NEW, "30 Paid", lives=newest.lives).state == "orphan"
    assert both.answer(OLD, "30 Paid", lives=earlier.lives) is None


def test_one_version_answers_for_what_no_version_has(both: Both) -> None:
    assert both.verdict(ORPHANS, "9 Paid", lives=Lives(since=instant(10))).state == "orphan"
    assert both.answer(ORPHANS, "9 Paid", lives=Lives(since=instant(10), rest=False)) is None


def test_nothing_is_said_of_an_instance_that_began_before_retention(both: Both) -> None:
    assert both.answer(ORPHANS, "9 Placed", lives=Lives(frozen_before=instant(10))) is None
    assert both.verdict(ORPHANS, "10 Placed", lives=Lives(frozen_before=instant(10))).state == "incomplete"
