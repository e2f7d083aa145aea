"""What the sender hears over HTTP: JSON and problem documents, or OTLP's own messages in the encoding asked in."""

import json
from typing import NamedTuple

from google.protobuf import json_format
from google.protobuf.message import Message
from starlette.responses import Response

from collector.batch import Batch, Rejection
from collector.errors import CollectorError
from collector.failure import failure
from collector.otlp import answer as otlp
from store.errors import StoreError
from store.problem import problem

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

LISTED = 100  # rejections that an answer names one by one


def taken(batch: Batch) -> Response:
    """200, or 400 where there were events and none could be taken."""
    members: dict[str, object] = {
        "accepted": batch.accepted,
        "rejected": [_listed(rejection) for rejection in batch.rejected[:LISTED]],
    }
    if len(batch.rejected) > LISTED:
        members["rejected_count"] = len(batch.rejected)
    if batch.rejected and not batch.accepted:
        many = len(batch.rejected)
        detail = "the event could not be taken" if many == 1 else f"none of the {many} events could be taken"
        return problem(400, detail, members=members)
    return Response(json.dumps(members), 200, media_type=JSON)


def failed(error: CollectorError | StoreError) -> Response:
    told = failure(error)
    return problem(told.status, told.detail, headers=told.headers)


class Otlp(NamedTuple):
    """Answers in one of OTLP's encodings."""

    media_type: str

    def taken(self, message: Message) -> Response:
        """200 always: what was refused is OTLP's partial success."""
        return self._encoded(message, 200, {})

    def failed(self, error: Exception) -> Response:
        told = failure(error)
        return self._encoded(otlp.status(told), told.status, told.headers)

    def _encoded(self, message: Message, status: int, headers: dict[str, str]) -> Response:
        if self.media_type == PROTOBUF:
            return Response(message.SerializeToString(), status, headers, PROTOBUF)
        return Response(json_format.MessageToJson(message, indent=None), status, headers, JSON)


def _listed(rejection: Rejection) -> dict[str, object]:
    return {"index": rejection.index, "field": rejection.field, "reason": rejection.reason}
