"""CloudEvents in JSON to events: where each part comes from, and what is refused."""

import base64
import json

import msgspec
import pytest

from collector.acceptance import Acceptance
from collector.cloudevents.body import decode_batch, decode_structured
from collector.cloudevents.quick import quick
from collector.errors import BodyTooLarge, MalformedBody
from store.event import Event
from tests.collector.mapping.mappings import mapped, mapped_terms
from tests.conftest import NOON

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
GONE = object()


def text(**members: object) -> bytes:
    """A whole one; `GONE` takes a member out."""
    whole = {
        **{"specversion": "1.0", "id": "e-1", "source": "/shop", "type": "OrderPlaced", "correlationid": "o-1"},
        **{"time": "2025-11-20T12:00:00.123456789Z", "data": {"amount": 12.50}},
    }
    return json.dumps({key: value for key, value in {**whole, **members}.items() if value is not GONE}).encode()


def one(body: bytes, terms: Acceptance) -> Event:
    batch = decode_structured(body, terms)
    assert batch.rejected == []
    [event] = batch.events
    return event


def test_every_part_of_an_event(terms: Acceptance) -> None:
    assert one(text(causationid="e-0", traceparent=TRACEPARENT, subject="x", dataschema="https://x"), terms) == Event(
        id="e-1",
        correlation_id="o-1",
        name="OrderPlaced",
        time=NOON + 123_456,
        source="/shop",
        attributes='{"amount": 12.5}',
        causation_id="e-0",
        trace_id="0af7651916cd43dd8448eb211c80319c",
        span_id="b7ad6b7169203331",
        received_at=NOON,
    )


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"causationid": "e-0", "traceparent": TRACEPARENT, "subject": "x", "other": 7},
        {"data": {"a": {"b": [1, {"c": None}]}, "words": "é"}},
        {"traceparent": "rubbish", "time": "2025-11-20T12:00:00Z"},
    ],
)
def test_what_is_read_quickly_is_what_is_read_carefully(members: dict[str, object], terms: Acceptance) -> None:
    compact = msgspec.json.encode(json.loads(text(**members)))
    read = quick(compact, terms)
    assert read is not None
    assert read == one(b" " + compact.replace(b'"id":', b'"id" :', 1), terms)


def test_what_is_left_out_is_no_excuse_for_bytes_that_are_no_text(terms: Acceptance) -> None:
    compact = msgspec.json.encode(json.loads(text(subject="s"))).replace(b'"s"', b'"\xff"')
    assert quick(compact, terms) is None
    with pytest.raises(MalformedBody, match="not UTF-8"):
        decode_structured(compact, terms)


def test_data_stay_as_they_were_sent(terms: Acceptance) -> None:
    exact = '{"amount":12.50, "big":12345678901234567890}'
    body = text().replace(b'{"amount": 12.5}', exact.encode())
    assert one(body, terms).attributes == exact


@pytest.mark.parametrize(
    ("members", "attributes"),
    [
        ({"data": GONE}, "{}"),
        ({"data": None}, "{}"),
        ({"data": "words"}, '{"data":"words"}'),
        ({"data": [1, {"a": 2}]}, '{"data":[1, {"a": 2}]}'),
        ({"data": GONE, "data_base64": "AAE="}, {"reason": "is not JSON, as datacontenttype has it"}),
        ({"data": GONE, "data_base64": "AAE=", "datacontenttype": "image/png"}, '{"data_base64":"AAE="}'),
        ({"data": GONE, "data_base64": base64.b64encode(b'{"a": 1}').decode()}, '{"a": 1}'),
        (
            {"data": GONE, "data_base64": base64.b64encode(b"7").decode(), "datacontenttype": "application/x+json"},
            '{"data":7}',
        ),
    ],
)
def test_data_of_every_kind(members: dict[str, object], attributes: object, terms: Acceptance) -> None:
    batch = decode_structured(text(**members), terms)
    if isinstance(attributes, str):
        assert [event.attributes for event in batch.events] == [attributes]
    else:
        assert [(one.field, {"reason": one.reason}) for one in batch.rejected] == [("data_base64", attributes)]


