"""`/v1/health`: whether judging keeps up, how long things take, and what evaluators do."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from api import models_vitals
from api.access.guard import READS
from api.context import Here
from api.json_response import Json
from api.latency import PERCENTILES, Latency, Took, Window
from api.parameters import Parameters, Text, only
from api.standing import Done, Evaluator, Standing
from store.event import SECOND
from store.instant import rfc3339, rfc3339_or_none

router = APIRouter(prefix="/v1/health", tags=["health"])


class VitalsParameters(Parameters):
    window: Annotated[Window, Field(description="Latency is of what was entered in its case within it.")] = "1h"
    workflow: Annotated[
        Text | None, Field(description="Latency of this workflow only.", examples=["order-fulfilment"])
    ] = None


@router.get(
    "",
    operation_id="get_health",
    summary="Does judging keep up?",
    response_model=models_vitals.Vitals,
    dependencies=[READS, Depends(only(VitalsParameters))],
)
def get_health(asked: Annotated[VitalsParameters, Query()], here: Here) -> Response:
    """How far judging is behind and why, and how long it takes from what is wrong to whoever is told."""
    latencies = here.latencies[asked.window].get()
    chosen = latencies if asked.workflow is None else {asked.workflow: latencies.get(asked.workflow, Latency({}, {}))}
    told = [{"workflow": name or None, **_latency(it)} for name, it in chosen.items()]
    return Json({**_standing(here.standing.get()), "window": asked.window, "latency": told})


def _standing(it: Standing) -> dict[str, object]:
    return {
        "pace": it.pace,
        "sentence": it.sentence,
        "judged_until": rfc3339_or_none(it.judged_until),
        "lag": None if it.lag is None else it.lag / SECOND,
        "waiting": it.waiting,
        "overdue": it.overdue,
        "held_by": [collector.id for collector in it.held_by],
        "evaluators": [_evaluator(evaluator) for evaluator in it.evaluators],
        "work_since": rfc3339(it.since),
        "work": [{"work": work, **_done(done)} for work, done in it.work.items()],
    }


def _evaluator(it: Evaluator) -> dict[str, object]:
    return {
        "id": it.id,
        "heard_at": rfc3339(it.heard_at),
        "judged_until": rfc3339(it.judged_until),
        "waiting": it.waiting,
        "held": it.held,
    }


def _done(it: Done) -> dict[str, object]:
    return {**asdict(it), "took": it.took / SECOND, "longest": it.longest / SECOND}


def _latency(it: Latency) -> dict[str, object]:
    return {
        "legs": [{"leg": leg, **_took(took)} for leg, took in it.legs.items()],
        "left_out": [{"reason": reason, "count": count} for reason, count in sorted(it.left_out.items())],
    }


def _took(it: Took) -> dict[str, object]:
    return {"count": it.count, **{f"p{part}": getattr(it, f"p{part}") / SECOND for part in PERCENTILES}}
