"""Expressions: what they become, what is refused, and where."""

import pytest

from rules.expression import (
    START,
    Attribute,
    Binary,
    Call,
    Expression,
    Has,
    ListOf,
    Literal,
    Moment,
    Position,
    Span,
    Unary,
    walk,
)
from rules.parse.rule import Parsed, parse
from rules.parse.types import start_of

LINE, INDENT = 15, 8
FILE = """\
workflow: orders
start: OrderPlaced
steps:
  Pay:
    within: 1h
  Send Fine:
    within: 1h
  send-note:
    within: 1h
  import:
    within: 1h
  Ship:
    within: 1h
    {key}: |
        {text}
"""


def parsed(text: str, key: str = "when") -> Parsed:
    return parse(FILE.format(key=key, text=text), "f.yaml")


def read(text: str, key: str = "when") -> Expression:
    found = parsed(text, key)
    assert found.workflow is not None, found.diagnostics
    ship = found.workflow.step("Ship")
    where = ship.matcher.alternatives[0].where
    expression = {"when": ship.when, "due": ship.due, "where": where}[key]
    assert expression is not None
    return expression


def errors(text: str, key: str = "when") -> list[tuple[int, str]]:
    """The columns within the expression, from 1, and the messages."""
    found = parsed(text, key)
    assert found.workflow is None
    assert {diagnostic.line for diagnostic in found.diagnostics} == {LINE}
    return [(diagnostic.column - INDENT, diagnostic.message) for diagnostic in found.diagnostics]


def hint(text: str, key: str = "when") -> str:
    return parsed(text, key).diagnostics[0].hint


A = Attribute("Pay", ("a",))
B = Attribute("Pay", ("b",))
ONE, TWO = Literal(1), Literal(2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pay.a == 1", Binary("==", A, ONE)),
        ("Pay.a != 1", Binary("!=", A, ONE)),
        ("Pay.a < 1", Binary("<", A, ONE)),
        ("Pay.a<=1", Binary("<=", A, ONE)),
        ("Pay.a > 1", Binary(">", A, ONE)),
        ("Pay.a>=1", Binary(">=", A, ONE)),
        ("Pay.a && Pay.b || !Pay.a", Binary("||", Binary("&&", A, B), Unary("!", A))),
        ("Pay.a && (Pay.b || Pay.a)", Binary("&&", A, Binary("||", B, A))),
        ("Pay.a && Pay.b && true", Binary("&&", Binary("&&", A, B), Literal(True))),
        ("!!Pay.a", Unary("!", Unary("!", A))),
        ("false", Literal(False)),
        ("Pay.a", A),
        ("Pay.a in [1, 2]", Binary("in", A, ListOf((ONE, TWO)))),
        ("Pay.a in[1]", Binary("in", A, ListOf((ONE,)))),
        ("1 in Pay.a", Binary("in", ONE, A)),
        ("Pay.a + Pay.b * 2 == 1", Binary("==", Binary("+", A, Binary("*", B, TWO)), ONE)),
        ("(Pay.a - Pay.b) / 2 == 1", Binary("==", Binary("/", Binary("-", A, B), TWO), ONE)),
        ("has(Pay.a)", Has(A)),
        ('has(steps["Pay"].a)', Has(A)),
        ("size(Pay.a) == 1", Binary("==", Call("size", (A,)), ONE)),
        ("Pay.a.size() == 1", Binary("==", Call("size", (A,)), ONE)),
        ('Pay.a.startsWith("x")', Call("startsWith", (A, Literal("x")))),
        ("Pay.a.endsWith(Pay.b)", Call("endsWith", (A, B))),
        ('"xyz".contains(Pay.a)', Call("contains", (Literal("xyz"), A))),
        ('Pay.a.matches("^x+$")', Call("matches", (A, Literal("^x+$")))),
        ('matches(Pay.a, "^x+$")', Call("matches", (A, Literal("^x+$")))),
        ("timestamp(Pay.a) < timestamp(Pay.b)", Binary("<", Call("timestamp", (A,)), Call("timestamp", (B,)))),
        ("Pay.a == 1 // and no more", Binary("==", A, ONE)),
        ('Pay.a == "// no comment"', Binary("==", A, Literal("// no comment"))),
        ("  Pay.a  ", A),
    ],
)
def test_reads(text: str, expected: Expression) -> None:
    assert read(text) == expected


