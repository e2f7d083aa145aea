"""One event of JSON: every field, every refusal."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.acceptance import Acceptance, content_id
from collector.errors import Refused
from collector.json.attributes import NotJson
from collector.json.event import read_event
from store.event import Event
from store.location import location
from store.settings_sources import Sources, SourceSettings
from tests.collector.conftest import LIMITS
from tests.conftest import NOON

TERMS = Acceptance.at(NOON, LIMITS)
SMALLEST: dict[str, Any] = {"correlation_id": "o-1", "name": "OrderPlaced", "time": "2025-11-20T12:00:00Z"}


def read(**fields: object) -> Event:
    return read_event(json.dumps({**SMALLEST, **fields}).encode(), TERMS)


def raw(attributes: str) -> bytes:
    return (
        json.dumps(SMALLEST).encode()[:-1] + b', "attributes": ' + attributes.encode("utf-8", "surrogateescape") + b"}"
    )


def refusal(text: bytes) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        read_event(text, TERMS)
    return refused.value.field, refused.value.reason


def test_every_field_is_kept() -> None:
    event = read(
        id="e-1",
        source="shop",
        attributes={"amount": 12.5},
        causation_id="e-0",
        trace_id="0af7651916cd43dd8448eb211c80319c",
        span_id="b7ad6b7169203331",
    )
    assert event == Event(
        id="e-1",
        correlation_id="o-1",
        name="OrderPlaced",
        time=NOON,
        source="shop",
        attributes='{"amount": 12.5}',
        causation_id="e-0",
        trace_id="0af7651916cd43dd8448eb211c80319c",
        span_id="b7ad6b7169203331",
        received_at=NOON,
    )


@pytest.mark.parametrize(
    "absent", [{}, dict.fromkeys(("id", "source", "causation_id", "trace_id", "span_id", "attributes"))]
)
def test_what_is_absent_or_null_has_a_default(absent: dict[str, None]) -> None:
    made = content_id("json", "OrderPlaced", NOON * 1_000, "o-1", "{}")
    assert read(**absent) == Event(made, "o-1", "OrderPlaced", NOON, "json", received_at=NOON)


def test_an_event_without_an_id_has_the_same_one_whenever_it_is_sent() -> None:
    first = read(attributes={"a": 1})
    later = Acceptance.at(NOON + 5, LIMITS)
    assert read_event(json.dumps({**SMALLEST, "attributes": {"a": 1}}).encode(), later).id == first.id
    assert read(attributes={"a": 2}).id != first.id


@pytest.mark.parametrize(
    "attributes",
    [
        '{"a.b":1,"a":{"b":2}}',
        '{"number":"12.50"}',
        '{ "spaced" :\t[ 1 , 2.50 ,\t1E+05, -0 ] }',
        '{"long":123456789012345678901234567890}',
        '{"tiny":1e-400}',
        r'{"escaped":"é 😀 \u0000 \" \/"}',
        '{"text":"注文","":0}',
        '{"time":"2016-10-04T00:00:00Z","quoted":":","also":"\\":"}',
        '{"depth":' + "[" * 62 + "{}" + "]" * 62 + "}",
        '{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}]}',
    ],
)
def test_attributes_keep_their_exact_text(attributes: str) -> None:
    assert read_event(raw(attributes), TERMS).attributes == attributes


@pytest.mark.parametrize(
    ("attributes", "field", "reason"),
    [
        ("[]", "attributes", "expected an object, got an array"),
        ('"{}"', "attributes", 'expected an object, got "{}"'),
        ("1", "attributes", "expected an object, got the number 1"),
        (r'{"a":"\ud800"}', "attributes.a", "holds half of a surrogate pair"),
        (r'{"a":{"b":[1,"x\udc00y"]}}', "attributes.a.b[1]", "holds half of a surrogate pair"),
        (r'{"\ud800":1}', r"attributes.\ud800", "holds half of a surrogate pair"),
        ('{"a":1e400}', "attributes.a", "numbers beyond ±1.8e308 can't be stored"),
        ('{"a":[0,-1e400]}', "attributes.a[1]", "numbers beyond ±1.8e308 can't be stored"),
        ('{"a":NaN}', "attributes.a", "NaN, Infinity and numbers beyond"),
        ('{"a":-Infinity}', "attributes.a", "NaN, Infinity and numbers beyond"),
        ('{"a":' + "1" * 5_000 + "}", "attributes.a", "numbers beyond"),
        ('{"a":1,"b":2,"a":3}', "attributes.a", "occurs more than once in its object"),
        ('{"a":[{"b":1,"b":1}]}', "attributes.a[0].b", "occurs more than once in its object"),
        ('{"a":1,"a" :1}', "attributes.a", "occurs more than once in its object"),
        ('{"a":1,"a"\t:1}', "attributes.a", "occurs more than once in its object"),
        ('{"a":1,"a"\r\n:1}', "attributes.a", "occurs more than once in its object"),
        (r'{"a":1,"\u0061":1}', "attributes.a", "occurs more than once in its object"),
        ('{"a":' + "[" * 63 + "{}" + "]" * 63 + "}", "attributes.a" + "[0]" * 63, "nested deeper than 64 levels"),
        ('{"a":"' + "x" * LIMITS.max_event + '"}', "attributes", "262,152 bytes; at most 262,144 are accepted"),
        ('{"a":"' + "x" * 400_000 + '"}', "", "longer than 327,680 bytes, the most an event may have"),
        ('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "", "nested too deep"),
    ],
)  # fmt: skip
def test_attributes_that_the_store_could_not_read_are_refused(attributes: str, field: str, reason: str) -> None:
    refused_field, refused_reason = refusal(raw(attributes))
    assert refused_field == field
    assert reason in refused_reason


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"name": None}, "name", "missing"),
        ({"name": ""}, "name", "empty"),
        ({"name": 7}, "name", "expected text, got the number 7"),
        ({"correlation_id": None}, "correlation_id", "missing"),
        ({"correlation_id": ""}, "correlation_id", "empty"),
        ({"correlation_id": 42}, "correlation_id", "expected text, got the number 42"),
        ({"correlation_id": "null"}, "correlation_id", '"null" identifies nothing'),
        ({"time": None}, "time", "missing"),
        ({"time": "soon"}, "time", '"soon" is no time'),
        ({"time": "2025-11-22T12:00:00Z"}, "time", "lies 48 h in the future; at most 24 h is accepted"),
        ({"time": "1969-12-31T23:59:59Z"}, "time", "lies before 1970"),
        ({"source": "noshow"}, "source", '"noshow" is reserved'),
        ({"id": 5}, "id", "expected text, got the number 5"),
        ({"id": "x" * 513}, "id", "longer than 512 bytes"),
        ({"trace_id": []}, "trace_id", "expected text, got an array"),
        ({"causation_id": "a\u0000"}, "causation_id", "holds a control character"),
        ({"colour": "red"}, "colour", "unknown key; what is particular to an event belongs in attributes"),
        ({"correlationId": "o-1"}, "correlationId", "unknown key; did you mean correlation_id?"),
        ({"attribute": {}}, "attribute", "unknown key; did you mean attributes?"),
        ({"\ud800\n": 1}, r"\ud800\n", "unknown key; what is particular"),
    ],
)
def test_each_field_is_refused_by_name(fields: dict[str, object], field: str, reason: str) -> None:
    refused_field, refused_reason = refusal(json.dumps({**SMALLEST, **fields}).encode())
    assert refused_field == field
    assert refused_reason.startswith(reason)


@pytest.mark.parametrize("field", ["id", "trace_id", "span_id", "causation_id"])
@pytest.mark.parametrize("value", ["NaN", "Infinity", r'"\ud800"'])
def test_what_is_no_json_beside_good_attributes_is_named(field: str, value: str) -> None:
    assert refusal(raw('{"a":1}')[:-1] + f', "{field}": {value}}}'.encode())[0] == field


def test_what_is_no_json_and_passed_over_by_a_mapping_is_refused() -> None:
    mapping = SourceSettings("json", {"id": (location("number"),)})
    terms = replace(TERMS, sources=Sources((mapping,)))
    with pytest.raises(Refused, match="not JSON"):
        read_event(raw('{"number": 5}')[:-1] + b', "id": NaN}', terms)


@pytest.mark.parametrize("missing", SMALLEST)
def test_what_must_be_there_and_is_not_is_named(missing: str) -> None:
    rest = {field: value for field, value in SMALLEST.items() if field != missing}
    assert refusal(json.dumps(rest).encode()) == (missing, "missing")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "not JSON: expecting value (byte 1)"),
        (b"nonsense", "not JSON: expecting value (byte 1)"),
        (b'{"name": }', "not JSON: expecting value (byte 10)"),
        ('{"é" 1}'.encode(), "not JSON: expecting ':' delimiter (byte 7)"),
        (b'{"name":"\xff"}', "not JSON: not UTF-8 (byte 10)"),
        (b'{"name":"a\tb"}', "not JSON: invalid control character at (byte 11)"),
        (b"{} {}", "not JSON: extra data (byte 4)"),
    ],
)
def test_what_is_no_json_is_refused_with_the_place(text: bytes, reason: str) -> None:
    with pytest.raises(NotJson) as refused:
        read_event(text, TERMS)
    assert (refused.value.field, refused.value.reason) == ("", reason)


@pytest.mark.parametrize(
    ("text", "what"), [(b"[]", "an array"), (b'"x"', '"x"'), (b"null", "null"), (b"1", "the number 1")]
)
def test_what_is_no_object_is_refused(text: bytes, what: str) -> None:
    assert refusal(text) == ("", f"expected an object, got {what}")


def test_a_key_that_occurs_twice_is_refused() -> None:
    assert refusal(json.dumps(SMALLEST).encode()[:-1] + b', "name": "B"}') == ("name", "occurs more than once")


@given(st.binary(max_size=40))
def test_rubbish_is_refused_and_nothing_else_happens(rubbish: bytes) -> None:
    with pytest.raises(Refused):
        read_event(rubbish, TERMS)
