"""`/v1/openapi.json`: the REST interface, described."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.access.guard import READS
from api.json_response import Json
from api.parameters import NoParameters, only

router = APIRouter(include_in_schema=False)


@router.get("/v1/openapi.json", dependencies=[READS, Depends(only(NoParameters))])
def describe(request: Request) -> Response:
    return Json(request.app.openapi())
