"""`/orders/…`: one order, what is wrong with it and what can be done."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from api import order, panel
from api.access.guard import Reader
from api.access.identity import Identity
from api.context import Context, Here
from api.errors import wants_page
from api.order import Order
from api.pages.refusal import NOTHING_REFUSED, Refusal
from api.parameters import Parameters, PathText, Text, only
from api.problem import NotFound

router = APIRouter(include_in_schema=False)

DONE: Mapping[str, str] = {
    "acknowledge": "Acknowledged.",
    "snooze": "Snoozed.",
    "resolve": "Resolved.",
    "reopen": "Reopened.",
    "assign": "Assigned.",
    "comment": "Your comment was added.",
    "ask": "The source is being asked. What it says shows here within seconds.",
    "testify": "Your word is written down. The order is judged again within seconds.",
    "run": "It is sent within seconds, once. What becomes of it shows here.",
    "propose": "Proposed. It is sent once a second person has approved it.",
    "approve": "Approved. It is sent within seconds, once.",
    "withdraw": "Withdrawn. It was never sent.",
    "settle": "What became of it is written down.",
    "repeat": "It is sent once more, under the same key.",
}
"""What is said of what has just been done, by the last part of the address of its form."""


class OrderParameters(Parameters):
    """`done`: what whoever is led here has just done. `event`: the number of the first event that is shown."""

    done: Text | None = None
    event: Annotated[int, Field(ge=1, le=10**9)] = 1


@router.get("/orders/{workflow}/{correlation_id:anything}", dependencies=[Depends(only(OrderParameters))])
def order_page(
    request: Request,
    identity: Reader,
    workflow: PathText,
    correlation_id: PathText,
    asked: Annotated[OrderParameters, Query()],
    here: Here,
) -> Response:
    seen = order.look(here, workflow, correlation_id, asked.event - 1)
    if seen.known:
        return draw(request, here, identity, seen, done=DONE.get(asked.done or "", ""))
    if not wants_page(request):
        raise NotFound(f"Nothing is known of {correlation_id} in {workflow}")
    page = here.templates.page(request, "unknown_order.html", order=seen)
    page.status_code = 404
    return page


def draw(
    request: Request,
    here: Context,
    identity: Identity,
    seen: Order,
    *,
    done: str = "",
    refusal: Refusal = NOTHING_REFUSED,
) -> Response:
    with here.database.read() as connection:
        case = panel.look(here, connection, seen.case, identity) if seen.case else None
    page = here.templates.page(request, "order.html", order=seen, panel=case, now=seen.now, done=done, refusal=refusal)
    return refusal.on(page)
