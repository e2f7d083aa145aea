"""`/v1/truth`: a CSV of truth, looked at and applied; and what a source of truth says now."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from api import models_truth as models
from api.access.guard import OPERATES, READS, Operator
from api.context import Context, Here
from api.json_response import Json
from api.parameters import NoParameters, Parameters, PathText, Text, only
from api.problem import ApiError, Fault, fault_problem
from reconcile.errors import TruthAway
from reconcile.truth.file.fix import FileFix, Order
from reconcile.truth.file.preview import Line, Preview
from reconcile.truth.file.table import LARGEST, BadFile
from reconcile.truth.source import Question
from store.event import SECOND
from store.instant import rfc3339, rfc3339_or_none

router = APIRouter(prefix="/v1/truth", tags=["truth"])

T = TypeVar("T")

CSV = {
    "requestBody": {
        "required": True,
        "description": "Columns correlation_id, step, word (confirmed or absent); time, reason, workflow may follow.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


class ApplyParameters(Parameters):
    fingerprint: Annotated[Text, Field(description="Of the file that was previewed.")]
    reason: Annotated[str, Field(max_length=2_000, description="Why, for the audit trail.")]


@router.post(
    "/file/preview",
    operation_id="preview_truth_file",
    summary="Show what a CSV of truth would change",
    response_model=models.File,
    openapi_extra=CSV,
    dependencies=[OPERATES, Depends(only(NoParameters))],
)
async def preview_file(request: Request, here: Here, caller: Operator) -> Response:
    """Line by line, and in total. Nothing is changed."""
    content, now = await _content(request), here.clock.now()
    shown = await _read(lambda: file_fix(here).preview(content, now, caller.teams))
    return Json(file_json(shown))


@router.post(
    "/file",
    operation_id="apply_truth_file",
    summary="Apply a CSV of truth",
    response_model=models.File,
    openapi_extra=CSV,
    dependencies=[OPERATES, Depends(only(ApplyParameters))],
)
async def apply_file(
    asked: Annotated[ApplyParameters, Query()], request: Request, here: Here, caller: Operator
) -> Response:
    """All that it changes in one transaction, as one entry of the audit trail; refused as a whole where it is not the
    file that was previewed."""
    content, now = await _content(request), here.clock.now()
    order = Order(asked.fingerprint, caller.actor, asked.reason, caller.teams)
    done = await _read(lambda: file_fix(here).apply(content, order, now))
    return Json(file_json(done))


@router.get(
    "/{workflow}/{correlation_id:anything}/{step}",
    operation_id="read_truth",
    summary="Read what the source of truth says",
    response_model=models.Live,
    dependencies=[READS, Depends(only(NoParameters))],
)
def read_truth(workflow: PathText, correlation_id: PathText, step: PathText, here: Here) -> Response:
    """Through a cache that is good for as long as the rule says (`cache`). While the source is away the last answer is
    served with a `Warning`, and 503 where there is none."""
    try:
        live = here.live.read(Question(workflow, correlation_id, step), here.clock.now())
    except TruthAway as away:
        seconds = -(-away.wait // SECOND)
        return fault_problem(503, f"{str(away).capitalize()}.", headers={"Retry-After": str(max(1, seconds))})
    told = {
        "outcome": live.outcome,
        "time": rfc3339_or_none(live.time),
        "status": live.status,
        "asked_at": rfc3339(live.asked_at),
        "stale": bool(live.stale),
        "warning": live.stale or None,
    }
    answer = Json(told)
    if live.stale:
        answer.headers["Warning"] = '110 noshow "Response is Stale"'
    return answer


def file_json(shown: Preview) -> dict[str, object]:
    return {
        "fingerprint": shown.fingerprint,
        "changes": len(shown.changes),
        "totals": shown.totals,
        "at_risk": shown.at_risk,
        "lines": [_line(it) for it in shown.lines],
    }


def _line(it: Line) -> dict[str, object]:
    return {
        "line": it.row.line,
        "workflow": it.workflow or it.row.workflow or None,
        "correlation_id": it.row.correlation_id,
        "step": it.row.step,
        "word": it.row.word,
        "effect": it.effect,
        "sentence": it.sentence,
        "at_risk": it.at_risk,
        "unit": it.unit or None,
        "customer": it.customer or None,
    }


def file_fix(here: Context) -> FileFix:
    return FileFix(here.clickhouse, here.database, here.rulebook)


def refused_file(bad: BadFile) -> ApiError:
    faults = [Fault(f"line {it.line}, {it.column}".removesuffix(", "), it.message) for it in bad.problems]
    return ApiError(400, "The file can't be taken: see what is wrong with each line.", faults)


async def _read(work: Callable[[], T]) -> T:
    """In a thread; a file that is wrong is told line by line."""
    try:
        return await run_sync(work)
    except BadFile as bad:
        raise refused_file(bad) from None


async def _content(request: Request) -> bytes:
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST:
            raise ApiError(413, f"The file is larger than {LARGEST // 2**20} MiB; send it in parts.")
    return content
