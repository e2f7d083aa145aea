"""Actions: what would be sent, shown before it is; and what is to be decided about one that was asked for."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import actions, queue
from api.access.guard import Operator, Reader
from api.access.identity import Identity
from api.actions import action_desk, person_of
from api.context import Context, Here
from api.models_actions import ApproveBody, DecisionBody, SettleBody
from api.pages.case import done
from api.pages.forms import MOST, Sent, read
from api.pages.refusal import NOTHING_REFUSED, REFUSALS, Refusal, refused
from api.parameters import NoParameters, Parameters, PathText, Text, only
from api.problem import NotFound
from reconcile.actions.desk import Place
from reconcile.actions.row import Action, State, by_id
from reconcile.outgoing.prepared import restored

router = APIRouter(include_in_schema=False)

DecisionName = Literal["approve", "withdraw", "settle", "repeat"]


class ActionPlace(Parameters):
    """An action as the rule names it, on a step of the case."""

    step: Text
    name: Text


Asked = Annotated[ActionPlace, Query()]


@router.get("/cases/{id}/action", dependencies=[Depends(only(ActionPlace))])
def confirm_page(request: Request, identity: Operator, id: PathText, asked: Asked, here: Here) -> Response:
    return _confirm(request, here, id, asked)


@router.post("/cases/{id}/action", max_body_size=MOST, dependencies=[Depends(only(ActionPlace))])
def run(request: Request, identity: Operator, id: PathText, asked: Asked, sent: Sent, here: Here) -> Response:
    try:
        reason = read(DecisionBody, sent).reason
        person, place = person_of(identity, reason), Place(id, asked.step, asked.name)
        action = action_desk(here).run(place, person, here.clock.now())
    except REFUSALS as error:
        return _confirm(request, here, id, asked, refused(request, error, "run", sent))
    return done(here, id, "propose" if action.state is State.PROPOSED else "run")


@router.get("/actions/{id}", dependencies=[Depends(only(NoParameters))])
def action_page(request: Request, identity: Reader, id: PathText, here: Here) -> Response:
    return _shown(request, here, _action(here, id))


@router.post("/actions/{id}/{decision}", max_body_size=MOST, dependencies=[Depends(only(NoParameters))])
def decide(
    request: Request, identity: Operator, id: PathText, decision: DecisionName, sent: Sent, here: Here
) -> Response:
    action = _action(here, id)
    try:
        _decide(here, identity, id, decision, sent)
    except REFUSALS as error:
        return _shown(request, here, _action(here, id), refused(request, error, decision, sent))
    return done(here, action.case_id, decision)


def _decide(here: Context, identity: Identity, id: str, decision: DecisionName, sent: Mapping[str, str]) -> None:
    match decision:
        case "approve":
            actions.approve(here, identity, id, read(ApproveBody, sent))
        case "withdraw":
            actions.withdraw(here, identity, id, read(DecisionBody, sent))
        case "settle":
            actions.settle(here, identity, id, read(SettleBody, sent))
        case "repeat":
            actions.repeat(here, identity, id, read(DecisionBody, sent))


def _confirm(
    request: Request, here: Context, id: str, asked: ActionPlace, refusal: Refusal = NOTHING_REFUSED
) -> Response:
    offer, prepared = action_desk(here).preview(Place(id, asked.step, asked.name), here.clock.now())
    page = here.templates.page(
        request, "action_confirm.html", case=_case(here, id), offer=offer, shown=prepared.shown, refusal=refusal
    )
    return refusal.on(page)


def _shown(request: Request, here: Context, action: Action, refusal: Refusal = NOTHING_REFUSED) -> Response:
    page = here.templates.page(
        request,
        "action.html",
        case=_case(here, action.case_id),
        action=action,
        shown=restored(action.request).shown,
        now=here.clock.now(),
        refusal=refusal,
    )
    return refusal.on(page)


def _action(here: Context, id: str) -> Action:
    with here.database.begin() as connection:
        action = by_id(connection, id)
    if action is None:
        raise NotFound(f"There is no action {id}")
    return action


def _case(here: Context, id: str) -> queue.Case:
    with here.database.read() as connection:
        case = queue.case(connection, id)
    if case is None:
        raise NotFound(f"There is no case {id}")
    return case
