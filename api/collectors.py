"""`/v1/collectors`: who takes events in, how far each has brought them, and whether judgement waits for it."""

from typing import Literal

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api import models_collectors as models
from api.access.guard import READS
from api.context import Here
from api.json_response import Json
from api.parameters import NoParameters, only
from store import collectors
from store.collectors import BEHIND, Collector
from store.instant import rfc3339, rfc3339_or_none

router = APIRouter(prefix="/v1/collectors", tags=["collector"])

State = Literal["current", "holding", "let_go"]


@router.get(
    "",
    operation_id="list_collectors",
    summary="List collectors",
    response_model=models.Collectors,
    dependencies=[READS, Depends(only(NoParameters))],
)
def list_collectors(here: Here) -> Response:
    """Those that are registered, in the order in which they came."""
    with here.database.read() as connection:
        known = collectors.registered(connection)
    now = here.clock.now()
    return Json({"items": [_told(it, now) for it in known]})


def _told(it: Collector, now: int) -> dict[str, object]:
    return {
        "id": it.id,
        "host": it.host,
        "state": _state(it, now),
        "watermark": rfc3339(it.watermark),
        "heard_at": rfc3339(it.heard_at),
        "registered_at": rfc3339(it.registered_at),
        "waiting": it.waiting,
        "refused": it.refused,
        "let_go_at": rfc3339_or_none(it.let_go_at),
    }


def _state(it: Collector, now: int) -> State:
    if it.let_go_at is not None:
        return "let_go"
    return "holding" if it.watermark < now - BEHIND else "current"
