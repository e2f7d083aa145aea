"""The compliance table: each way in, and what a real client hears in each column. docs/sending-events.md shows it."""

from cloudevents.core.bindings.http import to_binary_event, to_structured_event

from tests.collector.compliance import curl
from tests.collector.compliance.cloudevents import Sdk, batched, single
from tests.collector.compliance.curl import Curl
from tests.collector.compliance.opentelemetry import LOGS, TRACES, OverGrpc, OverHttp
from tests.collector.compliance.way import ALONE, COLUMNS, GRPC, HTTP, Way

_CLOUDEVENTS, _OTEL = "`cloudevents` SDK", "OpenTelemetry SDK"

TABLE = (
    Way("JSON", "curl", HTTP, Curl("/v1/events", "application/json", curl.as_json, curl.rejected)),
    Way("NDJSON", "curl", HTTP, Curl("/v1/events", "application/x-ndjson", curl.as_lines, curl.rejected)),
    Way("CloudEvents, structured", _CLOUDEVENTS, ALONE, Sdk(single(to_structured_event))),
    Way("CloudEvents, batched", _CLOUDEVENTS, HTTP, Sdk(batched)),
    Way("CloudEvents, binary", _CLOUDEVENTS, ALONE, Sdk(single(to_binary_event))),
    Way("OTLP logs, HTTP protobuf", _OTEL, HTTP, OverHttp(LOGS)),
    Way("OTLP logs, HTTP JSON", "curl", HTTP, Curl("/v1/logs", "application/json", curl.as_logs, curl.partial)),
    Way("OTLP logs, gRPC", _OTEL, GRPC, OverGrpc(LOGS)),
    Way("OTLP traces, HTTP protobuf", _OTEL, HTTP, OverHttp(TRACES)),
    Way("OTLP traces, HTTP JSON", "curl", HTTP, Curl("/v1/traces", "application/json", curl.as_spans, curl.partial)),
    Way("OTLP traces, gRPC", _OTEL, GRPC, OverGrpc(TRACES)),
)


def rendered() -> str:
    """As Markdown."""
    head = ["protocol", "driven by", *COLUMNS]
    rows = [[way.protocol, way.driven_by, *(way.cells[column] for column in COLUMNS)] for way in TABLE]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)) + "\n"
