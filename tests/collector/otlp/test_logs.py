"""OTLP log records to events: where each part comes from, and what is refused."""

import json

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from collector.acceptance import Acceptance, content_id
from collector.batch import Batch, Rejection
from collector.errors import BodyTooLarge, MalformedBody
from collector.otlp.logs import decode_logs
from store.event import DAY, Event
from tests.collector.otlp import records as otlp
from tests.collector.otlp.records import record, request
from tests.conftest import NOON

TIME_NS = NOON * 1_000 + 123_456_789


def one(body: bytes, terms: Acceptance) -> Event:
    batch = decode_logs(body, terms)
    assert batch.rejected == []
    (event,) = batch.events
    return event


def refusal(body: bytes, terms: Acceptance) -> tuple[str, str]:
    batch = decode_logs(body, terms)
    assert list(batch.events) == []
    (rejection,) = batch.rejected
    return rejection.field, rejection.reason


def test_every_part_of_an_event(terms: Acceptance) -> None:
    sent = record({"log.record.uid": "u-1", "causation.id": "u-0", "amount": 12.5, "currency": "EUR"}, time_ns=TIME_NS)
    sent.trace_id = bytes.fromhex("0af7651916cd43dd8448eb211c80319c")
    sent.span_id = bytes.fromhex("b7ad6b7169203331")
    assert one(request(sent), terms) == Event(
        id="u-1",
        correlation_id="o-1",
        name="OrderPlaced",
        time=NOON + 123_456,
        source="shop",
        attributes='{"amount":12.5,"currency":"EUR"}',
        causation_id="u-0",
        trace_id="0af7651916cd43dd8448eb211c80319c",
        span_id="b7ad6b7169203331",
        received_at=NOON,
    )


def test_without_an_id_it_is_made_from_the_time_in_nanoseconds(terms: Acceptance) -> None:
    made = content_id("shop", "OrderPlaced", TIME_NS, "o-1", '{"a":1}')
    assert one(request(record({"a": 1}, time_ns=TIME_NS)), terms).id == made
    assert one(request(record({"a": 1}, time_ns=TIME_NS + 1)), terms).id != made


def test_the_name_may_be_an_attribute(terms: Acceptance) -> None:
    event = one(request(record({"event.name": "ItemShipped"}, event_name="")), terms)
    assert (event.name, event.attributes) == ("ItemShipped", "{}")
    both = one(request(record({"event.name": "ItemShipped"}, event_name="OrderPlaced")), terms)
    assert (both.name, both.attributes) == ("OrderPlaced", "{}")


def test_the_correlation_id_comes_from_the_nearest_place(terms: Acceptance) -> None:
    here, scope, resource = {"correlation.id": "o-1"}, {"correlation.id": "o-2"}, {"correlation.id": "o-3"}
    bare = LogRecord(event_name="A", time_unix_nano=TIME_NS)
    own = LogRecord(event_name="A", time_unix_nano=TIME_NS, attributes=otlp.pairs(here))
    found = [
        one(request(own, scope=scope, resource=resource), terms),
        one(request(bare, scope=scope, resource=resource), terms),
        one(request(bare, resource=resource), terms),
    ]
    assert [event.correlation_id for event in found] == ["o-1", "o-2", "o-3"]
    assert refusal(request(bare), terms) == ("correlation_id", "missing")


def test_the_observed_time_stands_in_for_the_time(terms: Acceptance) -> None:
    sent = record(time_ns=0)
    assert refusal(request(sent), terms) == ("time", "missing")
    sent.observed_time_unix_nano = TIME_NS
    assert one(request(sent), terms).time == NOON + 123_456


def test_without_a_service_name_there_is_a_default_source(terms: Acceptance) -> None:
    message = ExportLogsServiceRequest()
    message.resource_logs.add().scope_logs.add().log_records.append(record())
    assert one(message.SerializeToString(), terms).source == "otlp"


def test_attributes_have_their_natural_types(terms: Acceptance) -> None:
    values: dict[str, object] = {
        "text": "é\n\u0000",
        "empty": "",
        "yes": True,
        "big": 2**63 - 1,
        "number": 0.1,
        "whole": 2.0,
        "list": [1, "a", [], {"b": None}],
        "map": {"a.b": 1, "a": {"b": 2}},
        "null": None,
    }
    attributes = json.loads(one(request(record({**values, "bytes": b"\xff\x00"})), terms).attributes)
    assert attributes == {**values, "bytes": "/wA="}
    assert type(attributes["whole"]) is float


def test_the_keys_of_a_body_that_is_a_map_are_attributes_too(terms: Acceptance) -> None:
    sent = record({"a": "own"})
    sent.body.CopyFrom(otlp.any_value({"a": "body", "b": [1]}))
    assert json.loads(one(request(sent), terms).attributes) == {"a": "own", "b": [1]}


def test_any_other_body_is_left_out(terms: Acceptance) -> None:
    sent = record()
    sent.body.string_value = "order placed"
    assert one(request(sent), terms).attributes == "{}"


