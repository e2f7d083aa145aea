"""The keys of a step and of a workflow that count, bound, undo and version."""

import json

import pytest

from rules.diagnostic import Check, Level
from rules.expression import START, Attribute, Binary, Call, Literal
from rules.parse.rule import MOST_STEPS, parse
from rules.spec import Match, Matcher, Orphans, Share, Step, Workflow, depends_on
from store.event import DAY, HOUR, MINUTE

RULE = """\
workflow: orders
version: 3
effective_from: 2026-11-20 14:05:00.000001+01:00
start: Placed
orphans: flag
escalate_after: 2d
steps:
  Auth:
    within: 15m
    warn: 80%
    at_most: 1
    fails_on: [AuthFailed, {event: Closed, where: reason == "declined"}]
    undone_by: AuthVoided
    undo_within: 1d
    expires: 7d
  Ship:
    times: size(start.items)
    warn: 2h
    needs: Auth
    match: amount == Auth.amount && item.currency == Placed.currency
    leave_behind: true
    escalate_after: 1h
"""


def read(text: str) -> Workflow:
    parsed = parse(text, "f.yaml")
    assert parsed.workflow is not None, parsed.diagnostics
    return parsed.workflow


def of_step(keys: str, step: str = "B") -> Step:
    return read(f"workflow: w\nstart: A\nwithin: 9d\nsteps:\n  B: {{{keys}}}\n  C: {{expires: 1d}}\n").step(step)


def found(keys: str) -> list[tuple[int, Check]]:
    """Columns and checks of a step that says these keys and has no deadline else."""
    text = f"workflow: w\nstart: A\nsteps:\n  B: {{{keys}}}\n  C: {{within: 1h, expires: 1d}}\n"
    return [(diagnostic.column - 6, diagnostic.check) for diagnostic in parse(text, "f").diagnostics]


def only(name: str) -> Matcher:
    return Matcher((Match(name),))


def test_every_key_that_counts_bounds_undoes_or_versions() -> None:
    workflow = read(RULE)
    assert (workflow.version, workflow.effective_from) == (3, 1_795_179_900_000_001)
    assert workflow.orphans is Orphans.FLAG
    declined = Binary("==", Attribute(None, ("reason",)), Literal("declined"))
    assert workflow.steps == (
        Step(
            "Auth",
            only("Auth"),
            within=15 * MINUTE,
            warn=Share(80),
            at_most=1,
            fails_on=Matcher((Match("AuthFailed"), Match("Closed", declined))),
            undone_by=only("AuthVoided"),
            undo_within=DAY,
            expires=7 * DAY,
            escalate_after=2 * DAY,
        ),
        Step(
            "Ship",
            only("Ship"),
            times=Call("size", (Attribute(START, ("items",)),)),
            warn=2 * HOUR,
            needs=("Auth",),
            match=Binary(
                "&&",
                Binary("==", Attribute(None, ("amount",)), Attribute("Auth", ("amount",))),
                Binary("==", Attribute(None, ("item", "currency")), Attribute(START, ("currency",))),
            ),
            leave_behind=True,
            escalate_after=HOUR,
        ),
    )


def test_a_step_depends_on_all_that_it_mentions() -> None:
    assert depends_on(read(RULE).step("Ship")) == (START, "Auth")


@pytest.mark.parametrize("key", ["after", "needs"])
@pytest.mark.parametrize("other", ["when: B.x", "due: B.x", "times: B.x", "match: x == B.x", "after_any: [B]"])
def test_every_mention_can_close_a_cycle(key: str, other: str) -> None:
    text = f"workflow: w\nstart: A\nwithin: 1d\nsteps:\n  B: {{expires: 1d, {key}: C}}\n  C: {{expires: 1d, {other}}}\n"
    assert [diagnostic.check for diagnostic in parse(text, "f").diagnostics] == [Check.CYCLE]


@pytest.mark.parametrize(
    "keys", ["needs: B", "times: B.n", "match: n == B.n", "match: 'n == steps[\"B\"].n'", "when: B.x"]
)
def test_a_step_that_mentions_itself_is_a_cycle(keys: str) -> None:
    assert [check for _, check in found(f"within: 1h, expires: 1h, {keys}")] == [Check.CYCLE]


@pytest.mark.parametrize(("text", "share"), [("1%", 1), ("80%", 80), ("99 %", 99), ("'50%'", 50)])
def test_an_early_warning_is_a_share_or_a_duration(text: str, share: int) -> None:
    assert of_step(f"warn: {text}").warn == Share(share)
    assert of_step("warn: PT15M").warn == 15 * MINUTE


