"""`truth` and `actions`: lookups, requests, and the templates in them."""

import pytest

from rules.diagnostic import Check, Level
from rules.expression import START, Attribute, Binary, Literal
from rules.parse.rule import parse
from rules.spec import Step
from rules.spec_truth import MINUTE, Action, Body, Fields, Items, OfCase, Part, Template, Truth, Variable
from store.event import SECOND

RULE = """\
workflow: orders
start: OrderPlaced
steps:
  PaymentReceived:
    within: 15m
    truth:
      get: https://payments.example/v1/charges?order={correlation_id}
      headers: {Authorization: "Bearer ${PAYMENTS_TOKEN}"}
      confirmed: code == 200 && response.status == "succeeded"
      absent: code == 404 || response.status == "failed"
      time: response.created_at
      every: 10m
      cache: 30s
    actions:
      refund:
        label: Refund the payment
        post: https://payments.example/v1/refunds
        body: {charge: "{PaymentReceived.charge_id}"}
        idempotent: true
        approve: 2
      ask_again:
        post: http://${HOST}:8080/{workflow}/{step}
"""


def read(text: str) -> Step:
    parsed = parse(text, "f.yaml")
    assert parsed.workflow is not None, parsed.diagnostics
    return parsed.workflow.steps[0]


def of_action(lines: str) -> str:
    return (
        "workflow: w\nstart: Placed\nsteps:\n  Send Fine:\n    within: 1h\n    actions:\n      a:\n"
        f"        post: https://x.example\n        {lines}\n"
    )


def body(text: str) -> Body:
    return read(of_action(f"body: {text}")).actions[0].body


def template(text: str) -> tuple[Part, ...]:
    found = body(f"'{text}'")
    assert isinstance(found, Template)
    return found.parts


def found(lines: str) -> list[tuple[int, Check]]:
    return [(it.column, it.check) for it in parse(of_action(lines), "f").diagnostics]


def of_truth(**keys: str) -> str:
    given = {"get": "https://x.example", "confirmed": "code == 200", "absent": "code == 404", **keys}
    lines = "".join(f"      {key}: {value}\n" for key, value in given.items())
    return f"workflow: w\nstart: A\nsteps:\n  B:\n    within: 1h\n    truth:\n{lines}"


def test_a_lookup_and_actions_as_the_language_shows_them() -> None:
    step = read(RULE)
    code, status = Attribute(None, ("code",)), Attribute(None, ("response", "status"))
    assert step.truth == Truth(
        get=Template(("https://payments.example/v1/charges?order=", OfCase("correlation_id"))),
        confirmed=Binary("&&", Binary("==", code, Literal(200)), Binary("==", status, Literal("succeeded"))),
        absent=Binary("||", Binary("==", code, Literal(404)), Binary("==", status, Literal("failed"))),
        headers={"Authorization": Template(("Bearer ", Variable("PAYMENTS_TOKEN")))},
        time=Attribute(None, ("response", "created_at")),
        every=10 * MINUTE,
        cache=30 * SECOND,
    )
    assert step.actions == (
        Action(
            name="refund",
            label="Refund the payment",
            post=Template(("https://payments.example/v1/refunds",)),
            headers={},
            body=Fields({"charge": Template((Attribute("PaymentReceived", ("charge_id",)),))}),
            idempotent=True,
            approve=2,
        ),
        Action(
            name="ask_again",
            label="ask_again",
            post=Template(("http://", Variable("HOST"), ":8080/", OfCase("workflow"), "/", OfCase("step"))),
            headers={},
        ),
    )


def test_a_lookup_is_repeated_every_five_minutes_and_not_kept_unless_it_says_so() -> None:
    truth = read(of_truth()).truth
    assert truth is not None and (truth.every, truth.cache, truth.time, truth.headers) == (5 * MINUTE, 0, None, {})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("plain $5 $", ("plain $5 $",)),
        ("{start.a}{Placed.a}", (Attribute(START, ("a",)), Attribute(START, ("a",)))),
        ('{steps["Send Fine"].a.b}', (Attribute("Send Fine", ("a", "b")),)),
        ('{ start["}"]["{\\\\"x"] }', (Attribute(START, ("}", '{"x')),)),
        ("{{x}}", ("{x}",)),
        ("${{x}}", ("${x}",)),
        ("{{{step}}}", ("{", OfCase("step"), "}")),
        ("a${A_1}b", ("a", Variable("A_1"), "b")),
        ("$${A}", ("$", Variable("A"))),
    ],
)
def test_templates(text: str, parts: tuple[Part, ...]) -> None:
    assert template(text.replace("\\\\", "\\")) == parts


