"""Stories on the real engine: what holds, what does not, and what is told of it."""

from pathlib import Path

from rules.judge import judge, only
from rules.story.coverage import never_seen
from rules.story.file import load_stories
from rules.story.run import Outcome, play
from rules.story.text import difference_lines, place, title
from rules.verdict import Verdict
from store.clickhouse import ClickHouse
from tests.rules.story_text import told

BOOKING = Path(__file__).parent.parent / "stories" / "booking.test.yml"


def played(clickhouse: ClickHouse, text: str, *rules: str) -> list[Outcome]:
    suite, diagnostics = told(text, *rules)
    assert suite is not None, diagnostics
    [outcomes] = play(clickhouse, [suite])
    return outcomes


def one(clickhouse: ClickHouse, events: str, check: str) -> Outcome:
    """The outcome of one check, `at: +1h, expect: {…}`, of a story about `ORDERS`."""
    text = f"tests:\n  - name: it\n    events: [{events}]\n    checks: [{{{check}}}]\n"
    [outcome] = played(clickhouse, text)
    return outcome


def of_booking(clickhouse: ClickHouse) -> list[Outcome]:
    stories = load_stories([BOOKING])
    assert stories.diagnostics == ()
    [outcomes] = play(clickhouse, stories.suites)
    return outcomes


def test_every_part_of_the_language_can_be_told_and_expected(clickhouse: ClickHouse) -> None:
    outcomes = of_booking(clickhouse)
    assert len(outcomes) > 15
    assert [(title(outcome), list(difference_lines(outcome))) for outcome in outcomes if outcome.differences] == []


def test_a_story_is_judged_by_the_version_of_its_time(clickhouse: ClickHouse) -> None:
    first = "workflow: w\nstart: A\neffective_from: 2026-01-01\nsteps: {B: {within: 1h}}\n"
    second = "workflow: w\nversion: 2\neffective_from: 2026-06-01\nstart: A\nsteps: {C: {within: 2h}}\n"
    starts = {"2025-01-01": "{state: outdated}", "2026-02-01": "{version: 1, findings: [B missing]}"}
    starts["2026-07-01"] = "{version: 2, findings: []}"
    tests = "".join(
        f"  - {{name: '{start}', start_at: {start}, events: [+0m A], at: +90m, expect: {expect}}}\n"
        for start, expect in starts.items()
    )
    outcomes = played(clickhouse, f"tests:\n{tests}", first, second)
    assert [list(difference_lines(outcome)) for outcome in outcomes] == [[], [], []]


def test_only_what_differs_is_shown_with_its_place_and_the_reason(clickhouse: ClickHouse) -> None:
    expect = "{state: running, steps: {PaymentReceived: {state: on_time, due: +15m, at: +10m}}, findings: []}"
    outcome = one(clickhouse, "+0m OrderPlaced, +20m PaymentReceived", f"at: +1h, expect: {expect}")
    assert list(difference_lines(outcome)) == [
        "- state: running",
        "+ state: complete",
        "- PaymentReceived.state: on_time",
        "+ PaymentReceived.state: late",
        "- PaymentReceived.at: +10m",
        "+ PaymentReceived.at: +20m",
        "+ findings: PaymentReceived late  (not expected)",
    ]
    assert title(outcome) == "it, at +1h"
    assert place("a.test.yml", outcome) == "a.test.yml:4:40"
    assert "PaymentReceived is late:" in outcome.reasons
    assert any("it came 5 min after its deadline" in line for line in outcome.reasons)
    assert not any("Send Fine is" in line for line in outcome.reasons)


def test_findings_that_are_absent_and_those_that_were_not_expected(clickhouse: ClickHouse) -> None:
    check = "at: +1h, expect: {findings: [PaymentReceived missing since +20m, Send Fine late]}"
    assert list(difference_lines(one(clickhouse, "+0m OrderPlaced", check))) == [
        "- findings: PaymentReceived missing since +20m  (expected, and not found)",
        "- findings: Send Fine late  (expected, and not found)",
        "+ findings: PaymentReceived missing since +17m  (not expected)",
    ]


def test_where_there_is_no_instance_it_says_so(clickhouse: ClickHouse) -> None:
    outcome = one(clickhouse, "+2h OrderPlaced", "at: +1h, expect: {state: running, start: +2h}")
    assert list(difference_lines(outcome)) == [
        "- state: running",
        "+ state: none",
        "- start: +2h",
        "+ start: null  (there is no instance)",
    ]
    assert outcome.reasons == ("nothing had opened an instance by 2026-01-05T11:00:00Z",)


def test_stories_do_not_disturb_each_other(clickhouse: ClickHouse) -> None:
    text = """\
tests:
  - {name: a, events: [+0m OrderPlaced as x], at: +1h, expect: {findings: [PaymentReceived missing]}}
  - {name: b, events: [+5m OrderPlaced as x, +6m PaymentReceived], at: +1h, expect: {start: +5m, findings: []}}
"""
    first, second = told(text)[0], told(text)[0]
    assert first is not None and second is not None
    for outcomes in play(clickhouse, [first, second]):
        assert [outcome.differences for outcome in outcomes] == [(), ()]


def test_one_query_for_all_instants_answers_as_one_for_each_would(clickhouse: ClickHouse) -> None:
    outcomes = [outcome for outcome in of_booking(clickhouse) if outcome.rule is not None]
    assert len({outcome.check.as_of for outcome in outcomes}) > 5
    for outcome in outcomes:
        assert isinstance(outcome.answer, Verdict) and outcome.rule is not None
        among = only([outcome.answer.correlation_id])
        [alone] = judge(clickhouse, outcome.rule.workflow, outcome.check.as_of, among, outcome.rule.lives)
        assert outcome.answer == alone


def test_what_no_story_has_seen(clickhouse: ClickHouse) -> None:
    outcome = one(clickhouse, "+0m OrderPlaced, +20m PaymentReceived", "at: +1h, expect: {state: complete}")
    assert outcome.rule is not None
    assert never_seen(outcome.rule.workflow, [outcome]) == [
        ("PaymentReceived", "on_time"),
        ("PaymentReceived", "missing"),
        ("Send Fine", "on_time"),
        ("Send Fine", "late"),
        ("Send Fine", "out_of_order"),
    ]


def test_a_number_of_events_that_is_fixed_never_skips_a_step(clickhouse: ClickHouse) -> None:
    rule = "workflow: w\nstart: A\nsteps: {B: {times: 2, optional: true}, C: {times: A.c, optional: true}}\n"
    [outcome] = played(clickhouse, "tests: [{name: it, events: [+0m A], at: +1h, expect: {state: complete}}]\n", rule)
    assert outcome.rule is not None
    assert never_seen(outcome.rule.workflow, [outcome]) == [("B", "on_time"), ("C", "skipped"), ("C", "on_time")]


def test_the_versions_beside_a_rule_are_told_of_as_well(tmp_path: Path) -> None:
    rule = "workflow: flow\nowner: me\nstart: Placed\nsteps: {Paid: {within: 1h}}"
    (tmp_path / "flow.yaml").write_text(rule)
    (tmp_path / "copy.yaml").write_text(rule)
    (tmp_path / "later.yaml").write_text(f"version: 2\neffective_from: 2027-01-01\n{rule}")
    (tmp_path / "flow.test.yml").write_text(
        "tests: [{name: n, events: [+0m Placed], at: +1m, expect: {state: running}}]"
    )
    found = load_stories([tmp_path / "flow.test.yml"])
    assert not found.diagnostics
    assert [it.workflow.version for it in found.suites[0].rules] == [1, 2]
