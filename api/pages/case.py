"""`/cases/{id}`: the address in messages, and the forms that move a case, back to the page of its order."""

from typing import Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api import order, queue
from api.access.guard import READS, Operator
from api.access.identity import Identity
from api.bodies import CommentBody
from api.context import Context, Here
from api.links import order_path
from api.pages.forms import MOST, Sent, read, see
from api.pages.order import draw
from api.pages.refusal import REFUSALS, Refusal, refused
from api.panel import MOVES
from api.parameters import NoParameters, PathText, only
from api.problem import NotFound
from api.queue import Case
from reconcile.cases.moves import By

router = APIRouter(prefix="/cases", include_in_schema=False, dependencies=[Depends(only(NoParameters))])

MoveName = Literal["acknowledge", "snooze", "resolve", "reopen", "assign"]


@router.get("/{id}", dependencies=[READS])
def case_page(id: PathText, here: Here) -> Response:
    case = _case(here, id)
    return see(order_path(case.workflow, case.correlation_id))


@router.post("/{id}/comment", max_body_size=MOST)
def comment(request: Request, identity: Operator, id: PathText, sent: Sent, here: Here) -> Response:
    try:
        said = read(CommentBody, sent)
        here.desk.comment(id, said.text, By(identity.actor, identity.teams), here.clock.now())
    except REFUSALS as error:
        return again(request, here, identity, id, refused(request, error, "comment", sent))
    return done(here, id, "comment")


@router.post("/{id}/{move}", max_body_size=MOST)
def move(request: Request, identity: Operator, id: PathText, move: MoveName, sent: Sent, here: Here) -> Response:
    now = here.clock.now()
    try:
        asked = read(MOVES[move], sent)
        by = By(identity.actor, identity.teams, asked.revision)
        here.desk.move(id, asked.move(identity.actor.name, now), by, now)
    except REFUSALS as error:
        return again(request, here, identity, id, refused(request, error, move, sent))
    return done(here, id, move)


def done(here: Context, id: str, what: str) -> Response:
    """Back to the page of the case's order, which says that it is done."""
    case = _case(here, id)
    return see(f"{order_path(case.workflow, case.correlation_id)}?done={what}")


def again(request: Request, here: Context, identity: Identity, id: str, refusal: Refusal) -> Response:
    """The page of the case's order, which says why it is not done."""
    case = _case(here, id)
    return draw(request, here, identity, order.look(here, case.workflow, case.correlation_id), refusal=refusal)


def _case(here: Context, id: str) -> Case:
    with here.database.read() as connection:
        case = queue.case(connection, id)
    if case is None:
        raise NotFound(f"There is no case {id}")
    return case
