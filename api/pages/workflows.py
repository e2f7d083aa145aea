"""`/workflows`: how all instances stand; `/workflows/{workflow}`: how those of one go from step to step."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from markupsafe import Markup
from starlette.responses import Response

from api.access.guard import READS
from api.context import Here
from api.flow_graph import flow_graph
from api.parameters import PathText, SpanParameters, only
from api.workflows import look, look_at_all
from rules.graph.svg import drawing

router = APIRouter(include_in_schema=False)

AGAIN = 3  # seconds, until a browser looks again for what is being counted


@router.get("/workflows", dependencies=[READS, Depends(only(SpanParameters))])
def workflows_page(request: Request, asked: Annotated[SpanParameters, Query()], here: Here) -> Response:
    return here.templates.page(
        request,
        "workflows.html",
        seen=look_at_all(here, asked.span),
        board=here.overview.get(),
        fires=here.burning.get(),
        span=asked.span,
        now=here.clock.now(),
    )


@router.get("/workflows/{workflow}", dependencies=[READS, Depends(only(SpanParameters))])
def workflow_page(
    request: Request, workflow: PathText, asked: Annotated[SpanParameters, Query()], here: Here
) -> Response:
    seen = look(here, workflow, asked.span)
    drawn = "" if seen.flows is None else drawing(flow_graph(seen.workflow, seen.flows.now, seen.stuck))
    page = here.templates.page(
        request,
        "workflow.html",
        seen=seen,
        drawn=Markup(drawn),
        span=asked.span,
        now=here.clock.now(),
    )
    if seen.flows is None:
        page.headers["Refresh"] = str(AGAIN)
    return page
