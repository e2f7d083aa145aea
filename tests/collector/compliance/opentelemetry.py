"""The OpenTelemetry SDK as a client: its exporters of logs and traces, over HTTP and gRPC."""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import grpc
import requests
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.collector.compliance.way import Sample, heard
from tests.collector.listening import Listening
from tests.conftest import NOON

Exporter = Any
T = TypeVar("T")


@dataclass(frozen=True)
class Signal(Generic[T]):
    """`made`: what the SDK hands to an exporter; `refused`: how many an answer says were."""

    path: str
    method: str
    made: Callable[[Sequence[Sample]], Sequence[T]]
    encode: Callable[[Sequence[T]], Any]
    over_http: Callable[..., Exporter]
    over_grpc: Callable[..., Exporter]
    stub: Callable[[grpc.Channel], Any]
    answer: Callable[[bytes], Any]
    refused: Callable[[Any], int]


@dataclass(frozen=True)
class OverHttp:
    signal: Signal[Any]

    def send(self, at: Listening, samples: Sequence[Sample], *, packed: bool) -> str:
        answers: list[requests.Response] = []
        with requests.Session() as session:
            session.hooks["response"] = [lambda response, **_: answers.append(response)]
            compression = Compression.Gzip if packed else Compression.NoCompression
            exporter = self.signal.over_http(f"{at.url}{self.signal.path}", compression=compression, session=session)
            outcome = exporter.export(self.signal.made(samples))
            exporter.shutdown()
        assert outcome.name == "SUCCESS"
        statuses = [answer.status_code for answer in answers]
        return heard(statuses, self.signal.refused(self.signal.answer(answers[-1].content)))

    def raw(self, at: Listening, body: bytes) -> str:
        headers = {"Content-Type": "application/x-protobuf"}
        return str(requests.post(f"{at.url}{self.signal.path}", body, headers=headers, timeout=60).status_code)


@dataclass(frozen=True)
class OverGrpc:
    signal: Signal[Any]

    def send(self, at: Listening, samples: Sequence[Sample], *, packed: bool) -> str:
        """The exporter tells in its log only what it heard, so the same goes by the generated client, too."""
        made = self.signal.made(samples)
        compression = grpc.Compression.Gzip if packed else grpc.Compression.NoCompression
        exporter = self.signal.over_grpc(endpoint=at.grpc, insecure=True, compression=compression)
        with _retries() as failures:
            outcome = exporter.export(made)
        exporter.shutdown()
        assert outcome.name == "SUCCESS"
        with grpc.insecure_channel(at.grpc) as channel:
            answer = self.signal.stub(channel).Export(self.signal.encode(made), timeout=60)
        return heard([*failures, "OK"], self.signal.refused(answer))

    def raw(self, at: Listening, body: bytes) -> str:
        with grpc.insecure_channel(at.grpc) as channel:
            export: Any = channel.unary_unary(self.signal.method)
            try:
                export(body, timeout=60)
            except grpc.RpcError as error:
                assert isinstance(error, grpc.Call)
                return error.code().name
        return "OK"


@contextmanager
def _retries() -> Iterator[list[str]]:
    """The codes after which an exporter says that it tries again."""
    codes: list[str] = []

    def note(record: logging.LogRecord) -> bool:
        codes.extend(re.findall(r"Transient error StatusCode\.(\w+)", record.getMessage()))
        return True

    logger = logging.getLogger("opentelemetry.exporter.otlp.proto.grpc.exporter")
    logger.filters.insert(0, note)  # before the SDK's own, which leaves out what was said a moment ago
    yield codes
    logger.removeFilter(note)


def _logs(samples: Sequence[Sample]) -> Sequence[Any]:
    kept = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]  # its __init__ has no types
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(kept))
    logger = provider.get_logger("shop")
    for sample in samples:
        logger.emit(LogRecord(timestamp=NOON * 1_000, event_name="A", attributes=_attributes(sample)))
    return kept.get_finished_logs()


def _spans(samples: Sequence[Sample]) -> Sequence[Any]:
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("shop")
    for sample in samples:
        with tracer.start_as_current_span("POST") as span:
            span.add_event("A", _attributes(sample), NOON * 1_000)
    return kept.get_finished_spans()


def _attributes(sample: Sample) -> dict[str, str]:
    return {"correlation.id": sample.correlation_id, "log.record.uid": sample.id}


LOGS: Signal[Any] = Signal(
    "/v1/logs",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    _logs,
    encode_logs,
    HttpLogExporter,
    GrpcLogExporter,
    LogsServiceStub,
    ExportLogsServiceResponse.FromString,
    lambda answer: answer.partial_success.rejected_log_records,
)
TRACES: Signal[Any] = Signal(
    "/v1/traces",
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    _spans,
    encode_spans,
    HttpSpanExporter,
    GrpcSpanExporter,
    TraceServiceStub,
    ExportTraceServiceResponse.FromString,
    lambda answer: answer.partial_success.rejected_spans,
)
