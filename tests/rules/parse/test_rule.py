"""Rule files that are right, and what a wrong one is told as a whole."""

import pytest

from rules.diagnostic import Check, Level
from rules.expression import START, Attribute, Binary, ListOf, Literal, Moment
from rules.parse.rule import LARGEST, MOST_STEPS, parse
from rules.spec import AtRisk, Late, Match, Matcher, Severity, Step, Workflow
from store.event import DAY, HOUR, MINUTE, SECOND

SMALLEST = "workflow: w\nstart: A\nsteps: {B: {within: 1h}}\n"


def read(text: str) -> Workflow:
    parsed = parse(text, "f.yaml")
    assert parsed.workflow is not None, parsed.diagnostics
    return parsed.workflow


def messages(text: str) -> list[tuple[int, int, str]]:
    return [(found.line, found.column, found.message) for found in parse(text, "f.yaml").diagnostics]


def only(name: str) -> Matcher:
    return Matcher((Match(name),))


def test_the_smallest_file_and_its_defaults() -> None:
    assert read(SMALLEST) == Workflow(
        name="w",
        start=only("A"),
        steps=(Step(name="B", matcher=only("B"), after=(START,), within=HOUR),),
        noun="instance",
        severity=Severity.WARNING,
    )


def test_a_file_with_every_key() -> None:
    assert read(
        """
        workflow: claim-settlement
        description: |
          Each claim is assessed and paid.
        noun: claim
        owner: claims
        severity: info
        labels: {tier: "1", area: motor}
        start: {event: ClaimFiled, where: amount > 0}
        grace: 2m
        skew: PT5S
        within: 30d
        cancel: [ClaimWithdrawn, {event: ClaimClosed, where: reason == "withdrawn"}]
        ends_on: ClaimClosed
        at_risk: {value: ClaimFiled.amount, unit: ClaimFiled.currency}
        customer: start.customer_id
        steps:
          Assessed:
            within: 48h
            owner: assessors
            severity: critical
            description: Somebody looks at it.
            runbook: https://wiki.example/assess?x=1
          Paid:
            event: [PaymentSent, {event: ChequeSent, where: cleared}]
            where: amount > 0
            after: [Assessed, start]
            due: ClaimFiled.promised_at
            when: Assessed.verdict in ["ok", "partly"]
            late: case
          Letter Sent:
            after_any: [Paid, Assessed]
            optional: true
        """
    ) == Workflow(
        name="claim-settlement",
        description="Each claim is assessed and paid.\n",
        noun="claim",
        owner="claims",
        severity=Severity.INFO,
        labels={"area": "motor", "tier": "1"},
        start=Matcher((Match("ClaimFiled", Binary(">", Attribute(None, ("amount",)), Literal(0))),)),
        grace=2 * MINUTE,
        skew=5 * SECOND,
        within=30 * DAY,
        cancel=Matcher((Match("ClaimWithdrawn"), Match("ClaimClosed", _equal("reason", "withdrawn")))),
        ends_on=only("ClaimClosed"),
        at_risk=AtRisk(Attribute(START, ("amount",)), Attribute(START, ("currency",))),
        customer=Attribute(START, ("customer_id",)),
        steps=(_ASSESSED, _PAID, _LETTER),
    )


def _equal(attribute: str, text: str) -> Binary:
    return Binary("==", Attribute(None, (attribute,)), Literal(text))


_ASSESSED = Step(
    name="Assessed",
    matcher=only("Assessed"),
    within=48 * HOUR,
    owner="assessors",
    severity=Severity.CRITICAL,
    description="Somebody looks at it.",
    runbook="https://wiki.example/assess?x=1",
)
_POSITIVE = Binary(">", Attribute(None, ("amount",)), Literal(0))
_PAID = Step(
    name="Paid",
    matcher=Matcher(
        (
            Match("PaymentSent", _POSITIVE),
            Match("ChequeSent", Binary("&&", Attribute(None, ("cleared",)), _POSITIVE)),
        )
    ),
    after=("Assessed", START),
    due=Attribute(START, ("promised_at",)),
    when=Binary("in", Attribute("Assessed", ("verdict",)), ListOf((Literal("ok"), Literal("partly")))),
    late=Late.CASE,
    owner="claims",
    severity=Severity.INFO,
)
_LETTER = Step(
    name="Letter Sent",
    matcher=only("Letter Sent"),
    after=(),
    after_any=("Paid", "Assessed"),
    optional=True,
    owner="claims",
    severity=Severity.INFO,
)