def test_the_time_is_that_of_the_event_else_of_its_record_else_of_receipt(terms: Acceptance) -> None:
    recorded = "2025-11-20T11:00:00Z"
    assert one(text(recordedtime=recorded), terms).time == NOON + 123_456
    assert one(text(time=GONE, recordedtime=recorded), terms).time == NOON - 3_600_000_000
    assert one(text(time=GONE), terms).time == NOON


@pytest.mark.parametrize("given", ["rubbish", "00-" + "0" * 32 + "-b7ad6b7169203331-01", 7, None])
def test_a_traceparent_that_is_none_is_ignored(given: object, terms: Acceptance) -> None:
    event = one(text(traceparent=given), terms)
    assert (event.trace_id, event.span_id) == ("", "")


def test_a_whole_number_may_be_an_id(terms: Acceptance) -> None:
    assert one(text(correlationid=4711), terms).correlation_id == "4711"


@pytest.mark.parametrize(
    ("members", "field", "reason"),
    [
        ({"specversion": "0.3"}, "specversion", 'expected "1.0"; got "0.3"'),
        ({"specversion": GONE}, "specversion", 'expected "1.0"; it is missing'),
        ({"id": GONE}, "id", "missing"),
        ({"id": ""}, "id", "missing"),
        ({"source": GONE}, "source", "missing"),
        ({"source": "noshow"}, "source", '"noshow" is reserved'),
        ({"type": GONE}, "name", "missing"),
        ({"type": 7}, "name", "expected text, got the number 7"),
        ({"correlationid": GONE}, "correlation_id", "missing"),
        ({"correlationid": "null"}, "correlation_id", '"null" identifies nothing'),
        ({"time": "tomorrow"}, "time", '"tomorrow" is no time'),
        ({"data_base64": "AAE="}, "data_base64", "there is data as well"),
        ({"data": GONE, "data_base64": "?"}, "data_base64", "is not base64"),
        ({"data": GONE, "data_base64": 7}, "data_base64", "expected text, got the number 7"),
        ({"data": {"a": float("nan")}}, "data.a", "NaN"),
        ({"data": {"a": "x" * 300_000}}, "attributes", "300,009 bytes"),
    ],
)
def test_what_is_refused_is_named(members: dict[str, object], field: str, reason: str, terms: Acceptance) -> None:
    batch = decode_batch(b"[" + b",".join([text(), text(**members), text(id="e-2")]) + b"]", terms)
    assert [event.id for event in batch.events] == ["e-1", "e-2"]
    [rejection] = batch.rejected
    assert (rejection.index, rejection.field) == (1, field)
    assert rejection.reason.startswith(reason)
    assert decode_structured(batch.kept[0].alone.data, terms).rejected[0].reason.startswith(reason)


def test_a_mapping_finds_its_way_in_data_and_attributes() -> None:
    terms = mapped_terms(mapped("/shop", {"correlation_id": ["subject", "/order/id"], "causation_id": "/data/cause"}))
    by_subject = one(text(correlationid=GONE, subject="o-7", data={"cause": "e-0"}), terms)
    assert (by_subject.correlation_id, by_subject.causation_id) == ("o-7", "e-0")
    assert one(text(correlationid=GONE, data={"order": {"id": 8}}), terms).correlation_id == "8"


def test_baggage_stands_in(terms: Acceptance) -> None:
    assert one(text(correlationid=GONE, baggage="correlation.id=o-9"), terms).correlation_id == "o-9"


@pytest.mark.parametrize("body", [b"", b"rubbish", b'{"id": 1} {}'])
def test_what_is_no_json_is_malformed(body: bytes, terms: Acceptance) -> None:
    with pytest.raises(MalformedBody, match="line 1, column"):
        decode_structured(body, terms)


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b"[{}"])
def test_what_is_no_array_is_malformed(body: bytes, terms: Acceptance) -> None:
    with pytest.raises(MalformedBody):
        decode_batch(body, terms)


def test_too_many_are_refused_as_a_whole(terms: Acceptance) -> None:
    with pytest.raises(BodyTooLarge, match="more than 2,000 events in one request"):
        decode_batch(b"[" + b",".join([text()] * 2_001) + b"]", terms)
