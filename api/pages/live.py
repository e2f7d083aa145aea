"""`/live`: what pages listen to, so that they look again as soon as something has changed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header
from starlette.responses import Response, StreamingResponse

from api.access.guard import READS
from api.changes import MOST
from api.context import Here
from api.parameters import NoParameters, only
from api.problem import ApiError

router = APIRouter(include_in_schema=False)

Heard = Annotated[str, Header(alias="Last-Event-ID", max_length=64)]


@router.get("/live", dependencies=[READS, Depends(only(NoParameters))])
async def live(here: Here, heard: Heard = "") -> Response:
    if here.changes.listeners >= MOST:
        raise ApiError(503, "Too many pages listen already.", headers={"Retry-After": "60"})
    known = heard or await here.changes.mark()
    return StreamingResponse(here.changes.events(known), media_type="text/event-stream")
