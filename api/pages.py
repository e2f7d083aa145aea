"""The pages for people: what needs attention, one order, and the rules."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import board, order
from api.access.guard import READS
from api.context import Here
from api.errors import wants_page
from api.parameters import BoardParameters, NoParameters, PathText, only
from api.problem import NotFound

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[READS, Depends(only(BoardParameters))])
def board_page(request: Request, asked: Annotated[BoardParameters, Query()], here: Here) -> Response:
    seen = board.look(here, asked)
    origin = str(request.base_url).rstrip("/")
    return here.templates.page(request, "board.html", asked=asked, board=seen, now=seen.now, origin=origin)


@router.get("/orders/{workflow}/{correlation_id:anything}", dependencies=[READS, Depends(only(NoParameters))])
def order_page(request: Request, workflow: PathText, correlation_id: PathText, here: Here) -> Response:
    seen = order.look(here, workflow, correlation_id)
    if not seen.known:
        if not wants_page(request):
            raise NotFound(f"Nothing is known of {correlation_id} in {workflow}")
        page = here.templates.page(request, "unknown_order.html", order=seen)
        page.status_code = 404
        return page
    return here.templates.page(request, "order.html", order=seen, now=seen.now)


@router.get("/rules", dependencies=[READS, Depends(only(NoParameters))])
def rules_page(request: Request, here: Here) -> Response:
    files = here.rule_files.get()
    return here.templates.page(
        request,
        "rules.html",
        in_force=[file for file in files if file.in_force],
        refused=[file for file in files if file.refused],
        warned=[file for file in files if file.diagnostics and not file.refused],
        now=here.clock.now(),
    )
