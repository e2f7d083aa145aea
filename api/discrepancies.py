"""`/v1/discrepancies`: where sources of truth and what is stored here differ."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import Field
from sqlalchemy import ColumnElement, Row, and_, select, tuple_
from starlette.responses import Response

from api import models_truth as models
from api.access.guard import READS
from api.context import Context, Here
from api.cursor import Int64, Key, decode, encode
from api.json_response import Json
from api.parameters import After, Limit, Parameters, Text, only
from reconcile.truth.sweep.compare import Kind
from store.instant import rfc3339_or_none
from store.tables import discrepancies

router = APIRouter(prefix="/v1/discrepancies", tags=["truth"])

TIMES = ("found_at", "last_seen_at", "corrected_at", "closed_at")
State = Literal["open", "corrected", "closed"]


class DiscrepancyParameters(Parameters):
    source: Annotated[Text | None, Field(description="Only what this sweep found.")] = None
    kind: Annotated[Kind | None, Field(description="Only this kind.")] = None
    state: Annotated[
        State | None,
        Field(
            description="`open`: they differ, and nothing was done; `corrected`: what is here was set right, and the "
            "event is still lacking; `closed`: they differ no longer."
        ),
    ] = None
    workflow: Annotated[Text | None, Field(description="Only this workflow.")] = None
    step: Annotated[Text | None, Field(description="Only this step.")] = None
    correlation_id: Annotated[Text | None, Field(description="Only this correlation ID.")] = None
    limit: Limit = 100
    after: After = None


class Place(msgspec.Struct):
    """The last row of a page."""

    found_at: Int64
    id: Key


@router.get(
    "",
    operation_id="list_discrepancies",
    summary="List discrepancies",
    response_model=models.DiscrepancyPage,
    dependencies=[READS, Depends(only(DiscrepancyParameters))],
)
def list_discrepancies(asked: Annotated[DiscrepancyParameters, Query()], here: Here) -> Response:
    """The latest first."""
    page, after = found(here, asked)
    return Json({"items": [_told(row) for row in page], "next": after})


def found(here: Context, asked: DiscrepancyParameters) -> tuple[Sequence[Row[Any]], str | None]:
    """Those of a page, and where the next page begins."""
    columns = discrepancies.c
    statement = select(discrepancies).where(and_(True, *_conditions(asked)))
    statement = statement.order_by(columns.found_at.desc(), columns.id.desc()).limit(asked.limit + 1)
    with here.database.read() as connection:
        rows = connection.execute(statement).all()
    page = rows[: asked.limit]
    return page, encode(Place(page[-1].found_at, page[-1].id)) if len(rows) > len(page) else None


def state_of(row: Row[Any]) -> State:
    return "closed" if row.closed_at is not None else "open" if row.corrected_at is None else "corrected"


def _conditions(asked: DiscrepancyParameters) -> Iterator[ColumnElement[bool]]:
    columns = discrepancies.c
    for name in ("source", "kind", "workflow", "step", "correlation_id"):
        if (wanted := getattr(asked, name)) is not None:
            yield columns[name] == wanted
    match asked.state:
        case "open":
            yield and_(columns.closed_at.is_(None), columns.corrected_at.is_(None))
        case "corrected":
            yield and_(columns.closed_at.is_(None), columns.corrected_at.is_not(None))
        case "closed":
            yield columns.closed_at.is_not(None)
    if asked.after:
        place = decode(asked.after, Place)
        yield tuple_(columns.found_at, columns.id) < tuple_(place.found_at, place.id)


def _told(row: Row[Any]) -> dict[str, object]:
    return {
        **{name: getattr(row, name) for name in ("id", "source", "kind", "workflow", "correlation_id", "step")},
        "theirs": msgspec.Raw(row.theirs.encode()),
        "ours": msgspec.Raw(row.ours.encode()),
        "state": state_of(row),
        "correction": row.correction or None,
        **{name: rfc3339_or_none(getattr(row, name)) for name in TIMES},
    }
