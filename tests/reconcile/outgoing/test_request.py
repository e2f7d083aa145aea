"""A request of a rule, filled in: what gets where, in which form, and that no secret is seen."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from reconcile.errors import Unfilled
from reconcile.outgoing.prepared import Prepared, Request, restored
from reconcile.outgoing.request import Filling, attributes_in, of_action, of_lookup
from rules.expression import START, Attribute
from rules.parse.rule import parse
from rules.spec import Step

ID = 'a/b ?c&d=%41#"é'
CHARGE, AMOUNT, LINES = Attribute("Pay", ("charge",)), Attribute("Pay", ("amount",)), Attribute("Pay", ("lines",))
KNOWN = {CHARGE: '"ch 1"', AMOUNT: "12.50", LINES: '[{"sku":"x"}]'}
SECRETS = {"TOKEN": 'tok"en/1', "HOST": "pay.example", "PATH": "/usr/bin"}


def step(action: str = "post: https://x.example", truth: str = "") -> Step:
    text = f"workflow: w\nstart: Placed\nsteps:\n  Pay:\n    within: 1h\n{truth}    actions:\n      go:\n"
    found = parse(text + "".join(f"        {line}\n" for line in action.splitlines()), "w.yaml")
    assert found.workflow is not None, found.diagnostics
    return found.workflow.step("Pay")


def filling(attributes: Mapping[Attribute, str] = KNOWN, correlation_id: str = ID) -> Filling:
    return Filling(correlation_id, "w", "Pay", attributes, SECRETS)


def prepared(action: str, attributes: Mapping[Attribute, str] = KNOWN, correlation_id: str = ID) -> Prepared:
    return of_action(step(action).actions[0], filling(attributes, correlation_id))


def request(action: str, attributes: Mapping[Attribute, str] = KNOWN, **environment: str) -> Request:
    return prepared(action, attributes).filled({**SECRETS, **environment})


def body(text: str, attributes: Mapping[Attribute, str] = KNOWN) -> Any:
    return json.loads(request(f"post: https://x.example\nbody: {text}", attributes).body)


def test_an_action_is_posted_as_json() -> None:
    it = request('post: https://${HOST}/v1\nheaders: {Authorization: "Bearer ${TOKEN}"}\nbody: {a: 1}')
    assert (it.method, it.url, it.body) == ("POST", "https://pay.example/v1", b'{"a":1}')
    assert it.headers == {"content-type": "application/json", "Authorization": 'Bearer tok"en/1'}


def test_a_lookup_is_got_and_has_no_body() -> None:
    truth = "    truth: {get: 'https://x.example/{Pay.charge}', confirmed: code == 200, absent: code == 404}\n"
    declared = step(truth=truth).truth
    assert declared is not None
    it = of_lookup(declared, filling())
    assert (it.method, it.url, it.headers, it.body) == ("GET", "https://x.example/ch%201", {}, b"")


@pytest.mark.parametrize("place", ["https://x.example/{%s}/end", "https://x.example/?of={%s}&b=1"])
@pytest.mark.parametrize("hole", ["correlation_id", "Pay.charge"])
def test_what_is_filled_into_an_address_is_one_piece_of_it(place: str, hole: str) -> None:
    it = prepared(f"post: '{place % hole}'", {CHARGE: json.dumps(ID)})
    quoted = "a%2Fb%20%3Fc%26d%3D%2541%23%22%C3%A9"
    assert it.filled(SECRETS).url == place.replace("{%s}", quoted)


@pytest.mark.parametrize("piece", [".", ".."])
def test_no_piece_of_a_path_leads_elsewhere(piece: str) -> None:
    with pytest.raises(Unfilled, match="lead elsewhere"):
        prepared("post: 'https://x.example/v1/{correlation_id}/refund'", correlation_id=piece)
    assert prepared("post: 'https://x.example/?a={correlation_id}'", correlation_id=piece)
    assert prepared("post: 'https://x.example/v{correlation_id}'", correlation_id=piece)


def test_no_piece_of_an_address_is_left_empty() -> None:
    with pytest.raises(Unfilled, match="empty"):
        prepared("post: 'https://x.example/charges/{Pay.charge}'", {CHARGE: '""'})


@pytest.mark.parametrize("break_", ["a\r\nX-Admin: 1", "a\nb", "a\0b", "a\x7f"])
def test_no_header_is_smuggled_in(break_: str) -> None:
    with pytest.raises(Unfilled, match="X-Order"):
        prepared("post: https://x.example\nheaders: {X-Order: '{Pay.charge}'}", {CHARGE: json.dumps(break_)})
    with pytest.raises(Unfilled, match="X-Order"):
        request("post: https://x.example\nheaders: {X-Order: '${TOKEN}'}", TOKEN=break_)


@pytest.mark.parametrize("value", ["pay.example/ x", "pay\r\n.example", "a\\b"])
def test_no_address_holds_what_none_can(value: str) -> None:
    with pytest.raises(Unfilled, match="the address"):
        request("post: https://${HOST}/v1", HOST=value)


def test_an_attribute_that_stands_alone_keeps_its_type() -> None:
    assert body('{a: "{Pay.amount}", b: "{Pay.lines}", c: ["{Pay.charge}"]}') == {
        "a": 12.5,
        "b": [{"sku": "x"}],
        "c": ["ch 1"],
    }
    assert b"12.50" in request('post: https://x.example\nbody: "{Pay.amount}"').body


def test_within_text_it_becomes_text_whatever_is_in_it() -> None:
    assert body('{a: "for {Pay.amount} of {correlation_id}"}') == {"a": f"for 12.50 of {ID}"}
    nasty = '", "admin": true, "x": "\\\u2028\n'
    assert body('{a: "{Pay.charge}!", "k\\"": 1}', {CHARGE: json.dumps(nasty)}) == {"a": nasty + "!", 'k"': 1}


def test_a_secret_in_a_body_stays_within_its_quotes() -> None:
    assert body('{a: "${TOKEN}", b: "x ${TOKEN}"}') == {"a": 'tok"en/1', "b": 'x tok"en/1'}


@pytest.mark.parametrize("text", ["{}", "[]", "[[], {}]", "true", "-2.5", '""', "{a: [1, null, {b: x}], c: 'é'}"])
def test_every_kind_of_body(text: str) -> None:
    assert body(text) == step(f"post: https://x.example\nbody: {text}").actions[0].body or body(text) is not None


@pytest.mark.parametrize(
    ("text", "attributes", "words"),
    [
        ("{a: '{Pay.charge}'}", {}, "Pay.charge is not known"),
        ("{a: '{Pay.charge}'}", {CHARGE: ""}, "Pay.charge is not known"),
        ("{a: 'of {Pay.lines}'}", KNOWN, "Pay.lines is no single value"),
        ("{a: '{Pay.charge}'}", {CHARGE: '"\\ud800"'}, "Pay.charge can't be read"),
    ],
)
def test_what_can_t_be_filled_in_is_named(text: str, attributes: Mapping[Attribute, str], words: str) -> None:
    with pytest.raises(Unfilled, match=words):
        prepared(f"post: https://x.example\nbody: {text}", attributes)


@pytest.mark.parametrize("value", [None, "", "\udcff"])
def test_a_variable_that_is_not_set_is_named_with_its_place(value: str | None) -> None:
    it = prepared("post: https://x.example\nheaders: {X-Key: '${NOT_THERE}'}")
    with pytest.raises(Unfilled, match=r"the variable NOT_THERE of the environment, which the header X-Key needs"):
        it.filled({} if value is None else {"NOT_THERE": value})


def test_what_is_shown_and_what_is_kept_hold_no_secret() -> None:
    it = prepared('post: https://${HOST}/v1\nheaders: {X-Key: "k ${TOKEN}"}\nbody: {a: "${TOKEN}", b: "{Pay.amount}"}')
    assert it.shown == {
        "method": "POST",
        "url": "https://***/v1",
        "headers": {"X-Key": "k ***"},
        "body": {"a": "***", "b": 12.5},
    }
    filled = it.filled(SECRETS)
    assert filled.shown == it.shown
    for text in (it.stored(), repr(it), repr(filled), str(filled.shown)):
        assert "tok" not in text
        assert "pay.example" not in text


def test_what_is_kept_is_sent_as_it_was_shown() -> None:
    it = prepared(
        'post: https://x.example/{correlation_id}\nbody: {a: "${TOKEN}", b: ["{Pay.amount}", "x{Pay.charge}"]}'
    )
    assert restored(it.stored()) == it
    assert restored(it.stored()).filled(SECRETS).body == it.filled(SECRETS).body


@pytest.mark.parametrize("said", ['bad tok"en/1', r"{\"got\": \"tok\"en/1\"}", "of tok%22en%2F1", r'"tok\"en/1"'])
def test_a_secret_that_the_other_side_repeats_is_hidden(said: str) -> None:
    it = request('post: https://x.example\nheaders: {X-Key: "${TOKEN}"}')
    assert "en/1" not in it.scrubbed(said)
    assert "en%2F1" not in it.scrubbed(said)
    assert "***" in it.scrubbed(said)


def test_only_variables_that_the_request_names_are_looked_at() -> None:
    assert request("post: https://x.example").scrubbed("/usr/bin") == "/usr/bin"


def test_every_attribute_that_is_filled_in_is_found_once() -> None:
    declared = step(
        "post: https://x.example/{start.a}?{Pay.charge}\nheaders: {X-A: '{Pay.charge}'}\n"
        "body: {a: ['{Pay.amount}', {b: '{Pay.lines}'}]}"
    ).actions[0]
    assert attributes_in(declared) == (Attribute(START, ("a",)), CHARGE, AMOUNT, LINES)
