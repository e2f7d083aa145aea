"""`/orders`: every instance there is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import orders
from api.access.guard import READS
from api.context import Here
from api.parameters import only
from api.parameters_instances import OrdersParameters, Standing

router = APIRouter(include_in_schema=False)


@router.get("/orders", dependencies=[READS, Depends(only(OrdersParameters))])
def orders_page(request: Request, asked: Annotated[OrdersParameters, Query()], here: Here) -> Response:
    seen = orders.look(here, asked)
    standings = tuple(Standing)
    return here.templates.page(request, "orders.html", asked=asked, orders=seen, standings=standings, now=seen.now)
