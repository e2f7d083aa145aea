"""`/v1/audit`: who did what, when and why; and the chain that shows whether it is still all there."""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from api import models_audit as models
from api.access.guard import READS
from api.access.personal import refuse_search
from api.context import Context, Here
from api.cursor import decode, encode
from api.json_response import Json
from api.parameters import NoParameters, only
from api.parameters_audit import AuditExportParameters, AuditFilters, AuditParameters
from api.problem import BadParameters, Fault
from reconcile.audit.row import End, Row
from reconcile.audit.trail import Asked, Span, Trail

router = APIRouter(prefix="/v1/audit", tags=["audit"])

NDJSON = "application/x-ndjson"
LINES = 500  # of an export, sent at once


class Place(msgspec.Struct):
    """The last row of a page."""

    seq: Annotated[int, msgspec.Meta(ge=0, le=2**62)]


@router.get(
    "",
    operation_id="list_audit",
    summary="List audit entries",
    response_model=models.AuditPage,
    dependencies=[READS, Depends(only(AuditParameters)), Depends(refuse_search)],
)
def list_audit(asked: Annotated[AuditParameters, Query()], here: Here) -> Response:
    """An entry is listed once it is chained, about a second after it was made."""
    newest_first = asked.sort == "newest"
    place = decode(asked.after, Place).seq if asked.after else None
    span = Span(newest_first=newest_first)
    if place is not None:
        span = Span(before=place, newest_first=True) if newest_first else Span(after=place)
    found = _trail(here).page(_asked(asked), span, asked.limit + 1)
    page = found[: asked.limit]
    after = encode(Place(page[-1].seq)) if len(found) > len(page) else None
    return Json({"items": [row_json(row) for row in page], "next": after})


@router.get(
    "/head",
    operation_id="get_audit_head",
    summary="Show the head of the chain",
    response_model=models.AuditHead,
    dependencies=[READS, Depends(only(NoParameters))],
)
def get_head(here: Here) -> Response:
    """The last number and its hash. Kept elsewhere, it shows later whether the end of the trail was cut."""
    return Json(msgspec.to_builtins(_trail(here).head()))


@router.get(
    "/export",
    operation_id="export_audit",
    summary="Export audit entries",
    response_class=StreamingResponse,
    responses={200: {"description": "A row a line, then the head.", "content": {NDJSON: {}}}},
    dependencies=[READS, Depends(only(AuditExportParameters)), Depends(refuse_search)],
)
def export_audit(asked: Annotated[AuditExportParameters, Query()], here: Here) -> Response:
    """NDJSON, the oldest first: what was hashed, as it was hashed, so that anybody can verify it."""
    trail, chosen = _trail(here), _asked(asked)
    if asked.store and chosen.given:
        raise BadParameters([Fault("store", f"goes with no filter, so leave out {', '.join(chosen.given)}")])
    head = trail.head()
    upto = head.seq if asked.upto is None else min(asked.upto, head.seq)
    span = Span(before=upto + 1)
    rows = trail.kept(span) if asked.store == "database" else trail.stream(chosen, span)
    return StreamingResponse(_lines(rows, End(head, upto, bool(chosen.given))), media_type=NDJSON)


def row_json(row: Row) -> dict[str, object]:
    """JSON inside of a row passes through as it is; what only verification needs is left out."""
    told = msgspec.structs.asdict(row)
    for name in ("salt", "seal"):
        del told[name]
    raw = {name: msgspec.Raw(told[name].encode()) for name in ("external", "detail")}
    return {**told, **raw, "redacted": row.is_redacted}


def _trail(here: Context) -> Trail:
    return Trail(here.clickhouse, here.database)


def _asked(asked: AuditFilters) -> Asked:
    return Asked(
        case_id=asked.case_id or "",
        workflow=asked.workflow or "",
        correlation_id=asked.correlation_id or "",
        customer=asked.customer or "",
        actor=asked.actor or "",
        what=asked.what or "",
        since=asked.since,
        until=asked.until,
    )


def _lines(rows: Iterator[Row], end: End) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    while some := list(islice(rows, LINES)):
        yield encoder.encode_lines(some)
    yield encoder.encode(end) + b"\n"
