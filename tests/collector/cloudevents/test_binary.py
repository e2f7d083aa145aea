"""CloudEvents in binary mode: headers and body, as the HTTP binding has them."""

from dataclasses import replace

import pytest

from collector.acceptance import Acceptance
from collector.batch import Batch
from collector.cloudevents.body import decode_binary, decode_structured
from collector.mapping.message import Message
from tests.conftest import NOON

HEADERS = {
    **{"ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/shop", "ce-type": "OrderPlaced"},
    **{"ce-time": "2025-11-20T12:00:00Z", "ce-correlationid": "o-1", "content-type": "application/json"},
}


def decoded(terms: Acceptance, body: bytes, **headers: str | bytes) -> Batch:
    given = {**HEADERS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    raw = [(name.encode(), it if isinstance(it, bytes) else it.encode()) for name, it in given.items()]
    return decode_binary(body, replace(terms, message=Message(raw)))


def test_headers_are_attributes_and_the_body_is_the_data(terms: Acceptance) -> None:
    [event] = decoded(terms, b'{"amount":12.50}').events
    assert (event.id, event.name, event.source, event.correlation_id) == ("e-1", "OrderPlaced", "/shop", "o-1")
    assert (event.time, event.attributes) == (NOON, '{"amount":12.50}')


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("100%25", "100%"),
        ("%2520", "%20"),
        ('"a \\"quoted\\" %C3%A9"', 'a "quoted" é'),
        ("€".encode(), "€"),
    ],
)
def test_values_are_decoded_as_the_binding_says(value: str | bytes, expected: str, terms: Acceptance) -> None:
    [event] = decoded(terms, b"{}", ce_correlationid=value).events
    assert event.correlation_id == expected


def test_a_value_that_is_no_utf_8_is_refused(terms: Acceptance) -> None:
    [rejection] = decoded(terms, b"{}", ce_correlationid="%FF").rejected
    assert (rejection.field, rejection.reason) == ("correlationid", "is not percent-encoded UTF-8")


@pytest.mark.parametrize(
    ("media_type", "body", "attributes"),
    [
        ("application/json; charset=utf-8", b'"words"', '{"data":"words"}'),
        ("application/vnd.shop+json", b"[1]", '{"data":[1]}'),
        ("text/plain", b"hello", '{"data_base64":"aGVsbG8="}'),
        ("application/json", b"", "{}"),
    ],
)
def test_data_of_every_type(media_type: str, body: bytes, attributes: str, terms: Acceptance) -> None:
    [event] = decoded(terms, body, content_type=media_type).events
    assert event.attributes == attributes


def test_data_that_are_no_json_though_they_say_so_are_refused_and_kept(terms: Acceptance) -> None:
    batch = decoded(terms, b"{rubbish")
    [rejection] = batch.rejected
    assert (rejection.field, rejection.reason) == ("data_base64", "is not JSON, as datacontenttype has it")
    assert decode_structured(batch.kept[0].alone.data, terms).rejected == batch.rejected


def test_a_header_that_comes_twice_is_refused(terms: Acceptance) -> None:
    raw = [(name.encode(), value.encode()) for name, value in [*HEADERS.items(), ("CE-ID", "e-2")]]
    [rejection] = decode_binary(b"{}", replace(terms, message=Message(raw))).rejected
    assert (rejection.field, rejection.reason) == ("id", "occurs more than once")


def test_data_that_are_too_long_are_refused_unread(terms: Acceptance) -> None:
    [rejection] = decoded(terms, b"[" * 400_000).rejected
    assert rejection.reason == "longer than 327,680 bytes, the most an event may have"