def test_a_step_may_have_nothing_under_its_name() -> None:
    workflow = read("workflow: w\nstart: A\nwithin: 2d\nsteps:\n  B:\n  C: {}\n")
    assert [step.name for step in workflow.steps] == ["B", "C"]


def test_at_risk_may_be_a_bare_expression() -> None:
    assert read(SMALLEST + "at_risk: A.amount * 2").at_risk == AtRisk(
        Binary("*", Attribute(START, ("amount",)), Literal(2))
    )
    assert read(SMALLEST + "at_risk: 5").at_risk == AtRisk(Literal(5))
    assert read(SMALLEST + "at_risk: {value: 5, unit: '\"EUR\"'}").at_risk == AtRisk(Literal(5), Literal("EUR"))


@pytest.mark.parametrize("word", ["on", "yes", "No", "y", "2026-11-20", "12:30", "1_000", "=", ".5.", "0b1"])
def test_text_stays_the_text_that_was_written(word: str) -> None:
    workflow = read(
        f"workflow: w\nowner: {word}\nstart: {word}\nlabels: {{{word}: {word}}}\nsteps: {{{word}: {{within: 1h}}}}"
    )
    assert workflow.owner == word
    assert workflow.labels == {word: word}
    assert workflow.start == workflow.steps[0].matcher == only(word)


@pytest.mark.parametrize("word", ["1", "-1.5", "1e3", "0x1F", ".inf", "true", "False"])
def test_what_yaml_takes_for_something_else_needs_quotes_to_be_text(word: str) -> None:
    assert read(SMALLEST + f"owner: '{word}'").owner == word
    ((line, column, message),) = messages(SMALLEST + f"owner: {word}")
    assert (line, column) == (4, 8)
    assert message.startswith('"owner" must be text, not the ')


@pytest.mark.parametrize("nothing", ["", "~", "null", "''", '"  "'])
def test_text_must_be_something(nothing: str) -> None:
    assert [message for _, _, message in messages(SMALLEST + f"owner: {nothing}")] == ['"owner" is empty']


@pytest.mark.parametrize(("text", "value"), [("true", True), ("True", True), ("FALSE", False), ("false", False)])
def test_booleans(text: str, value: bool) -> None:
    workflow = read(f"workflow: w\nstart: A\nwithin: 1d\nsteps: {{B: {{optional: {text}}}}}")
    assert workflow.steps[0].optional is value


@pytest.mark.parametrize("text", ["yes", "on", "1", "'true'", "~", "[true]"])
def test_what_is_no_boolean(text: str) -> None:
    ((_, column, message),) = messages(f"workflow: w\nstart: A\nsteps: {{B: {{optional: {text}}}}}")
    assert column == 23
    assert message.startswith('"optional" must be true or false, not ')


@pytest.mark.parametrize("text", ["0", "0s", "PT0S"])
def test_grace_and_skew_may_be_zero_and_deadlines_may_not(text: str) -> None:
    assert read(SMALLEST + f"grace: {text}\nskew: {text}").grace == 0
    assert messages(SMALLEST.replace("1h", "0s")) == [(3, 21, '"within" must be longer than zero')]
    assert messages(SMALLEST + "within: PT0S") == [(4, 9, '"within" must be longer than zero')]


