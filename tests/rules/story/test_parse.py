"""Stories as people write them, and what is wrong with them, to the column."""

import json

import pytest

from rules.parse.literal import moment
from rules.story.story import Flag, Want
from rules.story.time import DEFAULT_T0 as T0
from rules.verdict import Kind
from store.event import HOUR, MINUTE, Event
from tests.rules.story_text import stories, story, told

EVENTS = "    events: [+0m OrderPlaced]\n"
LOOK = "    at: +1h\n    expect: {state: running}\n"


def events(*lines: str) -> tuple[Event, ...]:
    return story("    events:\n" + "".join(f"      - {line}\n" for line in lines) + LOOK).events


def wants(expect: str) -> dict[tuple[str, ...], object]:
    [check] = story(f"{EVENTS}    at: +1h\n    expect: {expect}\n").checks
    return {want.path: want.value for want in check.wants}


def flags(findings: str) -> tuple[Flag, ...] | None:
    [check] = story(f"{EVENTS}    at: +1h\n    expect: {{findings: {findings}}}\n").checks
    return check.flags


def test_a_story_has_a_name_events_an_instant_and_what_is_expected() -> None:
    found = story(EVENTS + LOOK)
    assert (found.name, found.t0) == ("it", T0)
    assert found.events == (Event("event 0001", "", "OrderPlaced", T0, "test"),)
    [check] = found.checks
    assert (check.as_of, check.correlation, check.flags) == (T0 + HOUR, "", None)
    assert check.wants == (Want(("state",), "running", check.wants[0].at),)


def test_one_story_is_judged_at_several_instants() -> None:
    checks = "    checks: [{at: +1m, expect: {state: running}}, {at: +2h, expect: {findings: []}}]\n"
    assert [(check.as_of, check.flags) for check in story(EVENTS + checks).checks] == [
        (T0 + MINUTE, None),
        (T0 + 2 * HOUR, ()),
    ]


def test_events_in_short() -> None:
    found = events(
        "-5m OrderPlaced",
        "+20m Send Fine as e1 from payments of other",
        "2026-11-20T10:00:00Z PaymentReceived of other",
    )
    assert [(it.id, it.correlation_id, it.name, it.time, it.source) for it in found] == [
        ("event 0001", "", "OrderPlaced", T0 - 5 * MINUTE, "test"),
        ("e1", "other", "Send Fine", T0 + 20 * MINUTE, "payments"),
        ("event 0003", "other", "PaymentReceived", moment("2026-11-20T10:00:00Z"), "test"),
    ]


def test_an_event_as_a_map() -> None:
    full = "{at: +1m, event: Sent by post, id: x y, source: s, of: o, attributes: {amount: 1}}"
    assert events(full, "+0m A of o")[0] == Event("x y", "o", "Sent by post", T0 + MINUTE, "s", '{"amount":1}')


def test_a_name_that_the_rule_knows_is_taken_whole() -> None:
    rule = "workflow: w\nstart: Sent by post\nsteps: {absent minded: {within: 1h}}\n"
    found = story(f"    events: [+0m Sent by post, +1m absent minded, +2m B of me]\n{LOOK}", rule)
    assert [it.name for it in found.events] == ["Sent by post", "absent minded", "B"]


def test_what_an_event_carries_is_json() -> None:
    [it] = events(
        "+0m OrderPlaced: {n: 1.50, big: 123456789012345678901, t: true, no: ~, s: '007', zip: D-1, a: [1, {b: c}],"
        " when: t0+3h, on: t0, text: 't0+3h', day: 2026-11-20}"
    )
    assert '"n":1.50' in it.attributes and '"big":123456789012345678901' in it.attributes
    assert json.loads(it.attributes) == {
        **{"n": 1.5, "big": 123456789012345678901, "t": True, "no": None, "s": "007", "zip": "D-1"},
        **{"a": [1, {"b": "c"}], "when": "2026-01-05T13:00:00Z", "on": "2026-01-05T10:00:00Z"},
        **{"text": "t0+3h", "day": "2026-11-20"},
    }


def test_defaults_are_what_an_event_carries_unless_it_says_otherwise() -> None:
    text = f"""\
defaults: {{OrderPlaced: {{country: DE, amount: 100, promised: t0+1h}}}}
tests:
  - name: one
    start_at: 2026-11-20T10:00:00Z
    events: [{{+0m OrderPlaced: {{amount: 120}}}}, +1m PaymentReceived]
{LOOK}"""
    [first, second] = stories(text)[0].events
    assert json.loads(first.attributes) == {"country": "DE", "amount": 120, "promised": "2026-11-20T11:00:00Z"}
    assert second.attributes == "{}"


def test_testimony() -> None:
    short, long = events(
        "+1h confirmed Send Fine by ops: {reason: seen}",
        "{at: +2h, absent: PaymentReceived, by: ops, reason: not there}",
    )
    assert (short.name, short.source, long.name, long.source) == ("confirmed", "noshow", "absent", "noshow")
    said = {"workflow": "orders", "actor": "ops"}
    assert json.loads(short.attributes) == {**said, "step": "Send Fine", "reason": "seen"}
    assert json.loads(long.attributes) == {**said, "step": "PaymentReceived", "reason": "not there"}


