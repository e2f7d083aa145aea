"""`/health`: whether judging keeps up, how long things take, and what evaluators do."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.access.guard import READS
from api.context import Here
from api.latency import PERCENTILES, WINDOWS, Leg, Window
from api.parameters import Parameters, only

router = APIRouter(include_in_schema=False)


class HealthParameters(Parameters):
    window: Window = "1h"


@router.get("/health", dependencies=[READS, Depends(only(HealthParameters))])
def health_page(request: Request, asked: Annotated[HealthParameters, Query()], here: Here) -> Response:
    return here.templates.page(
        request,
        "health.html",
        standing=here.standing.get(),
        latencies=here.latencies[asked.window].get(),
        window=asked.window,
        windows=list(WINDOWS),
        legs=list(Leg),
        percentiles=PERCENTILES,
        now=here.clock.now(),
    )