@pytest.mark.parametrize("text", ["Pay.a-1", "Pay.a - 1", "Pay.a -1", "Pay.a- 1", "(Pay.a)-1", "Pay.a-\n         1"])
def test_minus_needs_no_room(text: str) -> None:
    assert read(f"{text} == 2") == Binary("==", Binary("-", A, ONE), TWO)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-1", -1),
        ("- 1", -1),
        ("--1", 1),
        ("-(1)", -1),
        ("0x1f", 31),
        ("-0x1F", -31),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("- 9223372036854775808", -(2**63)),
        ("1.5", 1.5),
        ("-.5", -0.5),
        ("1e3", 1000.0),
        ("2.5E-1", 0.25),
    ],
)
def test_numbers(text: str, value: float) -> None:
    found = read(f"Pay.a == {text}")
    assert found == Binary("==", A, Literal(value))
    assert isinstance(found, Binary) and isinstance(found.right, Literal)
    assert type(found.right.value) is type(value)


def test_minus_of_an_attribute_stays() -> None:
    assert read("-Pay.a == -1 - -Pay.b") == Binary("==", Unary("-", A), Binary("-", Literal(-1), Unary("-", B)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('""', ""),
        ("'x'", "x"),
        ('"it\'s"', "it's"),
        ("'say \"x\"'", 'say "x"'),
        (r'"\"\'\`\?\\"', "\"'`?\\"),
        (r'"\a\b\f\n\r\t\v"', "\a\b\f\n\r\t\v"),
        (r'"\x41\X42\u00e9\U0001F600\101"', "ABé😀A"),
        (r'"\\"', "\\"),
        (r'r"\d\"', "\\d\\"),
        (r"R'\n'", "\\n"),
        ('"""x"y\'z"""', "x\"y'z"),
        ("'''x\n        y'''", "x\ny"),
        (r'"""\u0041"""', "A"),
        (r'r"""\u0041"""', "\\u0041"),
        ('"日本 😀"', "日本 😀"),
        ('"a // b"', "a // b"),
        ('"(["', "(["),
    ],
)
def test_strings(text: str, value: str) -> None:
    assert read(f"Pay.a == {text}") == Binary("==", A, Literal(value))


def test_a_string_does_not_hide_what_follows_it() -> None:
    a, b = Binary("==", A, Literal("\\")), Binary("==", B, Literal('"'))
    assert read(r"""Pay.a == "\\" && Pay.b == "\"" """) == Binary("&&", a, b)
    assert read(r"""Pay.a == r"\" && Pay.b == '"' """) == Binary("&&", a, b)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T00:00:00.5z", 500_000),
        ("1970-01-01t01:00:00.1234567+01:00", 123_456),
        ("1970-01-01 00:00:00-00:30", 1_800_000_000),
        ("1970-01-02T00:00:00", 86_400_000_000),
        ("1970-01-02", 86_400_000_000),
        ("1969-12-31T23:59:59.999999Z", -1),
    ],
)
def test_timestamps(text: str, micros: int) -> None:
    assert read(f'timestamp(Pay.a) > timestamp("{text}")') == Binary(">", Call("timestamp", (A,)), Moment(micros))
    assert read(f'timestamp("{text}")', "due") == Moment(micros)
    assert read(f'"{text}"', "due") == Moment(micros)


