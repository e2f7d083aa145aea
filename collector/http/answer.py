"""What the sender hears: JSON and problem documents for `/v1/events`, OTLP's own messages for `/v1/logs`."""

import json
from collections.abc import Mapping, Sequence

from google.rpc import code_pb2, status_pb2  # type: ignore[import-untyped]  # its package has no py.typed
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from starlette.responses import Response

from collector.batch import Batch, Rejection
from collector.errors import CollectorError
from store.errors import StoreError, StoreUnavailable
from store.problem import problem

PROTOBUF = "application/x-protobuf"

LISTED = 100  # rejections that an answer names one by one
SUMMED_UP = 10  # kinds of rejection that an OTLP answer tells apart
RETRY_AFTER = {"Retry-After": "2"}  # seconds

_CODES: Mapping[int, int] = {
    400: code_pb2.INVALID_ARGUMENT,
    408: code_pb2.DEADLINE_EXCEEDED,
    413: code_pb2.RESOURCE_EXHAUSTED,
    415: code_pb2.INVALID_ARGUMENT,
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


def taken(batch: Batch) -> Response:
    """200, or 400 where there were events and none could be taken."""
    members: dict[str, object] = {
        "accepted": len(batch.events),
        "rejected": [_listed(rejection) for rejection in batch.rejected[:LISTED]],
    }
    if len(batch.rejected) > LISTED:
        members["rejected_count"] = len(batch.rejected)
    if batch.rejected and not batch.events:
        many = len(batch.rejected)
        detail = "the event could not be taken" if many == 1 else f"none of the {many} events could be taken"
        return problem(400, detail, members=members)
    return Response(json.dumps(members), 200, media_type="application/json")


def taken_otlp(batch: Batch) -> Response:
    """200 always: what was refused is OTLP's partial success."""
    answer = ExportLogsServiceResponse()
    if batch.rejected:
        answer.partial_success.rejected_log_records = len(batch.rejected)
        answer.partial_success.error_message = summary(batch)
    return Response(answer.SerializeToString(), 200, media_type=PROTOBUF)


def failed(error: CollectorError | StoreError) -> Response:
    status, detail, headers = _explained(error)
    return problem(status, detail, headers=headers)


def failed_otlp(error: CollectorError | StoreError) -> Response:
    status, detail, headers = _explained(error)
    message = status_pb2.Status(code=_CODES[status], message=detail)
    return Response(message.SerializeToString(), status, headers, PROTOBUF)


def summary(batch: Batch) -> str:
    """How many records were refused and why, in one sentence."""
    kinds: dict[tuple[str, str], list[int]] = {}
    for rejection in batch.rejected:
        kinds.setdefault((rejection.field, rejection.reason), []).append(rejection.index)
    parts = [f"{_records(places)}: {_in_otlp(*kind)}" for kind, places in list(kinds.items())[:SUMMED_UP]]
    if len(kinds) > SUMMED_UP:
        parts.append(f"and {len(kinds) - SUMMED_UP} more reasons")
    total = len(batch.events) + len(batch.rejected)
    return f"{len(batch.rejected)} of {total} log records were refused. " + "; ".join(parts)


def _explained(error: CollectorError | StoreError) -> tuple[int, str, dict[str, str]]:
    """Status, detail and headers. What the store says of itself is for the log, not for senders."""
    match error:
        case CollectorError():
            return error.status, str(error), RETRY_AFTER if error.status == 503 else {}
        case StoreUnavailable():
            return 503, "the event store is away or slow; nothing is acknowledged, so send it again", RETRY_AFTER
        case _:
            return 500, "the event store refused these events; the server's log says why", {}


def _listed(rejection: Rejection) -> dict[str, object]:
    return {"index": rejection.index, "field": rejection.field, "reason": rejection.reason}


def _records(places: Sequence[int]) -> str:
    listed = ", ".join(str(place) for place in places[:5])
    return f"record {listed}" if len(places) == 1 else f"{len(places)} records ({listed}{', …' * (len(places) > 5)})"


def _in_otlp(field: str, reason: str) -> str:
    return f"{_IN_OTLP.get(field, field)}: {reason}" if field else reason