def test_times_are_counted_from_the_start_of_the_story() -> None:
    first, second = (f"  - name: {name}\n{EVENTS}{LOOK}" for name in "ab")
    found = stories(f"start_at: 2026-02-01\ntests:\n{first}{second}    start_at: 2026-03-01\n")
    assert [it.events[0].time for it in found] == [moment("2026-02-01"), moment("2026-03-01")]


def test_everything_that_may_be_expected_of_the_whole() -> None:
    assert wants(
        "{state: none, start: +0m, ended: null, version: 2, at_risk: 12.5, unit: EUR, customer: 42,"
        " undated: [Send Fine], conflicts: 1}"
    ) == {
        ("state",): "none",
        ("start",): T0,
        ("ended",): None,
        ("version",): 2,
        ("at_risk",): 12.5,
        ("unit",): "EUR",
        ("customer",): "42",
        ("undated",): ("Send Fine",),
        ("conflicts",): 1,
    }


def test_everything_that_may_be_expected_of_a_step() -> None:
    full = "{state: pending, at: null, due: +15m, count: 1, needed: 2, warned: true}"
    assert wants(f"{{steps: {{PaymentReceived: late, Send Fine: {full}}}}}") == {
        ("steps", "PaymentReceived", "state"): "late",
        ("steps", "Send Fine", "state"): "pending",
        ("steps", "Send Fine", "at"): None,
        ("steps", "Send Fine", "due"): T0 + 15 * MINUTE,
        ("steps", "Send Fine", "count"): 1,
        ("steps", "Send Fine", "needed"): 2,
        ("steps", "Send Fine", "warned"): True,
    }


def test_findings() -> None:
    assert flags("[]") == ()
    assert flags("[Send Fine late since +3h, PaymentReceived out_of_order, half_undone]") == (
        Flag("Send Fine", Kind.LATE, T0 + 3 * HOUR),
        Flag("PaymentReceived", Kind.OUT_OF_ORDER, None),
        Flag("", Kind.HALF_UNDONE, None),
    )


def test_an_event_that_no_rule_looks_for_is_fine_unless_a_name_is_near() -> None:
    assert events("+0m Weather")[0].name == "Weather"
    found, [warning] = told(f"tests:\n  - name: it\n    events: [+0m PaymentRecieved]\n{LOOK}")
    assert found is not None
    shown = (
        'orders.test.yml:3:14: warning: the rule looks for no event "PaymentRecieved"; did you mean PaymentReceived?'
    )
    assert str(warning) == shown