@pytest.mark.parametrize("text", ["1w", "1.5h", "15", "99999999d", "1h1", "9" * 5000 + "s", "~", "[1h]", "{a: 1h}"])
def test_what_is_no_duration(text: str) -> None:
    ((line, column, _),) = messages(SMALLEST + f"within: {text}")
    assert (line, column) == (4, 9)


@pytest.mark.parametrize("url", ["http://x", "https://a.example:8443/b?c#d", "https://[::1]/x"])
def test_runbooks(url: str) -> None:
    assert read(SMALLEST.replace("within: 1h", f"within: 1h, runbook: '{url}'")).steps[0].runbook == url


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://", "//x/y", "http://[x", "https://a b/c", 'http://x/"'])
def test_what_is_no_runbook(url: str) -> None:
    text = SMALLEST.replace("within: 1h", f"within: 1h, runbook: '{url}'")
    assert [found.check for found in parse(text, "f").diagnostics] == [Check.ADDRESS]


def test_a_date_as_text_is_a_due_timestamp() -> None:
    assert read(SMALLEST.replace("within: 1h", "due: '\"1970-01-02\"'")).steps[0].due == Moment(DAY)


def test_all_errors_of_a_file_are_told_at_once_and_in_order() -> None:
    text = """\
workflow: Orders
grace: -1s
colour: red
start: {event: Placed, where: Paid.x}
at_risk: {unit: EUR}
steps:
  Paid:
    within: soon
    after: Shiped
    severity: high
  Shipped:
    when: Piad.x && Paid.y = 1
    optional: maybe
  start: {within: 1h, after: [Shipped, Shipped]}
"""
    parsed = parse(text, "f.yaml")
    assert parsed.workflow is None
    assert list(parsed.diagnostics) == sorted(parsed.diagnostics)
    assert [(found.line, found.column, found.check) for found in parsed.diagnostics] == [
        (1, 11, Check.NAME),
        (2, 8, Check.DURATION),
        (3, 1, Check.UNKNOWN_KEY),
        (4, 31, Check.REFERENCE),
        (5, 10, Check.MISSING_KEY),
        (5, 17, Check.UNKNOWN_STEP),
        (8, 13, Check.DURATION),
        (9, 12, Check.UNKNOWN_STEP),
        (10, 15, Check.CHOICE),
        (12, 28, Check.SYNTAX),
        (13, 15, Check.TYPE),
        (14, 3, Check.NAME),
        (14, 40, Check.REPEATED),
    ]


def test_a_warning_alone_does_not_stop_a_workflow() -> None:
    parsed = parse(SMALLEST + "cancel: [C, D, C]", "f.yaml")
    assert parsed.workflow is not None
    assert [found.severity for found in parsed.diagnostics] == [Level.WARNING]


def test_the_same_event_under_two_conditions_is_no_repetition() -> None:
    assert parse(SMALLEST + "cancel: [{event: C, where: a}, {event: C, where: b}]", "f").diagnostics == ()


def test_each_way_around_a_cycle_is_reported() -> None:
    text = """\
workflow: w
start: S
within: 1d
steps:
  A: {after_any: [B, C]}
  B: {due: C.x}
  C: {when: has(A.x), after: B}
  D: {after: D}
"""
    assert messages(text) == [
        (7, 17, "these steps wait for each other: A → B → C → A"),
        (7, 30, "these steps wait for each other: B → C → B"),
        (8, 14, "a step can't wait for itself: D → D"),
    ]


def test_a_cycle_through_an_expression_with_an_error_is_found_too() -> None:
    text = "workflow: w\nstart: S\nwithin: 1d\nsteps:\n  A: {when: B.x == 1 && foo(B.y)}\n  B: {after: A}\n"
    assert [found.check for found in parse(text, "f").diagnostics] == [Check.SUBSET, Check.CYCLE]


