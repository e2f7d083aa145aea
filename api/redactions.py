"""`POST /v1/events/redact`, `POST /v1/audit/redact`: personal data goes, and who had it go stays on record."""

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api import models_audit as models
from api.access.guard import ADMINISTERS, Administrator
from api.context import Here
from api.json_response import Json
from api.parameters import NoParameters, only
from api.problem import ApiError
from reconcile.audit.redaction import By, NothingToRedact, NotRedacted, redact_entries, redact_events

router = APIRouter(tags=["audit"], dependencies=[ADMINISTERS, Depends(only(NoParameters))])

_ACCEPTED = 202


class NotPossible(ApiError):
    """What was asked for can't be done as things are."""

    def __init__(self, error: Exception) -> None:
        super().__init__(409, str(error))


@router.post(
    "/v1/events/redact",
    operation_id="redact_events",
    summary="Take attributes out of events",
    response_model=models.EventsRedacted,
    status_code=_ACCEPTED,
)
def of_events(asked: models.EventRedaction, here: Here, caller: Administrator) -> Response:
    """On record at once; carried out within seconds, for good. A rule that reads them has them no more, either.

    What was refused and has the correlation ID and one of the attributes goes from the quarantine as a whole."""
    by = By(caller.actor, asked.reason)
    try:
        redacted = redact_events(
            here.clickhouse, here.database, asked.correlation_id, asked.attributes, by, here.clock.now()
        )
    except NothingToRedact as error:
        raise NotPossible(error) from error
    return Json(redacted._asdict(), status_code=_ACCEPTED)


@router.post(
    "/v1/audit/redact",
    operation_id="redact_audit",
    summary="Empty audit entries",
    response_model=models.EntriesRedacted,
    status_code=_ACCEPTED,
)
def of_entries(asked: models.EntryRedaction, here: Here, caller: Administrator) -> Response:
    """Why, customer, references and detail go; who did what and when stays, and the chain stays whole."""
    by = By(caller.actor, asked.reason)
    try:
        entry = redact_entries(here.clickhouse, here.database, asked.entries, by, here.clock.now())
    except NotRedacted as error:
        raise NotPossible(error) from error
    return Json({"entry": entry}, status_code=_ACCEPTED)
