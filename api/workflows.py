"""`/v1/workflows`: how the instances of each workflow stand, and how they go from step to step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Connection, func, select
from starlette.responses import Response

from api import models_workflows
from api.access.guard import READS
from api.completeness import Completeness, Count, Overall, Span
from api.context import Context, Here
from api.flow import Edge, Flow, Flows
from api.json_response import Json
from api.parameters import PathText, SpanParameters, only
from api.problem import NotFound
from reconcile.cases.case import UNRESOLVED
from rules.expression import START
from rules.spec import Workflow
from store.errors import StoreUnavailable
from store.event import SECOND
from store.instant import rfc3339
from store.tables import cases

router = APIRouter(prefix="/v1/workflows", tags=["workflows"])


@dataclass(frozen=True, slots=True)
class Seen:
    """One workflow. `completeness` and `flows` are `None` while ClickHouse does not answer; `stuck`: how many
    unresolved cases are at which step."""

    workflow: Workflow
    completeness: Completeness | None
    flows: Flows | None
    stuck: Mapping[str, int]


def look(here: Context, name: str, span: Span) -> Seen:
    """Raises `NotFound` where no rule of this name is in force, StoreUnavailable where the SQL database is away."""
    workflow = here.rulebook.workflow(name)
    if workflow is None:
        raise NotFound(f"No rule in force is called {name}")
    overall = here.completeness[span].get()
    with here.database.read() as connection:
        stuck = _stuck(connection, name)
    return Seen(workflow, overall.get(name) if overall else None, here.flows.get(workflow, span), stuck)


def look_at_all(here: Context, span: Span) -> Overall | None:
    """With the workflows of rules in force that have no instance yet; `None` while ClickHouse does not answer."""
    found = here.completeness[span].get()
    if found is None:
        return None
    nothing = Completeness(Count(), Count(), ())
    names = {workflow.name for workflow in here.rulebook.workflows} | set(found)
    return {name: found.get(name, nothing) for name in sorted(names)}


def _stuck(connection: Connection, workflow: str) -> Mapping[str, int]:
    grouped = (
        select(cases.c.step, func.count())
        .where(cases.c.state.in_(UNRESOLVED), cases.c.workflow == workflow)
        .group_by(cases.c.step)
    )
    return {step: number for step, number in connection.execute(grouped)}


@router.get(
    "",
    operation_id="list_workflows",
    summary="How all instances stand",
    response_model=models_workflows.Workflows,
    dependencies=[READS, Depends(only(SpanParameters))],
)
def list_workflows(asked: Annotated[SpanParameters, Query()], here: Here) -> Response:
    """Counts of instances by workflow and state: of all, and of those that began within the span, by when they did.

    They are counted anew now and then, the more seldom the longer it takes. 503 while they can't be.
    """
    seen = look_at_all(here, asked.span)
    if seen is None:
        raise StoreUnavailable("ClickHouse does not answer, or needs long to count")
    return Json({"span": asked.span, "items": [_completeness(name, it) for name, it in seen.items()]})


@router.get(
    "/{workflow}",
    operation_id="get_workflow",
    summary="How instances go from step to step",
    response_model=models_workflows.Workflow,
    dependencies=[READS, Depends(only(SpanParameters))],
)
def get_workflow(workflow: PathText, asked: Annotated[SpanParameters, Query()], here: Here) -> Response:
    """Of the instances that began within the span, and of those in the span before it: how many are in which state of
    each step, and how long it took from step to step."""
    seen = look(here, workflow, asked.span)
    if seen.flows is None:
        raise StoreUnavailable("ClickHouse does not answer, or needs long to count")
    flows = {"now": _flow(seen.flows.now), "before": _flow(seen.flows.before)}
    return Json({"workflow": workflow, "span": asked.span, **flows, "stuck": seen.stuck})


def _completeness(name: str, it: Completeness) -> dict[str, object]:
    stretches = [{"since": rfc3339(stretch.since), **_count(stretch.count)} for stretch in it.stretches]
    return {"workflow": name, "ever": _count(it.ever), "recent": _count(it.recent), "stretches": stretches}


def _count(it: Count) -> dict[str, object]:
    return {"states": it.states, "late": it.late, "completeness": it.completeness}


def _flow(it: Flow) -> dict[str, object]:
    return {
        "since": rfc3339(it.since),
        "until": rfc3339(it.until),
        "began": it.began,
        "steps": [{"step": stage.step, "states": stage.states} for stage in it.stages],
        "edges": [_edge(edge) for edge in it.edges],
    }


def _edge(it: Edge) -> dict[str, object]:
    source = None if it.source == START else it.source
    times = {"p50": _seconds(it.p50), "p95": _seconds(it.p95)}
    return {"source": source, "target": it.target, "passed": it.passed, **times}


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else micros / SECOND
