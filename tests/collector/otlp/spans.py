"""OTLP requests with spans for tests, built with opentelemetry-proto's own messages."""

from collections.abc import Mapping, Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.collector.otlp.records import NOTHING, pairs
from tests.conftest import NOON

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CORRELATED: Mapping[str, object] = {"correlation.id": "o-1"}


def happened(name: str, attributes: Mapping[str, object] = NOTHING, *, time_ns: int = NOON * 1_000) -> Span.Event:
    return Span.Event(name=name, time_unix_nano=time_ns, attributes=pairs(attributes))


def span(
    events: Sequence[Span.Event] = (),
    attributes: Mapping[str, object] = CORRELATED,
    code: Status.StatusCode.ValueType = Status.STATUS_CODE_UNSET,
) -> Span:
    """One of 1.5 s that ended at noon."""
    return Span(
        name="POST /orders",
        trace_id=bytes.fromhex(TRACE_ID),
        span_id=bytes.fromhex(SPAN_ID),
        start_time_unix_nano=NOON * 1_000 - 1_500_000_000,
        end_time_unix_nano=NOON * 1_000,
        attributes=pairs(attributes),
        events=events,
        status=Status(code=code),
    )


def trace(*spans: Span, resource: Mapping[str, object] = NOTHING, scope: Mapping[str, object] = NOTHING) -> bytes:
    """One resource with one scope; its `service.name` is `shop` unless given."""
    message = ExportTraceServiceRequest()
    there = message.resource_spans.add()
    there.resource.attributes.extend(pairs({"service.name": "shop", **resource}))
    scope_spans = there.scope_spans.add()
    scope_spans.scope.attributes.extend(pairs(scope))
    scope_spans.spans.extend(spans)
    return message.SerializeToString()