def test_a_timestamp_of_seconds() -> None:
    assert read("timestamp(1.5)", "due") == Moment(1_500_000)
    assert read("timestamp(-1)", "due") == Moment(-1_000_000)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1h30m", 5_400_000_000),
        ("1.5s", 1_500_000),
        (".5s", 500_000),
        ("20ms", 20_000),
        ("7us", 7),
        ("7µs", 7),
        ("0s", 0),
        ("-90s", -90_000_000),
        ("+90s", 90_000_000),
        ("2d", 172_800_000_000),
        ("1d12h", 129_600_000_000),
        ("PT15M", 900_000_000),
        ("-PT15M", -900_000_000),
    ],
)
def test_durations(text: str, micros: int) -> None:
    expected = Binary("+", Call("timestamp", (A,)), Span(micros))
    assert read(f'timestamp(Pay.a) + duration("{text}")', "due") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("start.a", Attribute(START, ("a",))),
        ("OrderPlaced.a", Attribute(START, ("a",))),
        ("Pay.a.b.c", Attribute("Pay", ("a", "b", "c"))),
        ('steps["Send Fine"].a', Attribute("Send Fine", ("a",))),
        ("steps['Send Fine'].a.b", Attribute("Send Fine", ("a", "b"))),
        ('steps["import"].a', Attribute("import", ("a",))),
        ('Pay["odd key"]', Attribute("Pay", ("odd key",))),
        ('Pay["http.status"].x["y z"].w', Attribute("Pay", ("http.status", "x", "y z", "w"))),
        ('start["a"]', Attribute(START, ("a",))),
        ("Pay.import", Attribute("Pay", ("import",))),
        ("Pay.in", Attribute("Pay", ("in",))),
        ('Pay["true"]', Attribute("Pay", ("true",))),
        ("(Pay).a", A),
    ],
)
def test_names(text: str, expected: Attribute) -> None:
    assert read(text) == expected


def test_a_step_wins_over_the_start_event_of_the_same_name() -> None:
    text = "workflow: w\nstart: Pay\nsteps:\n  Pay: {within: 1d}\n  Ship: {within: 1d, when: Pay.a}\n"
    workflow = parse(text, "f").workflow
    assert workflow is not None and workflow.step("Ship").when == A


def test_every_start_event_names_the_start() -> None:
    text = "workflow: w\nstart: [A, {event: B, where: x == 1}]\nsteps:\n  S: {within: 1d, when: A.x && B.y}\n"
    workflow = parse(text, "f").workflow
    assert workflow is not None
    assert workflow.step("S").when == Binary("&&", Attribute(START, ("x",)), Attribute(START, ("y",)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", Attribute(None, ("a",))),
        ("a.b", Attribute(None, ("a", "b"))),
        ('a["x y"].b', Attribute(None, ("a", "x y", "b"))),
        ("has(a)", Has(Attribute(None, ("a",)))),
        ("size == 1", Binary("==", Attribute(None, ("size",)), ONE)),
    ],
)
def test_where_sees_the_event_at_hand(text: str, expected: Expression) -> None:
    assert read(text, "where") == expected


def test_every_node_knows_its_place() -> None:
    found = read('!has(Pay.a) ||\n          size([1, "x"]) - -Pay.b > 1 + 2 == true || Pay.b')
    assert all(node.position is not None for node in walk(found))
    assert found.position == Position(LINE + 1, INDENT + 3 + len('size([1, "x"]) - -Pay.b > 1 + 2 == true '))
    assert start_of(found) == Position(LINE, INDENT + 1)


