"""OTLP in JSON: what is decoded is what the same request in protobuf gives."""

import base64
import json
import tracemalloc
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from collector.acceptance import Acceptance
from collector.batch import Rejection
from collector.errors import BodyTooLarge, CollectorError, MalformedBody
from collector.otlp.json import decode_logs_json, decode_traces_json
from collector.otlp.logs import decode_logs
from collector.otlp.traces import decode_traces
from tests.collector.otlp.records import record, request
from tests.collector.otlp.spans import SPAN_ID, TRACE_ID, happened, span, trace

VALUES: dict[str, object] = {
    **{"text": "é", "empty": "", "yes": True, "no": False, "big": 2**63 - 1, "number": 0.1, "bytes": b"\xff\x00"},
    **{"list": [1, "a", [], {"b": None}], "map": {"a": {"b": 2}}, "null": None},
}


def as_json(message: ExportLogsServiceRequest | ExportTraceServiceRequest) -> bytes:
    """As OTLP has JSON: that of protobuf, but for trace and span ids."""

    def hexed(document: Any) -> Any:
        if isinstance(document, list):
            return [hexed(item) for item in document]
        if not isinstance(document, dict):
            return document
        ids = ("traceId", "spanId")
        return {key: base64.b64decode(it).hex() if key in ids else hexed(it) for key, it in document.items()}

    return json.dumps(hexed(json_format.MessageToDict(message, use_integers_for_enums=True))).encode()


def logs(*records: object) -> bytes:
    scopes = [{"logRecords": list(records)}]
    return json.dumps({"resourceLogs": [{"scopeLogs": scopes}]}).encode()


def good(**more: object) -> dict[str, object]:
    attributes = [{"key": "correlation.id", "value": {"stringValue": "o-1"}}]
    return {"eventName": "A", "timeUnixNano": "1763640000000000000", "attributes": attributes, **more}


def test_log_records_are_those_of_protobuf(terms: Acceptance) -> None:
    one = record(VALUES)
    one.trace_id, one.span_id = bytes.fromhex(TRACE_ID), bytes.fromhex(SPAN_ID)
    two = record(event_name="B")
    two.body.string_value = "words"
    body = request(one, two, resource={"region": "eu"}, scope={"correlation.id": "o-2"})
    batch = decode_logs_json(as_json(ExportLogsServiceRequest.FromString(body)), terms)
    assert batch == decode_logs(body, terms)
    assert len(batch.events) == 2


def test_spans_are_those_of_protobuf(terms: Acceptance) -> None:
    body = trace(span([happened("A", VALUES)], code=Status.STATUS_CODE_ERROR), span([happened("exception")], {}))
    batch = decode_traces_json(as_json(ExportTraceServiceRequest.FromString(body)), terms)
    assert batch == decode_traces(body, terms)
    assert (len(batch.events), batch.ignored) == (1, 1)


def test_numbers_may_be_text_and_text_may_be_missing(terms: Acceptance) -> None:
    body = logs(
        good(timeUnixNano=1763640000000000000, droppedAttributesCount=3, severityNumber="SEVERITY_NUMBER_INFO"),
        good(traceId=TRACE_ID.upper(), spanId=None, body=None, newInOtlp={"a": [1]}),
    )
    first, second = decode_logs_json(body, terms).events
    assert first.time == second.time == 1763640000000000
    assert (second.trace_id, second.span_id) == (TRACE_ID, "")


@pytest.mark.parametrize(
    ("bad", "field", "reason"),
    [
        (7, "", "Expected `object`, got `int`"),
        (good(attributes=[{"key": "a", "value": {"intValue": 1.5}}]), "attributes[0].value.intValue", "Expected"),
        (good(attributes=[{"key": "a", "value": {"intValue": "1e3"}}]), "", "invalid literal for int()"),
        (good(attributes=[{"key": "a", "value": {"intValue": str(2**63)}}]), "", "Value out of range"),
        (good(attributes=[{"key": "a", "value": {"bytesValue": "?"}}]), "", "Only base64 data is allowed"),
        (good(attributes=[{"key": "a", "value": {"doubleValue": "NaN"}}]), "a", "NaN and Infinity"),
        (good(traceId="AAECAwQFBgcICQoLDA0ODw=="), "traceId", "expected 32 hex digits"),
        (good(spanId="abc"), "spanId", "expected 16 hex digits"),
        (good(eventName={"a": 1}), "eventName", "Expected `str | null`, got `object`"),
        (good(body={"stringValue": "x" * 400_000}), "", "longer than 327,680 bytes"),
    ],
)
def test_a_bad_record_is_named_and_its_neighbours_are_taken(
    bad: object, field: str, reason: str, terms: Acceptance
) -> None:
    batch = decode_logs_json(logs(good(), bad, good(eventName="B"), good(attributes=[])), terms)
    assert [event.name for event in batch.events] == ["A", "B"]
    assert [one.index for one in batch.rejected] == [1, 3]
    assert (batch.rejected[0].field, batch.rejected[0].reason[: len(reason)]) == (field, reason)
    again = batch.kept[0].alone
    if not again.cut:
        decode = {"otlp-logs-json": decode_logs_json, "otlp-logs": decode_logs}[again.form]
        assert decode(again.data, terms).rejected == [Rejection(0, field, batch.rejected[0].reason)]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"7", b"rubbish", b'{"resourceLogs": 7}', b'{"resourceLogs": [{"resource": 7}]}'),
        *(
            b'{"resourceLogs": null, \xff}',
            b'{"resourceLogs": [{"scopeLogs": [7]}]}',
            b'{"resourceLogs": ' + b"[" * 100_000,
        ),
    ],
)
def test_what_is_no_request_is_malformed(body: bytes, terms: Acceptance) -> None:
    with pytest.raises(MalformedBody, match="the body is no ExportLogsServiceRequest of OTLP in JSON"):
        decode_logs_json(body, terms)


@pytest.mark.parametrize("body", [b"{}", b'{"resourceLogs": null}', b'{"resourceLogs": [{"scopeLogs": [{}]}]}'])
def test_nothing_sent_is_nothing_decoded(body: bytes, terms: Acceptance) -> None:
    assert len(decode_logs_json(body, terms).events) == 0


def test_values_that_are_nested_deep_harm_none_but_their_record(terms: Acceptance) -> None:
    deep = '{"arrayValue": {"values": [' * 100 + "]}}" * 100
    text = logs(good(), good(body="DEEP")).replace(b'"DEEP"', deep.encode())
    batch = decode_logs_json(text, terms)
    assert (len(batch.events), batch.rejected) == (1, [Rejection(1, "", "nested too deep")])


def test_too_many_records_are_refused_as_a_whole(terms: Acceptance) -> None:
    with pytest.raises(BodyTooLarge, match="more than 2,000 log records in one request"):
        decode_logs_json(logs(*[{}] * (terms.max_batch + 1)), terms)


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceLogs": [%s]}' % b",".join([b"{}"] * 100_000),
        b'{"resourceLogs": [{"scopeLogs": [%s]}]}' % b",".join([b"{}"] * 100_000),
        b'{"resourceLogs": [{"scopeLogs": [{"logRecords": [%s]}]}]}' % b",".join([b"{}"] * 100_000),
        b'{"resourceLogs": 7, %s}' % b",".join(b'"a%d": 1' % number for number in range(100_000)),
    ],
    ids=["resources", "scopes", "records", "members"],
)
def test_many_small_things_take_no_more_memory_than_some_bodies(body: bytes, terms: Acceptance) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(CollectorError):
            decode_logs_json(body, terms)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * len(body)
