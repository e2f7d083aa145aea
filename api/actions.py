"""What people have done about a case: offers, requests to other servers, approvals, and the stop switch."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api import models_actions as models
from api.access.guard import Administrator, Operator, Reader
from api.access.identity import Identity
from api.context import Context, Here
from api.cursor import Int64, Key, decode, encode
from api.json_response import Json
from api.parameters import ActionParameters, NoParameters, PathText, only
from reconcile.actions import people, switch
from reconcile.actions.desk import ActionDesk, Person, Place
from reconcile.actions.offers import Offer
from reconcile.actions.row import NEVER, Action, Decision, listed
from reconcile.outgoing.prepared import restored
from store.instant import rfc3339, rfc3339_or_none

router = APIRouter(prefix="/v1", tags=["actions"])

BARE = [Depends(only(NoParameters))]


@router.get(
    "/cases/{id}/actions", operation_id="list_offers", summary="List what is safe to do",
    response_model=models.Offers, dependencies=BARE,
)  # fmt: skip
def list_offers(id: PathText, here: Here, _: Reader) -> Response:
    """Everything that could be done about the case, in the order in which to think of it, each with the reason why it
    is offered or why not; and what was asked for so far."""
    offers, actions = action_desk(here).offers(id, here.clock.now())
    return Json({"offers": [_offer(it) for it in offers], "actions": [action_json(it) for it in actions]})


@router.post(
    "/cases/{id}/actions/{step:path}/{name}", operation_id="run_action", summary="Run an action, or only show it",
    response_model=models.Action | models.ActionPreview, status_code=202, dependencies=BARE,
)  # fmt: skip
def run_action(
    id: PathText, step: PathText, name: PathText, asked: models.RunBody, here: Here, identity: Operator
) -> Response:
    """It is called within seconds, once; where it takes two people it is proposed. With `dry_run` nothing is sent, and
    the exact request comes back, secrets as `***`."""
    place, now = Place(id, step, name), here.clock.now()
    if asked.dry_run:
        offer, request = action_desk(here).preview(place, now)
        return Json({"offered": offer.offered, "why": offer.why, "request": request.shown})
    action = action_desk(here).run(place, person_of(identity, asked.reason), now)
    return Json(action_json(action), status_code=202)


class Last(msgspec.Struct):
    """The last action of a page."""

    asked_at: Int64
    id: Key


@router.get(
    "/actions", operation_id="list_actions", summary="List actions, the newest first",
    response_model=models.Actions, dependencies=[Depends(only(ActionParameters))],
)  # fmt: skip
def list_actions(asked: Annotated[ActionParameters, Query()], here: Here, _: Reader) -> Response:
    """What was asked for, over all cases, and whether automatic actions are stopped."""
    last = decode(asked.after, Last) if asked.after else None
    behind = None if last is None else (last.asked_at, last.id)
    with here.database.read() as connection:
        found = listed(connection, asked.state, asked.limit + 1, behind)
        at_switch = switch.read(connection)
    page = found[: asked.limit]
    after = encode(Last(page[-1].asked_at, page[-1].id)) if len(found) > len(page) else None
    return Json({"items": [action_json(it) for it in page], "next": after, "automatic": switch_json(at_switch)})


@router.post("/actions/stop", operation_id="stop_actions", summary="Stop automatic actions",
             response_model=models.Switch, dependencies=BARE)  # fmt: skip
def stop_actions(asked: models.DecisionBody, here: Here, identity: Administrator) -> Response:
    """Nothing automatic is asked for or called from now on, by any process. What people ask for goes on."""
    return _switched(here, identity, asked.reason, stopped=True)


@router.post("/actions/start", operation_id="start_actions", summary="Let automatic actions go on",
             response_model=models.Switch, dependencies=BARE)  # fmt: skip
def start_actions(asked: models.DecisionBody, here: Here, identity: Administrator) -> Response:
    return _switched(here, identity, asked.reason, stopped=False)


@router.post("/actions/{id}/approve", operation_id="approve_action", summary="Approve an action",
             response_model=models.Action, dependencies=BARE)  # fmt: skip
def approve_action(id: PathText, here: Here, identity: Operator, asked: models.ApproveBody | None = None) -> Response:
    """As the second person, under another name than the first. It is looked at once more whether it is safe."""
    return Json(action_json(approve(here, identity, id, asked or models.ApproveBody())))


@router.post("/actions/{id}/withdraw", operation_id="withdraw_action", summary="Withdraw an action",
             response_model=models.Action, dependencies=BARE)  # fmt: skip
def withdraw_action(id: PathText, asked: models.DecisionBody, here: Here, identity: Operator) -> Response:
    """Before it was ever called."""
    person, now = person_of(identity, asked.reason), here.clock.now()
    done = action_desk(here).decide(
        id, person, lambda connection: people.withdraw(connection, id, person.decision, now)
    )
    return Json(action_json(done))


@router.post("/actions/{id}/settle", operation_id="settle_action", summary="Say what became of an action",
             response_model=models.Action, dependencies=BARE)  # fmt: skip
def settle_action(id: PathText, asked: models.SettleBody, here: Here, identity: Operator) -> Response:
    """Of one whose outcome is unknown, after looking at the other side."""
    return Json(action_json(settle(here, identity, id, asked)))


@router.post("/actions/{id}/repeat", operation_id="repeat_action", summary="Repeat an action",
             response_model=models.Action, dependencies=BARE)  # fmt: skip
def repeat_action(id: PathText, asked: models.DecisionBody, here: Here, identity: Operator) -> Response:
    """Under the same key, where its outcome is unknown and the other side honours the key."""
    return Json(action_json(repeat(here, identity, id, asked)))


def approve(here: Context, identity: Identity, id: str, asked: models.ApproveBody) -> Action:
    return action_desk(here).approve(id, person_of(identity, asked.reason), here.clock.now())


def withdraw(here: Context, identity: Identity, id: str, asked: models.DecisionBody) -> Action:
    person, now = person_of(identity, asked.reason), here.clock.now()
    return action_desk(here).decide(id, person, lambda it: people.withdraw(it, id, person.decision, now))


def settle(here: Context, identity: Identity, id: str, asked: models.SettleBody) -> Action:
    person, now = person_of(identity, asked.reason), here.clock.now()
    return action_desk(here).decide(id, person, lambda it: people.settle(it, id, asked.happened, person.decision, now))


def repeat(here: Context, identity: Identity, id: str, asked: models.DecisionBody) -> Action:
    person, now = person_of(identity, asked.reason), here.clock.now()
    return action_desk(here).decide(id, person, lambda it: people.repeat(it, id, person.decision, now))


def action_json(action: Action) -> dict[str, object]:
    told = {name: getattr(action, name) for name in models.Action.model_fields}
    times = ("asked_at", "approved_at", "called_at", "settled_at")
    return {
        **told,
        **{name: rfc3339_or_none(told[name]) for name in times},
        "next_at": None if action.next_at == NEVER or action.over else rfc3339(action.next_at),
        "approved_by": action.approved_by or None,
        "request": restored(action.request).shown,
    }


def switch_json(at: switch.Switch) -> dict[str, object]:
    return {
        "stopped": at.stopped,
        "by": at.by or None,
        "reason": at.reason or None,
        "at": rfc3339(at.at) if at.at else None,
    }


def _offer(offer: Offer) -> dict[str, object]:
    named = {name: getattr(offer, name) or None for name in ("step", "name", "action_id")}
    told = {"deed": offer.deed, "label": offer.label, "offered": offer.offered, "why": offer.why}
    return {**told, **named, "people": offer.people}


def _switched(here: Context, identity: Identity, reason: str, *, stopped: bool) -> Response:
    with here.database.begin() as connection:
        switch.set_stopped(connection, stopped, Decision(identity.actor, reason), here.clock.now())
        return Json(switch_json(switch.read(connection)))


def action_desk(here: Context) -> ActionDesk:
    return ActionDesk(here.clickhouse, here.database, here.rulebook)


def person_of(identity: Identity, reason: str) -> Person:
    return Person(Decision(identity.actor, reason), identity.teams)