def test_a_long_chain_and_a_long_cycle() -> None:
    def chain(first: str) -> str:
        steps = "".join(f"  s{n}: {{within: 1d, after: s{n - 1}}}\n" for n in range(1, MOST_STEPS))
        return f"workflow: w\nstart: S\nsteps:\n  s0: {{within: 1d, after: {first}}}\n{steps}"

    assert len(read(chain("start")).steps) == MOST_STEPS
    ((line, _, message),) = messages(chain("s499"))
    assert line == 5
    assert message.startswith("these steps wait for each other: s0 → s499 → s498 → ") and message.endswith("… → s0")


@pytest.mark.parametrize(
    ("keys", "never_due"),
    [
        ("{}", True),
        ("{optional: false}", True),
        ("{after: A, when: A.x}", True),
        ("{optional: true}", False),
        ("{within: 1h}", False),
        ("{due: A.x}", False),
    ],
)
def test_a_required_step_must_fall_due_some_day(keys: str, never_due: bool) -> None:
    text = f"workflow: w\nstart: S\nsteps:\n  A: {{within: 1h}}\n  B: {keys}\n"
    found = [(diagnostic.line, diagnostic.check) for diagnostic in parse(text, "f").diagnostics]
    assert found == ([(5, Check.NEVER_DUE)] if never_due else [])
    assert parse(text + "within: 1d", "f").workflow is not None


@pytest.mark.parametrize("typo", ["withn: 1h", "optionl: true", "dew: A.x", "within: soon", "optional: yes"])
def test_one_slip_is_one_error(typo: str) -> None:
    text = f"workflow: w\nstart: S\nsteps:\n  A: {{within: 1h}}\n  B: {{{typo}}}\n"
    assert len(parse(text, "f").diagnostics) == 1


def test_a_misspelt_key_is_not_missing_as_well() -> None:
    assert messages(SMALLEST.replace("start", "strat")) == [(2, 1, 'unknown key "strat"; did you mean start?')]


def test_the_content_hash_knows_no_layout() -> None:
    plain = read("workflow: w\nstart: A\nlabels: {a: x, b: y}\nsteps: {B: {when: A.x == 1, within: 60m}}\n")
    other = read(
        "# a comment\nlabels: {b: y, a: 'x'}\nworkflow: 'w'\nstart: [A]\n"
        "steps:\n  B:\n    within: 1h\n    when: >\n      start.x\n\n      ==  1\n"
    )
    assert plain.content_hash == other.content_hash
    assert plain.content_hash != read("workflow: w\nstart: A\nsteps: {B: {within: 1h}}\n").content_hash


def test_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    text = "workflow: w\nstart: A\nsteps:\n  B: {within: 1h, when: Cc.x}\n  C: {within: 1h}\n"
    expected = messages(text)
    assert expected == [(4, 25, '"Cc" is no step; did you mean C?')]
    assert messages("\ufeff" + text) == expected
    assert messages(text.replace("\n", "\r\n")) == expected
    assert messages(text.replace("\n", "\r")) == expected
    assert messages("%YAML 1.1\n---\n" + text + "...\n") == [(6, 25, expected[0][2])]


def test_the_name_is_known_also_where_something_else_is_wrong() -> None:
    name = parse("workflow: w\nstart: A\n", "f").name
    assert name is not None and (name.name, name.at.line, name.at.column) == ("w", 1, 11)
    assert parse("start: A\n", "f").name is None
    assert parse("[w]\n", "f").name is None


def test_limits() -> None:
    assert [found.check for found in parse("#" * (LARGEST + 1), "f").diagnostics] == [Check.SIZE]
    assert read(SMALLEST + "#" * (LARGEST - len(SMALLEST))).name == "w"
    many = parse("".join(f"key{n}: 1\n" for n in range(5000)), "f").diagnostics
    assert len(many) == 201
    assert "200 problems; the rest of this file was not checked" in [found.message for found in many[-2:]]


@pytest.mark.parametrize("text", ["\ud800", "a: \udfff", "\x00", "a: \x1b[31m", "a\ufffe", "x: a\ufeffb"])
def test_characters_that_no_text_holds(text: str) -> None:
    assert [found.check for found in parse(text, "f").diagnostics] == [Check.ENCODING]