@pytest.mark.parametrize("text", ["0%", "100%", "-5%", "1.5%", "%", "080%", "0s", "-1h", "80", "~", "{a: b}"])
def test_what_is_no_early_warning(text: str) -> None:
    ((column, _),) = found(f"within: 1h, warn: {text}")
    assert column == len("{within: 1h, warn: ")


@pytest.mark.parametrize(("text", "value"), [("3", 3), ("0", 0), ("'3'", 3), ("2147483647", 2**31 - 1)])
def test_times_may_be_a_number(text: str, value: int) -> None:
    assert of_step(f"times: {text}").times == Literal(value)


@pytest.mark.parametrize(
    "text", ["-1", "1.5", "2147483648", "true", "'\"3\"'", "~", "A.x > 1", "[1]", "duration('1h')"]
)
def test_what_is_no_number_of_times(text: str) -> None:
    assert len(found(f"within: 1h, times: {text}")) == 1


@pytest.mark.parametrize("text", ["-1", "1.5", "2147483648", "true", "'3'", "~", "A.x", "9" * 5000])
def test_at_most_is_an_integer(text: str) -> None:
    assert len(found(f"at_most: {text}")) == 1


def test_a_step_that_is_forbidden_is_optional() -> None:
    assert of_step("at_most: 0").optional
    assert of_step("at_most: 0, optional: true").optional
    assert not of_step("at_most: 1").optional
    assert found("at_most: 0, optional: false") == [(len("{at_most: 0, optional: "), Check.CONFLICT)]
    assert found("at_most: 0") == []


@pytest.mark.parametrize(
    ("times", "at_most", "fits"), [("2", 2, True), ("2", 1, False), ("A.n", 0, True), ("0", 0, True)]
)
def test_at_most_is_no_less_than_the_number_needed(times: str, at_most: int, fits: bool) -> None:
    expected = [] if fits else [(len(f"{{within: 1h, times: {times}, at_most: "), Check.CONFLICT)]
    assert found(f"within: 1h, times: {times}, at_most: {at_most}") == expected


@pytest.mark.parametrize("name", ["C.x", 'steps["C"].x', "A.x", "start.x"])
def test_step_names_and_the_start_win_over_attributes_of_the_event(name: str) -> None:
    match = of_step(f"match: '{name} == x.y'").match
    assert isinstance(match, Binary) and isinstance(match.left, Attribute)
    assert match.left.step == ("C" if "C" in name else START)
    assert match.right == Attribute(None, ("x", "y"))


@pytest.mark.parametrize(
    ("name", "warned"), [("Paymnet.x", True), ("payment.x", False), ("Pay.x", False), ("Paymnet", False)]
)
def test_what_is_nearly_a_step_in_match_is_worth_a_warning(name: str, warned: bool) -> None:
    text = f"workflow: w\nstart: A\nwithin: 1d\nsteps:\n  Payment:\n  B: {{match: {name} == 1}}\n"
    parsed = parse(text, "f")
    assert parsed.workflow is not None
    assert [it.severity for it in parsed.diagnostics] == [Level.WARNING] * warned


@pytest.mark.parametrize(
    "place", ["where: {}", "event: {{event: X, where: {}}}", "fails_on: {{event: X, where: {}}}", "match: {}"]
)
@pytest.mark.parametrize(
    "expression",
    [
        "has(a.b) && !(size(items) == 2)",
        "items.size() * 2 / 3 + 1 - 4 >= -a",
        'a in ["x", "y"] || "x" in a',
        'a.startsWith("x") && a.endsWith("y") || a.contains("z") && a.matches("^w+$")',
        'matches(a["odd key"].b, r"\\d")',
        'timestamp(a) - timestamp(b) < duration("1h30m") && timestamp(a) > timestamp("2026-11-20")',
        "a != 1.5 && a < 0x1F && a <= 1e3 && a > -1",
    ],
)
def test_every_operator_and_function_over_the_event_at_hand(place: str, expression: str) -> None:
    assert of_step(place.format(json.dumps(expression))).name == "B"


@pytest.mark.parametrize(
    ("key", "expression"),
    [
        *(("times", "size(start.items)"), ("times", "steps['C'].a.b * 2 - 1"), ("times", "C.items.size() / 2")),
        *(("due", "C.at"), ("due", "timestamp(start.at) + duration('PT15M')"), ("due", "start['epoch s'] + 60")),
        ("when", "has(C.a.b) || timestamp(C.at) >= timestamp(1763640000)"),
    ],
)
def test_expressions_over_the_start_and_other_steps(key: str, expression: str) -> None:
    assert getattr(of_step(f"{key}: {json.dumps(expression)}"), key) is not None


