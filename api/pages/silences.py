"""`/silences`: of what nothing is told for a while, who said so and why."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import AfterValidator, Field
from starlette.responses import Response

from api import silences
from api.access.guard import READS, Administrator
from api.bodies import Body, instant, until
from api.context import Context, Here
from api.pages.forms import MOST, Sent, read, see
from api.pages.refusal import NOTHING_REFUSED, REFUSALS, Refusal, refused
from api.parameters import NoParameters, Parameters, PathText, Text, only
from reconcile.notify import silencing
from reconcile.notify.silencing import Draft, Preview
from store.event import DAY
from store.matcher import Matcher

router = APIRouter(prefix="/silences", include_in_schema=False)

BEFORE = 7 * DAY  # those that ended since are shown too
DONE = {"begin": "It is silent.", "end": "The silence is over. What is unresolved still is told within seconds."}


class SilencesParameters(Parameters):
    """`done`: what whoever is led here has just done."""

    done: Text | None = None


class SilenceForm(Body):
    """`matchers`: one a line. `ends` and `starts`: an instant, or how long from now."""

    matchers: Text
    ends: Annotated[Text, AfterValidator(instant)]
    starts: Annotated[Text, AfterValidator(instant)] | None = None
    reason: Annotated[str, Field(max_length=1024)]

    @property
    def parsed(self) -> tuple[Matcher, ...]:
        return silences.matchers([line.strip() for line in self.matchers.splitlines() if line.strip()])

    def draft(self, now: int) -> Draft:
        starts = now if self.starts is None else until(self.starts, now)
        return Draft(self.parsed, starts, until(self.ends, now), self.reason)


@router.get("", dependencies=[READS, Depends(only(SilencesParameters))])
def silences_page(request: Request, here: Here) -> Response:
    return _page(request, here)


@router.post("/preview", max_body_size=MOST, dependencies=[Depends(only(NoParameters))])
def preview(request: Request, identity: Administrator, sent: Sent, here: Here) -> Response:
    try:
        asked = read(SilenceForm, sent)
        asked.draft(here.clock.now())
        with here.database.read() as connection:
            seen = silencing.preview(connection, asked.parsed)
    except REFUSALS as error:
        return _page(request, here, refusal=refused(request, error, "preview", sent))
    return _page(request, here, seen=seen, refusal=Refusal(form="preview", sent=sent))


@router.post("", max_body_size=MOST, dependencies=[Depends(only(NoParameters))])
def begin(request: Request, identity: Administrator, sent: Sent, here: Here) -> Response:
    try:
        silences.begun(here, read(SilenceForm, sent).draft(here.clock.now()), identity)
    except REFUSALS as error:
        return _page(request, here, refusal=refused(request, error, "preview", sent))
    return see("/silences?done=begin")


@router.post("/{id}/end", max_body_size=MOST, dependencies=[Depends(only(NoParameters))])
def end(identity: Administrator, id: PathText, here: Here) -> Response:
    silences.ended(here, id, identity)
    return see("/silences?done=end")


def _page(
    request: Request, here: Context, *, seen: Preview | None = None, refusal: Refusal = NOTHING_REFUSED
) -> Response:
    now = here.clock.now()
    with here.database.read() as connection:
        found = silencing.listed(connection, now - BEFORE)
    page = here.templates.page(
        request,
        "silences.html",
        silences=found,
        seen=seen,
        now=now,
        refusal=refusal,
        done=DONE.get(request.query_params.get("done", ""), ""),
    )
    return refusal.on(page)
