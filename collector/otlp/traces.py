"""OTLP spans to events: opentelemetry-proto's ExportTraceServiceRequest, as every OpenTelemetry SDK sends it.

By the setting `collector.spans` the events of spans are business events, the spans themselves, or both. Each is made a
log record, and read as those are (see `logs`):

| part | of a span event | of a span |
| --- | --- | --- |
| name | its name | its name |
| time | its time | when it ended |
| correlation ID | attribute `correlation.id` of the event, else of the span, its scope, its resource | of the span, … |
| id | attribute `log.record.uid`, else made from the content | so, else trace and span id |
| attributes | its other attributes | its other attributes, `span.status` (`unset`, `ok`, `error`), `span.duration_s` |

Most spans are ordinary telemetry: what has no correlation ID is counted, and left out.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import repeat

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from collector.acceptance import LONGEST, Acceptance
from collector.batch import Alone, Batch
from collector.errors import Refused
from collector.otlp.envelope import TRACES, Kind, Origin, Scope, alone, check_count, origins, request
from collector.otlp.logs import decode_logs
from collector.otlp.places import Bad, put_back
from store.event import SECOND
from store.settings_values import Spans

FORM = "otlp-traces"
"""What a span by itself is kept as, where it can't be read: a request with nothing else but this span."""

CORRELATION_ID, UID = "correlation.id", "log.record.uid"
STATUS = {Status.STATUS_CODE_UNSET: "unset", Status.STATUS_CODE_OK: "ok", Status.STATUS_CODE_ERROR: "error"}
# Each event of a span gets a copy of its correlation ID: 512 bytes, and what protobuf has around them.
LONGEST_SHARED = LONGEST["correlation_id"] + 64
IN_SPANS = Kind(TRACES.request, "events in the spans")


def decode_traces(body: bytes, terms: Acceptance) -> Batch:
    """The events among the spans of a request; `index` of a rejection counts spans from 0, and may come repeatedly.

    Raises `MalformedBody` or `BodyTooLarge`.
    """
    made = _Made(terms)
    logs = request(map(made.logs, origins(body, terms.max_batch, TRACES)))
    return put_back(decode_logs(logs, terms), made.places, made.bad, _not_correlated)


def _not_correlated(refused: Refused) -> bool:
    return refused.field == "correlation_id" and refused.reason.startswith("missing")


class _Made:
    """Log records, made one after the other; `places`: of which span each is."""

    def __init__(self, terms: Acceptance) -> None:
        self.places: list[int] = []
        self.bad: list[Bad] = []
        self._terms = terms
        self._spans = 0

    def logs(self, origin: Origin) -> Origin:
        """What is left for logs of a resource with its spans."""
        return Origin(origin.resource, tuple(self._scope(origin, scope) for scope in origin.scopes))

    def _scope(self, origin: Origin, scope: Scope) -> Scope:
        return Scope(
            scope.scope, tuple(record for span in scope.records for record in self._of_span(origin, scope, span))
        )

    def _of_span(self, origin: Origin, scope: Scope, data: bytes) -> list[bytes]:
        index, self._spans = self._spans, self._spans + 1
        try:
            span = _parsed(data, self._terms)
            check_count(len(self.places) + len(span.events), self._terms.max_batch, IN_SPANS)
            records = [record.SerializeToString() for record in _records(span, self._terms.spans)]
        except Refused as refused:
            self.bad.append(Bad(index, refused, partial(_alone, origin, scope, data, self._terms)))
            return []
        self.places.extend(repeat(index, len(records)))
        return records


def _records(span: Span, spans: Spans) -> Iterator[LogRecord]:
    shared = [pair for pair in span.attributes if pair.key == CORRELATION_ID]
    if sum(pair.ByteSize() for pair in shared) > LONGEST_SHARED:
        raise Refused("correlation_id", f"longer than {LONGEST['correlation_id']} bytes")
    if spans is not Spans.SPANS:
        yield from (_of_event(event, span, shared) for event in span.events)
    if spans is not Spans.EVENTS:
        yield _of_span(span)


def _of_event(event: Span.Event, span: Span, shared: Sequence[KeyValue]) -> LogRecord:
    own = any(pair.key == CORRELATION_ID for pair in event.attributes)
    return LogRecord(
        event_name=event.name,
        time_unix_nano=event.time_unix_nano,
        attributes=[*event.attributes, *(() if own else shared)],
        trace_id=span.trace_id,
        span_id=span.span_id,
    )


def _of_span(span: Span) -> LogRecord:
    own = any(pair.key == UID for pair in span.attributes)
    uid = KeyValue(key=UID, value=AnyValue(string_value=f"{span.trace_id.hex()}-{span.span_id.hex()}"))
    duration = max(span.end_time_unix_nano - span.start_time_unix_nano, 0) / (1_000 * SECOND)
    return LogRecord(
        event_name=span.name,
        time_unix_nano=span.end_time_unix_nano,
        attributes=[
            *span.attributes,
            KeyValue(key="span.status", value=AnyValue(string_value=STATUS.get(span.status.code, "unset"))),
            KeyValue(key="span.duration_s", value=AnyValue(double_value=duration)),
            *(() if own else (uid,)),
        ],
        trace_id=span.trace_id,
        span_id=span.span_id,
    )


def _parsed(data: bytes, terms: Acceptance) -> Span:
    if len(data) > terms.longest:
        raise Refused("", f"Span longer than {terms.longest:,} bytes")
    try:
        return Span.FromString(data)
    except DecodeError:
        raise Refused("", "the bytes are no Span of OTLP") from None


def _alone(origin: Origin, scope: Scope, span: bytes, terms: Acceptance) -> Alone:
    parts = (part[: terms.longest] for part in (origin.resource, scope.scope, span))
    return Alone.within(terms.longest, FORM, alone(*parts))
