"""`/discrepancies`: where sources of truth and what is stored here differ."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import discrepancies
from api.access.guard import READS
from api.context import Here
from api.discrepancies import DiscrepancyParameters
from api.links import board_path
from api.parameters import only
from reconcile.truth.sweep.compare import Kind

router = APIRouter(include_in_schema=False)


@router.get("/discrepancies", dependencies=[READS, Depends(only(DiscrepancyParameters))])
def discrepancies_page(request: Request, asked: Annotated[DiscrepancyParameters, Query()], here: Here) -> Response:
    rows, after = discrepancies.found(here, asked)
    given = asked.model_dump(mode="json", exclude={"limit", "after"})
    return here.templates.page(
        request,
        "discrepancies.html",
        found=[(row, discrepancies.state_of(row)) for row in rows],
        asked=asked,
        kinds=tuple(Kind),
        more=board_path({**given, "after": after}, "/discrepancies") if after else None,
        now=here.clock.now(),
    )
