"""What OTLP answers, over HTTP and gRPC alike: partial success, or a Status that says whether to try again."""

from collections.abc import Mapping, Sequence

from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2  # type: ignore[import-untyped]  # no py.typed
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from collector.batch import Batch
from collector.failure import Failure

SUMMED_UP = 10  # kinds of rejection that an answer tells apart

# RESOURCE_EXHAUSTED may be tried again, so what is too large for ever is none.
_CODES: Mapping[int, int] = {
    400: code_pb2.INVALID_ARGUMENT,
    401: code_pb2.UNAUTHENTICATED,
    403: code_pb2.PERMISSION_DENIED,
    408: code_pb2.DEADLINE_EXCEEDED,
    413: code_pb2.INVALID_ARGUMENT,
    415: code_pb2.INVALID_ARGUMENT,
    429: code_pb2.RESOURCE_EXHAUSTED,
    500: code_pb2.INTERNAL,
    503: code_pb2.UNAVAILABLE,
}

# Where a field of an event is found in a log record.
_IN_OTLP = {
    "correlation_id": "attribute correlation.id",
    "causation_id": "attribute causation.id",
    "id": "attribute log.record.uid",
    "name": "event_name",
    "source": "service.name of the resource",
    "time": "time_unix_nano",
}


def of_logs(batch: Batch) -> ExportLogsServiceResponse:
    """What was left out is told only beside what was refused: exporters log a warning for every answer that tells."""
    answer = ExportLogsServiceResponse()
    if batch.rejected:
        answer.partial_success.rejected_log_records = len(batch.rejected)
        answer.partial_success.error_message = summary(batch, "log record")
    return answer


def of_traces(batch: Batch) -> ExportTraceServiceResponse:
    answer = ExportTraceServiceResponse()
    if batch.rejected:
        answer.partial_success.rejected_spans = len({rejection.index for rejection in batch.rejected})
        answer.partial_success.error_message = summary(batch, "span")
    return answer


def status(failed: Failure) -> status_pb2.Status:
    """With RetryInfo where it is worth trying again."""
    message = status_pb2.Status(code=_CODES[failed.status], message=failed.detail)
    if failed.retry_after:
        detail = Any()
        detail.Pack(retry_info(failed))
        message.details.append(detail)
    return message


def retry_info(failed: Failure) -> error_details_pb2.RetryInfo:
    return error_details_pb2.RetryInfo(retry_delay=Duration(seconds=failed.retry_after))


def summary(batch: Batch, what: str) -> str:
    """How many events of log records or spans were refused and why, and how many were left out."""
    told = [_refused(batch, what)]
    if batch.ignored:
        told.append(f"{batch.ignored} were left out: without an event name or a correlation ID they are no events.")
    return " ".join(told)


def _refused(batch: Batch, what: str) -> str:
    kinds: dict[tuple[str, str], list[int]] = {}
    for rejection in batch.rejected:
        kinds.setdefault((rejection.field, rejection.reason), []).append(rejection.index)
    parts = [f"{_places(places, what)}: {_in_otlp(*kind)}" for kind, places in list(kinds.items())[:SUMMED_UP]]
    if len(kinds) > SUMMED_UP:
        parts.append(f"and {len(kinds) - SUMMED_UP} more reasons")
    total = len(batch.events) + len(batch.rejected) + batch.ignored
    return f"{len(batch.rejected)} of {total} events were refused. {'; '.join(parts)}."


def _places(places: Sequence[int], what: str) -> str:
    listed = ", ".join(str(place) for place in places[:5])
    return f"{what} {listed}" if len(places) == 1 else f"{len(places)} {what}s ({listed}{', …' * (len(places) > 5)})"


def _in_otlp(field: str, reason: str) -> str:
    return f"{_IN_OTLP.get(field, field)}: {reason}" if field else reason