@pytest.mark.parametrize(
    ("text", "offset", "check"),
    [
        ("{", 0, Check.TEMPLATE),
        ("a}", 1, Check.TEMPLATE),
        ("${A", 1, Check.TEMPLATE),
        ("{}", 1, Check.TEMPLATE),
        ("${}", 2, Check.TEMPLATE),
        ("${A.b}", 2, Check.TEMPLATE),
        ("{amount}", 1, Check.TEMPLATE),
        ("{1}", 1, Check.TEMPLATE),
        ("{size(start.a)}", 1, Check.TEMPLATE),
        ('{"a": 1}', 1, Check.TEMPLATE),
        ("ab{Sned.a}", 3, Check.UNKNOWN_STEP),
        ("{start}", 1, Check.TEMPLATE),
        ("{Send Fine.a}", 6, Check.SYNTAX),
        ("{" + "a." * 3000 + "a}", 1, Check.TEMPLATE),
    ],
)
def test_what_cannot_be_filled_in(text: str, offset: int, check: Check) -> None:
    assert found(f"body: '{text}'") == [(len("        body: '") + offset + 1, check)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("null", None), ("~", None), ("true", True), ("7", 7), ("-7", -7), ("0x1F", 31), ("0o17", 15)),
        *(("1.5", 1.5), ("1e3", 1000.0), ("'7'", Template(("7",))), ("2026-11-20", Template(("2026-11-20",)))),
        ("yes", Template(("yes",))),
        ("[1, [], {}]", Items((1, Items(()), Fields({})))),
        ("{b: 1, a: {c: x}}", Fields({"a": Fields({"c": Template(("x",))}), "b": 1})),
    ],
)
def test_a_body_is_what_yaml_says_it_is(text: str, value: Body) -> None:
    assert repr(body(text)) == repr(value)


@pytest.mark.parametrize("text", [".inf", "-.INF", ".nan", "1e999", str(2**63), "9" * 5000, "{a: }", "{'{step}': 1}"])
def test_what_no_body_can_hold(text: str) -> None:
    assert len(found(f"body: {text}")) == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://x",
        "http://x:80/a?b=c#d",
        "https://${HOST}/",
        "https://a.${ZONE}.example:${PORT}/{start.id}?{{",
        "http://[::1]/",
    ],
)
def test_addresses(address: str) -> None:
    assert read(of_truth(get=f"'{address}'")).truth is not None


@pytest.mark.parametrize(
    "address",
    [
        *("x.example/a", "ftp://x", "HTTPS://x", "https://", "https:///a", "https://{step}/", "https://x{step}", "//x"),
        *(
            "${URL}/a",
            "{start.url}",
            "http${S}://x",
            "https://u:p@x",
            "https://u@${HOST}/",
            "http://[x",
            "https://x/a b",
        ),
        *("https://x\\\\{step}/", "https://x:port/", "https://${HOST}{step}/"),
    ],
)
def test_what_is_no_address(address: str) -> None:
    diagnostics = parse(of_truth(get=f"'{address}'"), "f").diagnostics
    assert [(it.line, it.column, it.check) for it in diagnostics] == [(7, 12, Check.ADDRESS)]


@pytest.mark.parametrize(
    ("expression", "check"),
    [
        ("code == '200'", Check.OPERANDS),
        ("'!(\"200\" != code)'", Check.OPERANDS),
        ("code in [200, '201']", Check.OPERANDS),
        ("code.x == 1", Check.REFERENCE),
        ("B.x == 1", Check.REFERENCE),
        ("start.x == 1", Check.REFERENCE),
        ("has(status)", Check.REFERENCE),
        ("size(response.items)", Check.OPERANDS),
    ],
)
def test_what_an_answer_cannot_be_asked(expression: str, check: Check) -> None:
    for key in ("confirmed", "absent"):
        assert [it.check for it in parse(of_truth(**{key: expression}), "f").diagnostics] == [check]


@pytest.mark.parametrize(
    "expression",
    ["code in [200, 201]", "has(response.id)", "response", "response['odd key'] == 'x'", "'!(code >= 500)'"],
)
def test_what_an_answer_can_be_asked(expression: str) -> None:
    assert read(of_truth(confirmed=expression)).truth is not None


@pytest.mark.parametrize("name", ["Authorization", "proxy-authorization", "X-Api-Key", "x-auth-token"])
@pytest.mark.parametrize(("value", "warned"), [("abc", True), ("a ${B}", False), ("'{correlation_id}'", False)])
def test_a_secret_in_a_header_is_worth_a_warning(name: str, value: str, warned: bool) -> None:
    diagnostics = parse(
        of_action(f"headers: {{{name}: {value}}}".replace("${B}", "'${B}'").replace("a '", "'a ")), "f"
    ).diagnostics
    assert [(it.check, it.severity) for it in diagnostics] == [(Check.SECRET, Level.WARNING)] * warned


@pytest.mark.parametrize("header", ["Accept", "X-Keyboard", "Monkey"])
def test_other_headers_are_nobodys_secret(header: str) -> None:
    assert read(of_action(f"headers: {{{header}: abc}}")).actions[0].headers == {header: Template(("abc",))}


def test_the_order_of_keys_changes_no_hash_and_that_of_actions_does() -> None:
    one = of_action("headers: {A: x, B: y}\n        body: {a: 1, b: 2}")
    other = of_action("body: {b: 2, a: 1}\n        headers: {B: y, A: x}")
    assert read(one) == read(other)
    assert repr(read(one)) == repr(read(other))
