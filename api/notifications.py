"""`/v1/notifications`: what was sent to whom, every attempt, and how to send it anew."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import Field
from sqlalchemy import Row
from starlette.responses import Response

from api import models_notify as models
from api.access.guard import Administrator, Reader
from api.access.identity import Identity
from api.context import Context, Here
from api.cursor import Int64, Key, decode, encode
from api.json_response import Json
from api.parameters import After, Limit, NoParameters, Parameters, PathText, Text, only
from api.problem import NotFound
from reconcile.errors import NoSuchMessage
from reconcile.notify import postbox
from reconcile.notify.outbox import State
from reconcile.notify.postbox import Wanted
from store.event import SECOND
from store.instant import rfc3339, rfc3339_or_none

router = APIRouter(prefix="/v1/notifications", tags=["notifications"])


class NotificationParameters(Parameters):
    state: Annotated[State | None, Field(description="Only messages in this state.")] = None
    endpoint: Annotated[Text | None, Field(description="Only messages to this endpoint.")] = None
    case_id: Annotated[Text | None, Field(description="Only messages that tell of this case.")] = None
    limit: Limit = 100
    after: After = None


class Place(msgspec.Struct):
    """The last message of a page."""

    created_at: Int64
    id: Key


@router.get(
    "",
    operation_id="list_notifications",
    summary="List notifications",
    response_model=models.NotificationPage,
    dependencies=[Depends(only(NotificationParameters))],
)
def list_notifications(asked: Annotated[NotificationParameters, Query()], here: Here, _: Reader) -> Response:
    """The newest first."""
    page, after = found(here, asked)
    return Json({"items": [message_json(row) for row in page], "next": after})


@router.get(
    "/endpoints",
    operation_id="list_disabled_endpoints",
    summary="List endpoints that said they are gone",
    response_model=models.DisabledEndpoints,
    dependencies=[Depends(only(NoParameters))],
)
def list_disabled(here: Here, _: Reader) -> Response:
    """Nothing is sent to them until they are enabled again."""
    with here.database.read() as connection:
        disabled = postbox.disabled(connection)
    items = [{"name": it.name, "at": rfc3339(it.at), "reason": it.reason, "pending": it.pending} for it in disabled]
    return Json({"items": items})


@router.post(
    "/endpoints/{name}/enable",
    operation_id="enable_endpoint",
    summary="Send to an endpoint again",
    status_code=204,
    dependencies=[Depends(only(NoParameters))],
)
def enable_endpoint(name: PathText, here: Here, caller: Administrator) -> Response:
    """What waits for it goes first."""
    if not postbox.enable(here.database, name, caller.actor, here.clock.now()):
        raise NotFound(f"There is no disabled endpoint {name}")
    return Response(status_code=204)


@router.post(
    "/redeliver",
    operation_id="redeliver_since",
    summary="Send anew all since an instant",
    response_model=models.SentAnew,
    dependencies=[Depends(only(NoParameters))],
)
def redeliver_since(body: models.Redelivery, here: Here, caller: Administrator) -> Response:
    """To one endpoint, in order, each under the id that it had."""
    count = postbox.send_anew_since(here.database, body.endpoint, body.since, caller.actor, here.clock.now())
    return Json({"count": count})


@router.get(
    "/{id}",
    operation_id="get_notification",
    summary="Show a notification",
    response_model=models.NotificationInFull,
    dependencies=[Depends(only(NoParameters))],
)
def get_notification(id: PathText, here: Here, _: Reader) -> Response:
    """With its body and the log of its attempts."""
    with here.database.read() as connection:
        row, log = postbox.message(connection, id), postbox.attempts(connection, id)
    if row is None:
        raise NotFound(f"There is no notification {id}")
    return Json(
        {**message_json(row), "payload": msgspec.Raw(row.payload.encode()), "log": [_attempt(it) for it in log]}
    )


@router.post(
    "/{id}/redeliver",
    operation_id="redeliver",
    summary="Send a notification anew",
    response_model=models.SentAnew,
    dependencies=[Depends(only(NoParameters))],
)
def redeliver(id: PathText, here: Here, caller: Administrator) -> Response:
    """Under the id that it had. `count` is 0 where it is on its way anyhow."""
    return Json({"count": int(sent_anew(here, id, caller))})


def sent_anew(here: Context, id: str, caller: Identity) -> bool:
    """False where it is on its way anyhow. Raises `NotFound`."""
    try:
        return postbox.send_anew(here.database, id, caller.actor, here.clock.now())
    except NoSuchMessage as error:
        raise NotFound(f"There is no notification {id}") from error


def found(here: Context, asked: NotificationParameters) -> tuple[Sequence[Row[Any]], str | None]:
    """The messages of a page, the newest first, and where the next page begins."""
    wanted = Wanted(asked.state, asked.endpoint, asked.case_id)
    before = decode(asked.after, Place) if asked.after else None
    place = (before.created_at, before.id) if before else None
    with here.database.read() as connection:
        rows = postbox.page(connection, wanted, place, asked.limit + 1)
    page = rows[: asked.limit]
    return page, encode(Place(page[-1].created_at, page[-1].id)) if len(rows) > len(page) else None


def message_json(row: Row[Any]) -> dict[str, object]:
    waits = row.state == State.PENDING
    return {
        "id": row.id,
        "group": row.group_id,
        "number": row.number,
        "endpoint": row.receiver,
        "type": row.type,
        "subjects": row.subjects,
        "state": row.state,
        "attempts": row.attempts,
        "next_attempt_at": rfc3339(row.next_attempt_at) if waits else None,
        "created_at": rfc3339(row.created_at),
        "delivered_at": rfc3339_or_none(row.delivered_at),
        "last_status": row.last_status,
        "last_error": row.last_error or None,
    }


def _attempt(row: Row[Any]) -> dict[str, object]:
    return {
        "number": row.number,
        "at": rfc3339(row.at),
        "took_seconds": row.took / SECOND,
        "status": row.status,
        "error": row.error or None,
    }