def test_an_empty_expression_is_reported_where_it_should_be() -> None:
    (found,) = parsed("").diagnostics
    assert (found.line, found.column, found.message) == (LINE - 1, 11, "the expression is empty")


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("// nothing", 1, "the expression is empty"),
        ("Pay.a ==", 9, "the expression breaks off here"),
        ("Pay.a == // 1", 9, "the expression breaks off here"),
        ("Pay.a Pay.b", 7, '"Pay" was not expected here'),
        ("Pay..a", 5, '"." was not expected here'),
        ("Pay.a == 0X1", 11, '"X1" was not expected here'),
        ("Pay.true", 5, '"true" was not expected here'),
        ("Pay.a | Pay.b", 7, '"|" was not expected here'),
        ("Pay.a = 1", 7, '"=" was not expected here'),
        ("Pay.a OR Pay.b", 7, '"OR" was not expected here'),
        ("true && NOT Pay.a", 9, '"NOT" is no operator here'),
        ("(Pay.a", 1, "this ( is never closed"),
        ("Pay.a in [1, (2]", 16, "no [ is open that this could close"),
        ("Pay.a)", 6, "no ( is open that this could close"),
        ("[Pay.a == (1]", 13, "no [ is open that this could close"),
        ("Pay.a == 'x", 10, "this text is never closed"),
        ("Pay.a == '''x'", 10, "this text is never closed"),
        ("Pay.a == 'x\n        y'", 12, "text must end on its line; three quotation marks let it go on"),
        (r"Pay.a == 'a\q'", 12, r"unknown escape \q in this text"),
        (r"Pay.a == 'a\ud800'", 12, r"unknown escape \u in this text"),
        (r"Pay.a == 'a\u12'", 12, r"unknown escape \u in this text"),
        (r"Pay.a == 'a\U00110000'", 12, r"unknown escape \U in this text"),
        (r"Pay.a == 'a\8'", 12, r"unknown escape \8 in this text"),
        ("Pay.ä == 1", 5, '"ä" was not expected here'),
        ("for.a", 1, '"for" is a reserved word of CEL'),
        ("Pay.a ? 1 : 2", 7, "the conditional ?: is not supported here"),
        ("Pay.a % 2 == 0", 7, "% is not supported here"),
        ("Pay.a in {1: 2}", 10, "maps are not supported here"),
        ("x{a: 1} == Pay.a", 2, "messages are not supported here"),
        (".Pay.a", 1, "a name can't begin with a dot"),
        (".size(Pay.a) == 1", 1, "a name can't begin with a dot"),
        ("Pay.a == rb'x'", 10, "byte strings are not supported here"),
        ("Pay.a == 1u", 10, "unsigned integers are not supported here"),
        ("Pay.a == 1.", 10, "a decimal needs digits behind its point"),
        ("Pay.a == 1e999", 10, "this number is too large"),
        ("Pay.a == 9223372036854775808", 10, "this integer does not fit into 64 bits"),
        ("Pay.a[0] == 1", 7, 'only the name of an attribute can stand in brackets, as in A["odd name"]'),
        ("Pay[Pay.a] == 1", 5, 'only the name of an attribute can stand in brackets, as in A["odd name"]'),
        ("size(Pay.a).b == 1", 13, "only steps, the start and their attributes have attributes"),
        ("Pay.a.all(x, x > 1)", 7, "the macro all is not supported here"),
        ("int(Pay.a) == 1", 1, 'there is no function "int"'),
        ("Pay.a.timestamp() == 1", 7, "timestamp is written around what it looks at, as in timestamp(…)"),
        ("contains(Pay.a, 'x')", 1, "contains is written behind what it looks at"),
        ("Pay.a.startsWith()", 7, "startsWith(…) takes one argument, not 0"),
        ("has(Pay.a, Pay.b)", 1, "has(…) takes one argument, not 2"),
        ("has(1)", 5, "has(…) takes an attribute, as in has(Pay.a)".replace("Pay.a", "Payment.amount")),
        ("has(Pay)", 5, '"Pay" is a step, not a value'),
        ("Pay == 1", 1, '"Pay" is a step, not a value'),
        ("OrderPlaced == 1", 1, '"OrderPlaced" is the start, not a value'),
        ("start == 1", 1, '"start" is the start, not a value'),
        ('steps["Pay"] == 1', 7, '"Pay" is a step, not a value'),
        ('steps["Pya"].a == 1', 7, '"Pya" is no step; did you mean Pay?'),
        ('steps["start"].a == 1', 7, '"start" is no step but the start'),
        ("steps.Pay.a == 1", 1, 'a step is written steps["its name"]'),
        ("steps == 1", 1, 'a step is written steps["its name"]'),
        ("pay.a == 1", 1, '"pay" is no step; did you mean Pay?'),
        ("amount > 5", 1, '"amount" is no step'),
        ("Ship.a == 1", 1, "a step can't wait for itself: Ship → Ship"),
        ("timestamp('2026-13-01') < timestamp(Pay.a)", 11, None),
        ("timestamp('1850-01-01') < timestamp(Pay.a)", 11, "a timestamp must lie in the years 1900 to 9999"),
        ("timestamp(true) < timestamp(Pay.a)", 11, "timestamp(…) needs text or a number of seconds"),
        ("duration(Pay.a) == duration('1h')", 10, 'duration(…) takes text in quotes, such as "1h30m"'),
        ("duration(5) == duration('1h')", 10, 'duration(…) takes text in quotes, such as "1h30m"'),
        ("duration('1x') == duration('1h')", 10, None),
        ("duration('0.5us') == duration('1h')", 10, "a duration is whole microseconds"),
        ("duration('40000d') == duration('1h')", 10, None),
        ("Pay.a.matches(Pay.b)", 15, "matches(…) takes a pattern in quotes"),
        ("Pay.a.matches('a(?=b)')", 15, "RE2 does not accept this pattern: invalid perl operator: (?="),
    ],
)
def test_refuses(text: str, column: int, message: str | None) -> None:
    found = errors(text) if "\n" not in text else [(e.column - INDENT, e.message) for e in parsed(text).diagnostics]
    assert [at for at, _ in found] == [column]
    if message is not None:
        assert found == [(column, message)]


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("1", 1, '"when" must give true or false, and this gives a number'),
        ("Pay.a + 1", 1, '"when" must give true or false, and this gives a number'),
        ("'x'", 1, '"when" must give true or false, and this gives text'),
        ("null", 1, '"when" must give true or false, and this gives null'),
        ("[1]", 1, '"when" must give true or false, and this gives a list'),
        ("timestamp(Pay.a)", 1, '"when" must give true or false, and this gives a timestamp'),
        ("(Pay.a + Pay.b) * 2", 2, '"when" must give true or false, and this gives a number'),
        ("'a' == 1", 5, "can never be true: compares text with a number"),
        ("size(Pay.a) == '3'", 13, "can never be true: compares a number with text"),
        ("true < 1", 6, "can never be true: compares a boolean with a number"),
        ("Pay.a == null", 7, "can never be true: a comparison with null is always unknown"),
        ("null != Pay.a", 6, "can never be true: a comparison with null is always unknown"),
        ("Pay.a < timestamp('2026-01-01')", 7, "can never be true: compares an attribute with a timestamp"),
        ("Pay.a == duration('1h')", 7, "can never be true: compares an attribute with a duration"),
        ("Pay.a == [1]", 7, "can never be true: a list can't be compared"),
        ("[1] == [1]", 5, "can never be true: a list can't be compared"),
        ("1 < 2 < 3", 7, "can never be true: compares a boolean with a number"),
        ("1 in ['a', 'b']", 3, "can never be true: compares a number with text"),
        ("Pay.a in [null]", 7, "can never be true: a comparison with null is always unknown"),
        ("Pay.a in [1, null]", 7, "can never be true: a comparison with null is always unknown"),
        ("Pay.a in [[1]]", 7, "can never be true: a list can't be compared"),
        ("Pay.a in []", 7, "can never be true: the list is empty"),
        ("'a' in 'abc'", 8, "in needs a list, not text"),
        ("Pay.a in 5", 10, "in needs a list, not a number"),
        ("timestamp(Pay.a) in Pay.b", 18, "can never be true: a timestamp is never an element of an attribute"),
        ("'a' && true", 1, "&& needs a boolean, not text"),
        ("true || 1 + 2", 9, "|| needs a boolean, not a number"),
        ("!1", 2, "! needs a boolean, not a number"),
        ("-'a' == 1", 2, "- needs a number or a duration, not text"),
        ("'a' - 1 == 1", 5, "text - a number never has a result"),
        ("Pay.a + duration('1h') == 1", 7, "an attribute + a duration never has a result"),
        ("duration('1h') * 2 == duration('2h')", 16, "a duration * a number never has a result"),
        ("[1] + [2] == Pay.a", 5, "a list + a list never has a result"),
        ("size(1) == 1", 6, "size(…) needs text or a list or an object, not a number"),
        (
            "timestamp(Pay.a == 1) == timestamp(1)",
            11,
            "timestamp(…) needs a number or text or a timestamp, not a boolean",
        ),
        ("(1).startsWith('x')", 2, "startsWith(…) needs text, not a number"),
        ("Pay.a.contains(1)", 16, "contains(…) needs text, not a number"),
    ],
)
def test_refuses_what_can_never_have_a_result(text: str, column: int, message: str) -> None:
    assert errors(text) == [(column, message)]


