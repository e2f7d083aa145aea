"""`/v1/cases`: the queue of what people settle."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api import models, queue
from api.access.guard import READS
from api.context import Here
from api.cursor import decode, encode
from api.json_response import Json
from api.parameters import CaseParameters, NoParameters, PathText, only
from api.problem import NotFound
from api.queue import Case, Place, Wanted
from rules.present import step_or_none
from store.instant import rfc3339_or_none

router = APIRouter(prefix="/v1/cases", tags=["cases"])

TIMES = ("since", "started_at", "opened_at", "updated_at", "resolved_at")
FINDING_TIMES = ("at", "due", "since", "detected_at", "closed_at")


@router.get(
    "",
    operation_id="list_cases",
    summary="List cases",
    response_model=models.CasePage,
    dependencies=[READS, Depends(only(CaseParameters))],
)
def list_cases(asked: Annotated[CaseParameters, Query()], here: Here) -> Response:
    """Open and resolved cases with their findings. Pages stay right while cases come and go."""
    after = decode(asked.after, Place) if asked.after else None
    wanted = Wanted(asked, asked.state, asked.correlation_id)
    with here.database.read() as connection:
        found = queue.page(connection, wanted, asked.sort, after, asked.limit + 1)
    page = found[: asked.limit]
    after_this = encode(queue.place_of(page[-1], asked.sort)) if len(found) > len(page) else None
    return Json({"items": [case_json(case) for case in page], "next": after_this})


@router.get(
    "/{id}",
    operation_id="get_case",
    summary="Show a case",
    response_model=models.Case,
    dependencies=[READS, Depends(only(NoParameters))],
)
def get_case(id: PathText, here: Here) -> Response:
    """One case with its findings, open and closed."""
    with here.database.read() as connection:
        case = queue.case(connection, id)
    if case is None:
        raise NotFound(f"There is no case {id}")
    return Json(case_json(case))


def case_json(case: Case) -> dict[str, object]:
    findings = [
        {
            **asdict(finding),
            **{name: rfc3339_or_none(getattr(finding, name)) for name in FINDING_TIMES},
            "step": step_or_none(finding.step),
            "closed_because": finding.closed_because or None,
        }
        for finding in case.findings
    ]
    times = {name: rfc3339_or_none(getattr(case, name)) for name in TIMES}
    nullable = {"reason": case.reason or None, "step": step_or_none(case.step)}
    told = {**asdict(case), **times, **nullable, "findings": findings}
    del told["severity_rank"]
    return told
