"""`/rules`: what is in force, and what was refused."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.access.guard import READS
from api.context import Here
from api.parameters import NoParameters, only

router = APIRouter(include_in_schema=False)


@router.get("/rules", dependencies=[READS, Depends(only(NoParameters))])
def rules_page(request: Request, here: Here) -> Response:
    files = here.rule_files.get()
    return here.templates.page(
        request,
        "rules.html",
        in_force=[file for file in files if file.in_force],
        refused=[file for file in files if file.refused],
        warned=[file for file in files if file.diagnostics and not file.refused],
        now=here.clock.now(),
    )
