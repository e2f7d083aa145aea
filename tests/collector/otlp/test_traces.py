"""OTLP spans to events: their events, themselves, or both, and what is ordinary telemetry."""

import json
from dataclasses import replace

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from collector.acceptance import Acceptance
from collector.batch import Rejection
from collector.errors import BodyTooLarge, MalformedBody
from collector.otlp.envelope import alone
from collector.otlp.logs import decode_logs
from collector.otlp.traces import decode_traces
from store.event import Event
from store.settings_values import Spans
from tests.collector.otlp.spans import CORRELATED, SPAN_ID, TRACE_ID, happened, span, trace
from tests.conftest import NOON


def events(body: bytes, terms: Acceptance) -> list[Event]:
    batch = decode_traces(body, terms)
    assert batch.rejected == []
    return list(batch.events)


def test_every_part_of_the_event_of_a_span(terms: Acceptance) -> None:
    time_ns = NOON * 1_000 + 123_456_789
    sent = happened(
        "PaymentReceived", {"amount": 12.5, "causation.id": "e-0", "log.record.uid": "u-1"}, time_ns=time_ns
    )
    assert events(trace(span([sent], {**CORRELATED, "http.method": "POST"})), terms) == [
        Event(
            id="u-1",
            correlation_id="o-1",
            name="PaymentReceived",
            time=NOON + 123_456,
            source="shop",
            attributes='{"amount":12.5}',
            causation_id="e-0",
            trace_id=TRACE_ID,
            span_id=SPAN_ID,
            received_at=NOON,
        )
    ]


def test_a_span_itself_is_an_event_when_it_ends(terms: Acceptance) -> None:
    body = trace(span([happened("A")], {**CORRELATED, "amount": 5}, code=Status.STATUS_CODE_ERROR))
    [event] = events(body, replace(terms, spans=Spans.SPANS))
    assert (event.name, event.time, event.id) == ("POST /orders", NOON, f"{TRACE_ID}-{SPAN_ID}")
    assert json.loads(event.attributes) == {"amount": 5, "span.status": "error", "span.duration_s": 1.5}


def test_both_by_setting(terms: Acceptance) -> None:
    body = trace(span([happened("A")]))
    assert [event.name for event in events(body, replace(terms, spans=Spans.BOTH))] == ["A", "POST /orders"]


def test_the_correlation_id_comes_from_the_nearest_place(terms: Acceptance) -> None:
    places = [{"correlation.id": f"o-{n}"} for n in range(4)]
    bodies = [
        trace(span([happened("A", places[0])], places[1]), scope=places[2], resource=places[3]),
        trace(span([happened("A")], places[1]), scope=places[2], resource=places[3]),
        trace(span([happened("A")], {}), scope=places[2], resource=places[3]),
        trace(span([happened("A")], {}), resource=places[3]),
    ]
    assert [event.correlation_id for body in bodies for event in events(body, terms)] == ["o-0", "o-1", "o-2", "o-3"]


def test_telemetry_without_a_correlation_id_is_counted_and_not_refused(terms: Acceptance) -> None:
    body = trace(span([happened("exception"), happened("retry")], {}), span([happened("A")]), span([], {}))
    batch = decode_traces(body, terms)
    assert ([event.name for event in batch.events], batch.rejected, batch.ignored) == (["A"], [], 2)
    assert decode_traces(body, replace(terms, spans=Spans.SPANS)).ignored == 2


def test_a_bad_event_is_told_of_its_span_and_harms_no_other(terms: Acceptance) -> None:
    body = trace(
        span([happened("A")]), span([happened("B"), happened("C", {"a": float("nan")})]), span([happened("D")])
    )
    batch = decode_traces(body, terms)
    assert [event.name for event in batch.events] == ["A", "B", "D"]
    assert batch.rejected == [Rejection(1, "a", "NaN and Infinity can't be stored")]
    [kept] = batch.kept
    assert (kept.alone.form, decode_logs(kept.alone.data, terms).rejected[0].field) == ("otlp-logs", "a")


def test_a_correlation_id_that_is_none_is_refused(terms: Acceptance) -> None:
    batch = decode_traces(trace(span([happened("A")], {"correlation.id": "undefined"})), terms)
    assert [(one.field, one.reason) for one in batch.rejected] == [
        ("correlation_id", '"undefined" identifies nothing: was the sender\'s variable never set?')
    ]


def test_a_span_that_is_no_protobuf_is_kept_by_itself(terms: Acceptance) -> None:
    batch = decode_traces(alone(b"", b"", b"\xff"), terms)
    assert batch.rejected == [Rejection(0, "", "the bytes are no Span of OTLP")]
    assert decode_traces(batch.kept[0].alone.data, terms).rejected == batch.rejected


def test_a_span_that_is_too_long_is_refused(terms: Acceptance) -> None:
    long = span([happened("A", {"a": "x" * 400_000})])
    batch = decode_traces(trace(long, span([happened("B")])), terms)
    assert [event.name for event in batch.events] == ["B"]
    assert batch.rejected == [Rejection(0, "", "Span longer than 327,680 bytes")]


def test_what_is_sent_again_is_the_same_event(terms: Acceptance) -> None:
    body, both = trace(span([happened("A")])), replace(terms, spans=Spans.BOTH)
    assert [event.id for event in events(body, both)] == [event.id for event in events(body, both)]


def test_what_is_no_request_is_malformed(terms: Acceptance) -> None:
    with pytest.raises(MalformedBody, match="no ExportTraceServiceRequest of OTLP in protobuf"):
        decode_traces(b"rubbish", terms)


def test_too_many_spans_or_events_of_them_are_refused_as_a_whole(terms: Acceptance) -> None:
    with pytest.raises(BodyTooLarge, match="more than 2,000 spans in one request"):
        decode_traces(trace(*[span()] * (terms.max_batch + 1)), terms)
    with pytest.raises(BodyTooLarge, match="more than 2,000 events in the spans in one request"):
        decode_traces(trace(*[span([happened("A")] * 100)] * 21), terms)


def test_a_correlation_id_is_not_multiplied_by_the_events_of_its_span(terms: Acceptance) -> None:
    greedy = span([happened("A")] * 1_000, {"correlation.id": "x" * 200_000})
    batch = decode_traces(trace(greedy, span([happened("B")])), terms)
    assert [event.name for event in batch.events] == ["B"]
    assert batch.rejected == [Rejection(0, "correlation_id", "longer than 512 bytes")]


def test_much_ordinary_telemetry_costs_a_refused_event_no_more_than_its_bytes(terms: Acceptance) -> None:
    """Of so much that is left out the bytes are dropped before it is known that it is left out."""
    ordinary = [span([happened("exception")], {})] * 1_000
    refused = span([happened("A")], {"correlation.id": "null"})
    batch = decode_traces(trace(*ordinary, refused, resource={"big": "x" * 20_000}), terms)
    assert (batch.ignored, [bad.index for bad in batch.rejected], batch.kept) == (1_000, [1_000], [])
