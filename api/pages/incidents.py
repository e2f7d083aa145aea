"""`/incidents`: what is silent and what waits for it, what was, and waiting no longer."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import incidents, silent
from api.access.guard import READS, Operator
from api.context import Context, Here
from api.links import board_path
from api.models_incidents import Dismissal
from api.pages.forms import MOST, Sent, read, see
from api.pages.refusal import NOTHING_REFUSED, REFUSALS, Refusal, refused
from api.parameters import After, NoParameters, Parameters, PathText, Text, only
from store import incidents as stored
from store.incidents import Because

router = APIRouter(prefix="/incidents", include_in_schema=False)

PAGE = 50
DONE: Mapping[str, str] = {
    "end": "Nothing waits for it any more. What was held is judged within seconds.",
    "over": "Nothing waited for it any more.",
}
ENDINGS: Mapping[str, str] = {
    Because.BACK: "back in time",
    Because.RAN_OUT: "held too long",
    Because.DISMISSED: "waiting ended",
}


class IncidentsParameters(Parameters):
    """`done`: what whoever is led here has just done."""

    done: Text | None = None
    after: After = None


Asked = Annotated[IncidentsParameters, Query()]


@router.get("", dependencies=[READS, Depends(only(IncidentsParameters))])
def incidents_page(request: Request, asked: Asked, here: Here) -> Response:
    return _page(request, here, asked)


@router.post("/{id}/end", max_body_size=MOST, dependencies=[Depends(only(NoParameters))])
def end(request: Request, identity: Operator, id: PathText, sent: Sent, here: Here) -> Response:
    try:
        reason = read(Dismissal, sent).reason
    except REFUSALS as error:
        return _page(request, here, IncidentsParameters(), refused(request, error, id, sent))
    found = incidents.dismissed(here, id, reason, identity)
    return see(f"/incidents?done={'end' if found.is_open and found.because == Because.DISMISSED else 'over'}")


def _page(request: Request, here: Context, asked: IncidentsParameters, refusal: Refusal = NOTHING_REFUSED) -> Response:
    now = here.clock.now()
    with here.database.read() as connection:
        is_open = silent.at_present(connection, here.rulebook, now) if asked.after is None else ()
        found = stored.ended(connection, incidents.place(asked.after), PAGE + 1)
    ended, after = incidents.cut(found, PAGE)
    page = here.templates.page(
        request,
        "incidents.html",
        open=is_open,
        ended=ended,
        endings=ENDINGS,
        first=asked.after is None,
        more=board_path({"after": after}, "/incidents") if after else None,
        now=now,
        refusal=refusal,
        done=DONE.get(asked.done or "", ""),
    )
    return refusal.on(page)