@pytest.mark.parametrize(
    "text",
    [
        "Pay.a == Pay.b",
        "Pay.a + Pay.b == 'xy'",
        "Pay.a + 1 < Pay.b",
        "'a' + 'b' == Pay.a",
        "timestamp(Pay.a) - timestamp(Pay.b) > duration('1h')",
        "timestamp(Pay.a) + duration('1h') == timestamp(Pay.b)",
        "duration('1h') - duration('1m') == -duration('-59m')",
        "Pay.a in [1, 'a', true]",
        "size([1, 2]) == 2",
        "size('abc') == size(Pay.a)",
        "(Pay.a == 1) == true",
        "Pay.a < true",
        "1.5 == 2",
    ],
)
def test_allows_what_may_have_a_result(text: str) -> None:
    read(text)


@pytest.mark.parametrize("text", ["Pay.a", "Pay.a + 5", "5", "timestamp(Pay.a)", "Pay.a + Pay.b", "size(Pay.a)"])
def test_due_takes_what_may_be_a_timestamp(text: str) -> None:
    read(text, "due")


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("Pay.a > 1", 1, '"due" must give a timestamp, and this gives a boolean'),
        ("Pay.a.contains('x')", 1, '"due" must give a timestamp, and this gives a boolean'),
        ("true", 1, '"due" must give a timestamp, and this gives a boolean'),
        ("duration('1h')", 1, '"due" must give a timestamp, and this gives a duration'),
        ("2026-11-20T00:00:00Z", 1, '"due" is an expression that gives a timestamp, not "2026-11-20T00:00:00Z"'),
        ("1d12h", 1, '"due" is an expression that gives a timestamp, not "1d12h"'),
    ],
)
def test_due_refuses_what_can_be_no_timestamp(text: str, column: int, message: str) -> None:
    assert errors(text, "due") == [(column, message)]


