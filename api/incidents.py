"""`/v1/incidents`: what fell silent, and what waits for it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from api import models_incidents as models
from api.access.guard import READS, Operator
from api.context import Here
from api.json_response import Json
from api.parameters import NoParameters, Parameters, PathText, only
from api.problem import NotFound
from reconcile.audit.entry import Entry, record
from store import incidents
from store.incidents import Because, Incident
from store.instant import rfc3339, rfc3339_or_none

router = APIRouter(prefix="/v1/incidents", tags=["evaluation"])


class IncidentParameters(Parameters):
    open: Annotated[bool, Field(description="Only those that are still silent.")] = False
    limit: Annotated[int, Field(ge=1, le=500, description="At most so many.")] = 100


@router.get(
    "",
    operation_id="list_incidents",
    summary="List incidents",
    response_model=models.Incidents,
    dependencies=[READS, Depends(only(IncidentParameters))],
)
def list_incidents(asked: Annotated[IncidentParameters, Query()], here: Here) -> Response:
    """Sources and event names that fell silent, the latest first."""
    with here.database.read() as connection:
        found = incidents.page(connection, None, asked.limit, only_open=asked.open)
    return Json({"items": [incident_json(it) for it in found]})


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
    now = here.clock.now()
    with here.database.begin() as connection:
        if incidents.let_go(connection, id, now, Because.DISMISSED, caller.actor.name, body.reason):
            record(connection, [Entry("incident.dismissed", caller.actor, body.reason, detail={"incident": id})], now)
        found = incidents.one(connection, id)
    if found is None:
        raise NotFound(f"There is no incident {id}")
    return Json(incident_json(found))


def incident_json(it: Incident) -> dict[str, object]:
    return {
        "id": it.id,
        "kind": it.kind,
        "state": "ended" if not it.is_open else "holding" if it.is_holding else "let_go",
        "subject": it.subject,
        "names": list(it.names),
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
