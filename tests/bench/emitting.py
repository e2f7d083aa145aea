"""What an event costs the thread that emits it, without its sending: the SDK, and OpenTelemetry's own beside it.

Each call is timed alone, with four attributes, a correlation ID and a trace in force; nothing is exported meanwhile.
"""

import statistics
import time
from collections.abc import Callable

from opentelemetry.baggage import get_baggage
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.trace import TracerProvider

from noshow_sdk import Client, Configuration, correlate
from noshow_sdk.event import compose
from noshow_sdk.ids import new_id
from noshow_sdk.queue import Queue
from tests.bench.measure import percentile

CALLS = 50_000
PAYMENT: dict[str, str | float] = {"amount": 12.5, "currency": "EUR", "customer": "c-104", "country": "DE"}


def run() -> dict[str, float]:
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("bench")
    with tracer.start_as_current_span("pay"), correlate("order-1001-a3f9c2"):
        shares = {
            "sdk.emit.compose.p50_us": statistics.median(_timed(lambda: compose("PaymentReceived", PAYMENT))),
            "sdk.emit.id.p50_us": statistics.median(_timed(lambda: new_id(time.time_ns()))),
            "sdk.emit.queue.p50_us": statistics.median(_queueing()),
            "sdk.emit.context.p50_us": statistics.median(_timed(lambda: get_baggage("correlation.id"))),
            "sdk.opentelemetry.emit.p50_us": statistics.median(_by_opentelemetry()),
        }
        emitting = _emitting()
    return {
        "sdk.emit.p50_us": statistics.median(emitting),
        "sdk.emit.p99_us": percentile(emitting, 0.99),
        **shares,
    }


def _emitting() -> list[float]:
    # The first request waits for more than there will be, and for longer than this takes.
    most = 2 * CALLS
    client = Client(Configuration(service="bench", waiting=most, batch=most, interval=3_600, exit_timeout=0))
    return _timed(lambda: client.emit("PaymentReceived", PAYMENT))


def _queueing() -> list[float]:
    queue, composed = Queue(2 * CALLS), compose("PaymentReceived", PAYMENT)
    return _timed(lambda: queue.put(composed))


def _by_opentelemetry() -> list[float]:
    """The OpenTelemetry SDK with its batch processor, and an exporter that does nothing."""
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(BatchLogRecordProcessor(_Nowhere(), max_queue_size=2 * CALLS))
    logger = provider.get_logger("bench")
    attributes = {**PAYMENT, "correlation.id": "order-1001-a3f9c2"}
    try:
        return _timed(
            lambda: logger.emit(event_name="PaymentReceived", timestamp=time.time_ns(), attributes=attributes)
        )
    finally:
        provider.shutdown()


def _timed(call: Callable[[], object]) -> list[float]:
    """Microseconds of each call, without those of an empty one."""
    empty = statistics.median(_each(lambda: None))
    return [took - empty for took in _each(call)]


def _each(call: Callable[[], object]) -> list[float]:
    clock, found = time.perf_counter_ns, []
    for _ in range(CALLS):
        began = clock()
        call()
        found.append((clock() - began) / 1_000)
    return found


class _Nowhere(LogRecordExporter):
    def export(self, batch: object) -> LogRecordExportResult:
        return LogRecordExportResult.SUCCESS

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 0) -> bool:
        return True