def test_undone_by_and_undo_within_go_together() -> None:
    assert found("within: 1h, undone_by: X") == [(len("{within: 1h, "), Check.MISSING_KEY)]
    assert found("within: 1h, undo_within: 1h") == [(len("{within: 1h, "), Check.MISSING_KEY)]
    assert found("within: 1h, undone_by: X, undo_wihtin: 1h") == [
        (len("{within: 1h, undone_by: X, "), Check.UNKNOWN_KEY)
    ]


def test_what_is_needed_gives_a_deadline_and_must_expire() -> None:
    assert found("needs: C") == []
    assert found("needs: [C, C]") == [(len("{needs: [C, "), Check.REPEATED)]
    text = "workflow: w\nstart: A\nsteps:\n  B: {needs: C}\n  C: {within: 1h}\n"
    assert [(it.line, it.column, it.check) for it in parse(text, "f").diagnostics] == [(4, 14, Check.MISSING_KEY)]
    assert len(parse(text.replace("within: 1h", "within: 1h, expires: soon"), "f").diagnostics) == 1
    assert len(parse(text.replace("within: 1h", "within: 1h, expries: 1h"), "f").diagnostics) == 1


@pytest.mark.parametrize("keys", ["at_most: -1", "at_mots: 0", "needs: D", "optional: 1", "neds: C"])
def test_a_slip_where_a_deadline_may_have_been_meant_is_one_error(keys: str) -> None:
    assert len(found(keys)) == 1


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1970-01-02", DAY),
        ("'1970-01-01T00:00:00.000001Z'", 1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01 00:00:01", 1_000_000),
    ],
)
def test_since_when_a_version_holds(text: str, micros: int) -> None:
    workflow = read(f"workflow: w\nversion: 2\neffective_from: {text}\nstart: A\nsteps: {{B: {{within: 1h}}}}\n")
    assert workflow.effective_from == micros


@pytest.mark.parametrize("text", ["soon", "1h", "2026-13-01", "20261120", "~", "2026-11-20T14:05", "1899-01-01"])
def test_what_is_no_instant(text: str) -> None:
    parsed = parse(f"workflow: w\nversion: 2\neffective_from: {text}\nstart: A\nsteps: {{B: {{within: 1h}}}}\n", "f")
    assert [(it.line, it.column) for it in parsed.diagnostics] == [(3, 17)]


def test_a_first_version_needs_no_date_and_may_have_one() -> None:
    rest = "start: A\nsteps: {B: {within: 1h}}\n"
    assert read(f"workflow: w\n{rest}") == read(f"workflow: w\nversion: 1\n{rest}")
    assert read(f"workflow: w\neffective_from: 2026-11-20\n{rest}").effective_from is not None
    assert parse(f"workflow: w\nversion: 2\neffective_form: 2026-11-20\n{rest}", "f").diagnostics[1:] == ()


def test_the_content_hash_knows_every_key() -> None:
    hashes = {of_step(keys) and read(_with(keys)).content_hash for keys in _CHANGES}
    assert len(hashes) == len(_CHANGES)


def _with(keys: str) -> str:
    return f"workflow: w\nstart: A\nwithin: 9d\nsteps:\n  B: {{{keys}}}\n  C: {{expires: 1d}}\n"


_CHANGES = [
    *(
        "",
        "warn: 1h",
        "warn: 50%",
        "times: 2",
        "at_most: 1",
        "match: x",
        "fails_on: X",
        "undone_by: X, undo_within: 1h",
    ),
    *("undone_by: X, undo_within: 2h", "leave_behind: true", "expires: 1h", "needs: C", "escalate_after: 1h"),
    *(
        "actions: {a: {post: 'http://x'}}",
        "actions: {a: {post: 'http://y'}}",
        "truth: {get: 'http://x', confirmed: code == 200, absent: code == 404}",
        "truth: {get: 'http://x', confirmed: code == 200, absent: code == 410}",
    ),
]


def test_commas_in_the_name_of_an_event_are_probably_a_list_without_brackets() -> None:
    parsed = parse("workflow: w\nstart: S\ncancel: A, B\nsteps: {P: {within: 1h}}", "w.yaml")
    assert parsed.workflow is not None
    [warning] = parsed.diagnostics
    assert (str(warning), warning.hint) == (
        'w.yaml:3:9: warning: this is one event, called "A, B"',
        "for any of several events write a list: [A, B]",
    )


def test_there_is_an_end_to_the_steps_of_a_workflow() -> None:
    steps = "".join(f"  S{number}: {{within: 1h}}\n" for number in range(MOST_STEPS + 1))
    [error] = parse(f"workflow: w\nstart: S\nsteps:\n{steps}", "w.yaml").diagnostics
    assert str(error) == "w.yaml:504:3: a workflow has at most 500 steps, and this has 501"
    assert parse(f"workflow: w\nstart: S\nsteps:\n{steps}".rpartition("  S")[0], "w.yaml").workflow is not None