@pytest.mark.parametrize("root", ["start", "steps", "Pay", "OrderPlaced", "Ship"])
def test_where_refuses_to_see_other_events(root: str) -> None:
    ((column, message),) = errors(f"a && {root}.a", "where")
    assert column == 6
    assert message.startswith("`where` sees only the event it looks at")


def test_hints() -> None:
    assert hint("Pay.a = 1") == "write =="
    assert hint("Pay.a and Pay.b") == "write &&"
    assert hint("NOT Pay.a") == "write !"
    assert hint("Pay.a == DE") == 'if it is meant as text, write "DE"'
    assert hint("send-note.a") == '"send-note" is no plain word, so it is written steps["send-note"].…'
    assert hint("import.a") == 'a step of this name is written steps["import"]'
    assert hint("Pay.a < timestamp(1)") == "timestamp(…) makes a timestamp of text or of an attribute"
    assert hint("1d", "due") == "a duration is written under `within`"
    assert hint("Pay.amount > 5", "where") == "write amount for the attribute of the event itself"
    assert hint("Pay.a ? 1 : 2").startswith("rules know literals and lists, ")


def test_all_errors_of_an_expression_are_found() -> None:
    text = "Pya.a == 1 && foo(Shp.a) || (OrderPlaced.b ? true : Snd.x) && 'a' < 2 && Pay.a[1] == null"
    assert errors(text) == [
        (1, '"Pya" is no step; did you mean Pay?'),
        (15, 'there is no function "foo"'),
        (19, '"Shp" is no step; did you mean Ship?'),
        (44, "the conditional ?: is not supported here"),
        (53, '"Snd" is no step'),
        (67, "can never be true: compares text with a number"),
        (80, 'only the name of an attribute can stand in brackets, as in A["odd name"]'),
        (83, "can never be true: a comparison with null is always unknown"),
    ]


def test_long_and_deep_expressions_are_refused_and_not_a_crash() -> None:
    read(" || ".join(["Pay.a"] * 60))
    assert errors(" || ".join(["Pay.a"] * 61)) == [(1, "this expression is nested more than 60 levels deep")]
    read("(" * 1500 + "Pay.a" + ")" * 1500)
    assert errors("!" * 3000 + "Pay.a") == [(61, "this expression is nested more than 60 levels deep")]
    assert errors("Pay" + ".a" * 1000) == [(1, "this reaches more than 60 levels deep")]
    assert errors("Pay.a == 1 " + " " * 4000) == [
        (1, "this expression has 4,012 characters; at most 4,000 are allowed")
    ]
