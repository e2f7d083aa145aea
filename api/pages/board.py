"""`/`: what needs attention."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import board
from api.access.guard import Reader
from api.context import Here
from api.parameters import BoardParameters, only

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[Depends(only(BoardParameters))])
def board_page(request: Request, identity: Reader, asked: Annotated[BoardParameters, Query()], here: Here) -> Response:
    seen = board.look(here, asked, identity.actor.name)
    origin = str(request.base_url).rstrip("/")
    return here.templates.page(request, "board.html", asked=asked, board=seen, now=seen.now, origin=origin)
