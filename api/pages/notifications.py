"""`/notifications`: what was sent to whom, every attempt, and how to send it anew."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import notifications
from api.access.guard import READS, Administrator
from api.context import Context, Here
from api.links import board_path
from api.models_notify import Redelivery
from api.notifications import NotificationParameters
from api.pages.forms import MOST, Sent, read, see
from api.pages.refusal import NOTHING_REFUSED, REFUSALS, Refusal, refused
from api.parameters import NoParameters, PathText, Text, only
from api.problem import NotFound
from reconcile.notify import postbox
from reconcile.notify.outbox import State

router = APIRouter(prefix="/notifications", include_in_schema=False)

DONE = {"again": "It is sent again within seconds.", "enable": "It is sent to again."}
PAGE = 50


class PageParameters(NotificationParameters):
    """`done`: what whoever is led here has just done, and `count` to how many."""

    limit: int = PAGE
    done: Text | None = None


Asked = Annotated[PageParameters, Query()]


@router.get("", dependencies=[READS, Depends(only(PageParameters))])
def notifications_page(request: Request, asked: Asked, here: Here) -> Response:
    return _page(request, here, asked)


@router.post("/redeliver", max_body_size=MOST, dependencies=[Depends(only(NoParameters))])
def redeliver_since(request: Request, identity: Administrator, sent: Sent, here: Here) -> Response:
    try:
        wanted = read(Redelivery, sent)
    except REFUSALS as error:
        return _page(request, here, PageParameters(), refused(request, error, "redeliver", sent))
    postbox.send_anew_since(here.database, wanted.endpoint, wanted.since, identity.actor, here.clock.now())
    return see(board_path({"endpoint": wanted.endpoint, "done": "again"}, "/notifications"))


@router.post("/endpoints/{name}/enable", max_body_size=MOST, dependencies=[Depends(only(NoParameters))])
def enable(identity: Administrator, name: PathText, here: Here) -> Response:
    postbox.enable(here.database, name, identity.actor, here.clock.now())
    return see("/notifications?done=enable")


@router.get("/{id}", dependencies=[READS, Depends(only(PageParameters))])
def notification_page(request: Request, id: PathText, here: Here, asked: Asked) -> Response:
    with here.database.read() as connection:
        message, attempts = postbox.message(connection, id), postbox.attempts(connection, id)
    if message is None:
        raise NotFound(f"There is no notification {id}")
    return here.templates.page(
        request,
        "notification.html",
        message=message,
        attempts=attempts,
        now=here.clock.now(),
        done=DONE.get(asked.done or "", ""),
    )


@router.post("/{id}/redeliver", max_body_size=MOST, dependencies=[Depends(only(NoParameters))])
def redeliver(identity: Administrator, id: PathText, here: Here) -> Response:
    notifications.sent_anew(here, id, identity)
    return see(f"/notifications/{id}?done=again")


def _page(request: Request, here: Context, asked: PageParameters, refusal: Refusal = NOTHING_REFUSED) -> Response:
    messages, after = notifications.found(here, asked)
    with here.database.read() as connection:
        disabled = postbox.disabled(connection)
    given = asked.model_dump(mode="json", include={"state", "endpoint", "case_id"})
    page = here.templates.page(
        request,
        "notifications.html",
        messages=messages,
        disabled=disabled,
        asked=asked,
        states=tuple(State),
        more=board_path({**given, "after": after}, "/notifications") if after else None,
        now=here.clock.now(),
        refusal=refusal,
        done=DONE.get(asked.done or "", ""),
    )
    return refusal.on(page)
