"""The real OpenTelemetry SDK and its OTLP/HTTP exporter against the collector."""

import json
from collections.abc import Iterator

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from store import events as event_store
from store.clickhouse import ClickHouse
from tests.collector.listening import Listening
from tests.conftest import NOON


@pytest.fixture(params=[Compression.NoCompression, Compression.Gzip])
def provider(request: pytest.FixtureRequest, collector: Listening) -> Iterator[LoggerProvider]:
    exporter = OTLPLogExporter(endpoint=f"{collector.url}/v1/logs", compression=request.param)
    provider = LoggerProvider(Resource.create({"service.name": "shop"}), shutdown_on_exit=False)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    yield provider
    provider.shutdown()


def placed(number: int) -> LogRecord:
    return LogRecord(
        timestamp=NOON * 1_000 + number,
        event_name="OrderPlaced",
        body="an order was placed",
        attributes={"correlation.id": f"o-{number % 10}", "amount": 12.5, "items": ["a", "b"], "paid": False},
    )


def test_events_of_the_sdk_are_stored(provider: LoggerProvider, clickhouse: ClickHouse) -> None:
    logger = provider.get_logger("shop")
    with TracerProvider(shutdown_on_exit=False).get_tracer("shop").start_as_current_span("place order") as span:
        for number in range(1_000):
            logger.emit(placed(number))
    assert provider.force_flush()
    kept = [event for n in range(10) for event in event_store.history(clickhouse, f"o-{n}")]
    assert len(kept) == len({event.id for event in kept}) == 1_000
    first = event_store.history(clickhouse, "o-0")[0]
    assert (first.name, first.source, first.time) == ("OrderPlaced", "shop", NOON)
    assert json.loads(first.attributes) == {"amount": 12.5, "items": ["a", "b"], "paid": False}
    assert first.trace_id == format(span.get_span_context().trace_id, "032x")
    assert first.span_id == format(span.get_span_context().span_id, "016x")


def test_ordinary_log_records_in_between_are_left_out(provider: LoggerProvider, clickhouse: ClickHouse) -> None:
    logger = provider.get_logger("shop")
    logger.emit(placed(1))
    logger.emit(LogRecord(timestamp=NOON * 1_000, body="cache warmed", attributes={"correlation.id": "o-1"}))
    logger.emit(placed(11))
    assert provider.force_flush()
    assert [event.name for event in event_store.history(clickhouse, "o-1")] == ["OrderPlaced", "OrderPlaced"]
