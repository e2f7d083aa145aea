"""`/sources`: who sends what, and through whom it comes in."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.access.guard import READS
from api.context import Here
from api.parameters import NoParameters, only

router = APIRouter(include_in_schema=False)


@router.get("/sources", dependencies=[READS, Depends(only(NoParameters))])
def sources_page(request: Request, here: Here) -> Response:
    return here.templates.page(request, "sources.html", known=here.sources.get(), now=here.clock.now())
