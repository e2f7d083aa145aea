"""`/v1/incidents`: what fell silent, and what waits for it."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from api import models_incidents as models
from api.access.guard import READS, Operator
from api.access.identity import Identity
from api.context import Context, Here
from api.cursor import Int64, Key, decode, encode
from api.json_response import Json
from api.parameters import After, Limit, NoParameters, Parameters, PathText, only
from api.problem import NotFound
from api.silent import seen
from reconcile.audit.entry import Entry, record
from store import incidents
from store.incidents import Because, Change, Incident
from store.instant import rfc3339, rfc3339_or_none

router = APIRouter(prefix="/v1/incidents", tags=["evaluation"])

STATES = {Change.SILENT: "holding", Change.LET_GO: "let_go", Change.BACK: "ended"}


class IncidentParameters(Parameters):
    open: Annotated[bool, Field(description="Only those that are still silent.")] = False
    limit: Limit = 100
    after: After = None


class Place(msgspec.Struct):
    """The last incident of a page."""

    began_at: Int64
    id: Key


@router.get(
    "",
    operation_id="list_incidents",
    summary="List incidents",
    response_model=models.IncidentPage,
    dependencies=[READS, Depends(only(IncidentParameters))],
)
def list_incidents(asked: Annotated[IncidentParameters, Query()], here: Here) -> Response:
    """Sources and event names that fell silent, the latest first."""
    with here.database.read() as connection:
        found = incidents.page(connection, place(asked.after), asked.limit + 1, only_open=asked.open)
    shown, after = cut(found, asked.limit)
    return Json({"items": [_told(it, here) for it in shown], "next": after})


@router.post(
    "/{id}/end",
    operation_id="end_incident",
    summary="Wait no longer",
    response_model=models.Incident,
    dependencies=[Depends(only(NoParameters))],
)
def end_incident(id: PathText, body: models.Dismissal, here: Here, caller: Operator) -> Response:
    """What was held for it is judged within seconds, and says that it was silent. Once it waits no longer, nothing
    changes."""
    return Json(_told(dismissed(here, id, body.reason, caller), here))


def dismissed(here: Context, id: str, reason: str, caller: Identity) -> Incident:
    """The incident, for which nothing waits from now on. Raises `NotFound`."""
    now = here.clock.now()
    with here.database.begin() as connection:
        if incidents.let_go(connection, id, now, Because.DISMISSED, caller.actor.name, reason):
            record(connection, [Entry("incident.dismissed", caller.actor, reason, detail={"incident": id})], now)
        found = incidents.one(connection, id)
    if found is None:
        raise NotFound(f"There is no incident {id}")
    return found


def place(after: str | None) -> incidents.Place | None:
    """Where a page begins. Raises `BadParameters`."""
    if after is None:
        return None
    last = decode(after, Place)
    return last.began_at, last.id


def cut(found: list[Incident], limit: int) -> tuple[list[Incident], str | None]:
    """Those of a page, of one more than it has room for; and where the next page begins."""
    page = found[:limit]
    return page, encode(Place(page[-1].began_at, page[-1].id)) if len(found) > limit else None


def _told(it: Incident, here: Context) -> dict[str, object]:
    return {
        "id": it.id,
        "kind": it.kind,
        "state": STATES[it.change],
        "subject": it.subject,
        "names": list(it.names),
        "steps": seen(it, here.rulebook, here.clock.now()).steps,
        "since": rfc3339(it.since),
        "began_at": rfc3339(it.began_at),
        "until": rfc3339(it.until),
        "expected": it.expected,
        "percent": it.percent,
        "held": it.held,
        "let_go_at": rfc3339_or_none(it.let_go_at),
        "ended_at": rfc3339_or_none(it.ended_at),
        "because": it.because or None,
        "ended_by": it.ended_by or None,
        "reason": it.reason or None,
    }