BODY = f"tests:\n  - name: it\n{EVENTS}"
WRONG = {
    "[]": "1:1: a file of stories is a map: it needs `tests`",
    "tets: []": '1:1: unknown key "tets"; did you mean tests?',
    "rules: x": '1:1: "tests" is missing',
    "tests: []": '1:8: "tests" is an empty list; it must be a list of stories',
    "tests: [x]": '1:9: "tests" must be a list of stories: {name, events, at, expect}, not the text "x"',
    "workflow: order\ntests: []": '1:11: there is no workflow "order" in the rules; did you mean orders?',
    "start_at: soon\ntests: []": '1:11: "start_at": "soon" is no timestamp',
    "start_at: 1950-01-01\ntests: []": '1:11: "start_at" must lie in the years 1970 to 2199',
    "defaults: {A: 1}\ntests: []": '1:15: "A" must be a map',
    f"tests:\n  - events: []\n{LOOK}": '2:5: "name" is missing: what the story is about',
    f"tests:\n  - name: it\n{LOOK}": '2:5: "events" is missing: what happens; [] for nothing',
    f"{BODY}    at: +1h\n": '2:5: "expect" is missing: what must hold then',
    f"{BODY}    expect: {{state: running}}\n": '2:5: "at" is missing: the instant at which to look',
    f"{BODY}    at: +1\n    expect: {{state: running}}\n": '4:9: "at": expected a duration',
    f"{BODY}    at: 1h\n    expect: {{state: running}}\n": '4:9: "at": expected a time such as +20m',
    f"{BODY}{LOOK}    checks: []\n": '4:5: a story has "at" and "expect", or "checks"',
    f"{BODY}    checks: [at]\n": '4:14: "checks" must be a list of {at, expect}, not the text "at"',
    f"{BODY}{LOOK}    of: b\n": '6:9: no event of this story is of "b"',
    f"{BODY}{LOOK}  - name: it\n{EVENTS}{LOOK}": '6:11: there is a story "it" already, on line 2',
}
WRONG_EVENTS = {
    "OrderPlaced": '"the time of an event": expected a time such as +20m, -5m, +1d2h or 2026-11-20T10:00:00Z',
    "+20 OrderPlaced": '"the time of an event": expected a duration such as 90s',
    "+1h": '"+1h" names no event; expected an event such as',
    "+1h OrderPlaced {a: 1}": '"+1h OrderPlaced {a": what an event carries stands behind a colon',
    "+1h OrderPlaced {}": '"+1h OrderPlaced {}": what an event carries stands behind a colon',
    "[]": '"events" must be an event such as `+20m PaymentReceived`',
    "+1h confirmed Payment": '"Payment" is no step of the rule; did you mean PaymentReceived?',
    "{at: +1h}": "an event needs `at` and one of `event`, `confirmed` and `absent`",
    "{at: +1h, event: A, absent: B}": "an event needs `at` and one of `event`, `confirmed` and `absent`",
    "+1h OrderPlaced by ops": "`by` belongs to testimony: confirmed or absent",
    "+1h absent Send Fine from payments": "testimony is always from noshow: leave the source out",
    "+1h OrderPlaced: 12": '"attributes" must be a map, such as {amount: 12.5, country: DE}, not the number 12',
    "+1h OrderPlaced: {a: .inf}": '"a": ".inf" is no number as JSON writes it',
    "+1h OrderPlaced: {a: t0+3}": '"a": expected a duration',
}
WRONG_EXPECTATIONS = {
    "running": '"expect" must be a map of what must be so',
    "{}": '"expect" must be a map of what must be so',
    "{stat: running}": 'unknown key "stat"; did you mean state?',
    "{state: runing}": '"state" must be one of cancelled, incomplete, failed, complete, running, orphan, none, ',
    "{steps: late}": '"steps" must be a map of steps to what they must be',
    "{steps: {Payment: late}}": '"Payment" is no step of the rule; did you mean PaymentReceived?',
    "{steps: {Xyz: late}}": '"Xyz" is no step of the rule',
    "{steps: {Send Fine: lat}}": '"Send Fine" must be one of skipped, not_needed, waiting, on_time, late',
    "{steps: {Send Fine: {dew: +1h}}}": 'unknown key "dew"; did you mean due?',
    "{steps: {Send Fine: {due: 1h}}}": '"due": expected a time such as',
    "{steps: {Send Fine: {count: -1}}}": '"count" must be an integer of at least 0',
    "{steps: {Send Fine: {warned: maybe}}}": '"warned" must be true or false',
    "{findings: late}": '"findings" must be a list, [] for none',
    "{findings: [Send Fine lte]}": '"lte" is no finding; did you mean late?',
    "{findings: [late Send Fine]}": '"Fine" is no finding',
    "{findings: [late]}": "`late` of which step? expected a step and what is wrong with it",
    "{findings: [Send Fine orphan]}": "`orphan` is a finding of the whole, not of a step: write orphan alone",
    "{findings: [Send late]}": '"Send" is no step of the rule',
    "{findings: [Send Fine late, Send Fine late]}": '"findings" names "Send Fine late" twice',
    "{findings: [Send Fine late since soon]}": '"since": expected a time such as',
    "{at_risk: much}": '"at_risk" must be a number, or null, not the text "much"',
    "{version: 0}": '"version" must be an integer of at least 1',
    "{undated: [Fine]}": '"Fine" is no step of the rule',
}


@pytest.mark.parametrize(("text", "message"), WRONG.items())
def test_what_is_wrong_with_a_file_or_a_story(text: str, message: str) -> None:
    found, diagnostics = told(text)
    assert found is None
    assert str(diagnostics[0]).startswith(f"orders.test.yml:{message}")


@pytest.mark.parametrize(("line", "message"), WRONG_EVENTS.items())
def test_what_is_wrong_with_an_event(line: str, message: str) -> None:
    _, [found] = told(f"tests:\n  - name: it\n    events:\n      - {line}\n{LOOK}")
    assert (found.line, found.message[: len(message)]) == (4, message)
    assert found.column >= 9


@pytest.mark.parametrize(("expect", "message"), WRONG_EXPECTATIONS.items())
def test_what_is_wrong_with_an_expectation(expect: str, message: str) -> None:
    _, [found] = told(f"{BODY}    at: +1h\n    expect: {expect}\n")
    assert (found.line, found.message[: len(message)]) == (5, message)
    assert found.column >= 13


def test_a_state_among_the_findings_is_told_its_place() -> None:
    _, [found] = told(f"{BODY}    at: +1h\n    expect: {{findings: [Send Fine pending]}}\n")
    assert found.hint == "`pending` is a state: it belongs under steps"


def test_attributes_that_are_not_indented_are_told_of() -> None:
    _, [found] = told(f"tests:\n  - name: it\n    events:\n      - +0m OrderPlaced:\n        amount: 1\n{LOOK}")
    assert (found.line, found.column, found.message) == (
        5,
        9,
        "what an event carries is indented deeper than its time and name",
    )


def test_stories_about_one_of_several_workflows_say_which() -> None:
    two = [f"workflow: {name}\nstart: A\nsteps: {{B: {{within: 1h}}}}\n" for name in ("one", "two")]
    text = f"tests:\n  - name: it\n    events: []\n{LOOK}"
    _, [found] = told(text, *two)
    assert found.message == '"workflow" is missing: there are 2, and the stories are about one'
    chosen, _ = told(f"workflow: two\n{text}", *two)
    assert chosen is not None and chosen.workflow == "two"
