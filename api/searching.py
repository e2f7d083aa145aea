"""`/v1/search`: which orders carry an identifier."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from api import models_search as models
from api import search
from api.access.guard import READS
from api.context import Here
from api.json_response import Json
from api.parameters import Parameters, Text, only
from store.instant import rfc3339_or_none

router = APIRouter(prefix="/v1/search", tags=["instances"])


class SearchParameters(Parameters):
    q: Annotated[
        Text,
        Field(description="A correlation ID or any identifier that events carry.", examples=["ch_3MmlLrLk"]),
    ]


@router.get(
    "",
    operation_id="search",
    summary="Find orders by an identifier",
    response_model=models.Found,
    dependencies=[READS, Depends(only(SearchParameters))],
)
def find(asked: Annotated[SearchParameters, Query()], here: Here) -> Response:
    """Those that are called so or whose events carry it; where there is none, those of which something begins so."""
    found = search.search(here.clickhouse, asked.q)
    return Json({"items": [_told(hit) for hit in found.hits], "exact": found.exact, "more": found.more})


def _told(hit: search.Hit) -> dict[str, object]:
    known = [{"workflow": it.workflow, "state": it.state, "start": rfc3339_or_none(it.start)} for it in hit.instances]
    return {"correlation_id": hit.correlation_id, "instances": known}