def test_a_trace_id_of_zeros_is_none(terms: Acceptance) -> None:
    sent = record()
    sent.trace_id, sent.span_id = bytes(16), bytes(8)
    event = one(request(sent), terms)
    assert (event.trace_id, event.span_id) == ("", "")


@pytest.mark.parametrize(
    ("sent", "field", "reason"),
    [
        (record({"correlation.id": ""}), "correlation_id", "empty"),
        (record({"correlation.id": 42}), "correlation_id", "expected text, got the number 42"),
        (record({"correlation.id": "undefined"}), "correlation_id", '"undefined" identifies nothing'),
        (record(time_ns=(NOON + 3 * DAY) * 1_000), "time", "lies 3 d in the future; at most 24 h is accepted"),
        (record(time_ns=2**64 - 1), "time", "lies after the year 2299"),
        (record({"log.record.uid": 5}), "id", "expected text, got the number 5"),
        (record({"event.name": [1]}, event_name=""), "name", "expected text, got an array"),
        (record(event_name="A\n"), "name", "holds a control character"),
        (record({"a": float("nan")}), "a", "NaN and Infinity can't be stored"),
        (record({"a": {"b": {"c": float("inf")}}}), "a.b.c", "NaN and Infinity can't be stored"),
        (record({"a": "x" * 300_000}), "attributes", "300,008 bytes; at most 262,144 are accepted"),
        (record({"a": "x" * 400_000}), "", "LogRecord longer than 327,680 bytes"),
    ],
)
def test_records_are_refused_with_the_reason(sent: LogRecord, field: str, reason: str, terms: Acceptance) -> None:
    batch = decode_logs(request(record(), sent, record()), terms)
    assert len(batch.events) == 2
    (rejection,) = batch.rejected
    assert (rejection.index, rejection.field) == (1, field)
    assert rejection.reason.startswith(reason)


def test_a_record_without_a_name_is_an_ordinary_one_and_counted(terms: Acceptance) -> None:
    batch = decode_logs(request(record(event_name=""), record(), record(event_name="")), terms)
    assert (len(batch.events), batch.rejected, batch.ignored) == (1, [], 2)


def test_an_attribute_that_occurs_twice_is_refused(terms: Acceptance) -> None:
    sent = record({"a": 1})
    sent.attributes.extend(otlp.pairs({"a": 2}))
    assert refusal(request(sent), terms) == ("a", "occurs more than once")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("noshow", '"noshow" is reserved'), (7, "expected text, got the number 7"), ("x" * 257, "longer")],
)
def test_a_bad_source_concerns_all_of_its_records_and_no_others(name: object, reason: str, terms: Acceptance) -> None:
    message = ExportLogsServiceRequest()
    otlp.add(message, record(), record(), resource={"service.name": name})
    otlp.add(message, record(), resource={"service.name": "shop"})
    batch = decode_logs(message.SerializeToString(), terms)
    assert [event.source for event in batch.events] == ["shop"]
    assert [(rejection.index, rejection.field) for rejection in batch.rejected] == [(0, "source"), (1, "source")]
    assert batch.rejected[0].reason.startswith(reason)


def test_a_bad_scope_concerns_its_records_and_no_others(terms: Acceptance) -> None:
    good = record().SerializeToString()
    scopes = field(2, field(1, b"\xff") + field(2, good)) + field(2, field(2, good))
    batch = decode_logs(field(1, scopes), terms)
    assert len(batch.events) == 1
    assert batch.rejected == [Rejection(0, "", "the bytes are no InstrumentationScope of OTLP")]


def test_a_record_that_is_no_protobuf_harms_none_but_itself(terms: Acceptance) -> None:
    good = record().SerializeToString()
    bad = b"\xff" * 5
    batch = decode_logs(wrapped([good, bad, good]), terms)
    assert len(batch.events) == 2
    assert batch.rejected == [Rejection(1, "", "the bytes are no LogRecord of OTLP")]


@pytest.mark.parametrize("body", [b"\xff", b"{}", b"rubbish", b"\x0a\x05abc"])
def test_what_is_no_protobuf_is_malformed(body: bytes, terms: Acceptance) -> None:
    with pytest.raises(MalformedBody, match="no ExportLogsServiceRequest of OTLP in protobuf"):
        decode_logs(body, terms)


def test_an_empty_request_has_no_events(terms: Acceptance) -> None:
    batch = decode_logs(b"", terms)
    assert batch == Batch()


def test_too_many_records_are_refused_as_a_whole(terms: Acceptance) -> None:
    exactly = wrapped([b""] * terms.max_batch)
    assert decode_logs(exactly, terms).ignored == terms.max_batch
    for body in (wrapped([b""] * (terms.max_batch + 1)), b"\x0a\x00" * (terms.max_batch + 1)):
        with pytest.raises(BodyTooLarge, match="more than 2,000 log records in one request"):
            decode_logs(body, terms)


def wrapped(records: list[bytes]) -> bytes:
    """A request by hand: each level is a field number, a length and the bytes."""
    return field(1, field(2, b"".join(field(2, record) for record in records)))


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])
