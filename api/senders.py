"""`/v1/sources`: who sends what."""

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api import models_sources as models
from api.access.guard import READS
from api.context import Here
from api.json_response import Json
from api.parameters import NoParameters, only
from api.sources import Lag, Sent, Source
from store.event import SECOND
from store.instant import rfc3339, rfc3339_or_none

router = APIRouter(prefix="/v1/sources", tags=["sources"])


@router.get(
    "",
    operation_id="list_sources",
    summary="List sources",
    response_model=models.Sources,
    dependencies=[READS, Depends(only(NoParameters))],
)
def list_sources(here: Here) -> Response:
    """Each source with the names of the events that came from it within the last fifteen days."""
    return Json({"items": [_told(it) for it in here.sources.get().sources]})


def _told(it: Source) -> dict[str, object]:
    return {"source": it.name, "quarantined": it.quarantined, "events": [_sent(sent) for sent in it.sent]}


def _sent(it: Sent) -> dict[str, object]:
    return {
        "name": it.name,
        "per_minute": it.rate,
        "usual_per_minute": it.usual,
        "last_at": rfc3339(it.last_at),
        "lag": None if it.lag is None else _lag(it.lag),
        "silent_since": rfc3339_or_none(it.silent_since),
    }


def _lag(it: Lag) -> dict[str, float]:
    return {"median_s": it.median / SECOND, "p95_s": it.p95 / SECOND}
