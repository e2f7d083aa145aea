"""`/v1/instances`: what is known of every instance of every workflow."""

from dataclasses import asdict
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from api import instance_csv, instance_pages, models, verdicts
from api.access.guard import READS
from api.context import Here
from api.cursor import decode, encode
from api.instance_pages import Place
from api.instances_wanted import wanted
from api.json_response import Json
from api.parameters import NoParameters, PathText, only
from api.parameters_instances import ExportParameters, InstanceParameters
from api.problem import NotFound
from api.verdicts import Finding, Verdict
from rules.present import instance_json, step_or_none
from store import events
from store.event import Event
from store.instant import rfc3339, rfc3339_or_none

router = APIRouter(prefix="/v1/instances", tags=["instances"])

CSV = "text/csv"
FINDING_TIMES = ("at", "due", "since", "detected_at", "closed_at")


@router.get(
    "",
    operation_id="list_instances",
    summary="List instances",
    response_model=models.InstancePage,
    dependencies=[READS, Depends(only(InstanceParameters))],
)
def list_instances(asked: Annotated[InstanceParameters, Query()], here: Here) -> Response:
    """The present verdicts. A page may have fewer than `limit` items, and a next one all the same."""
    after = decode(asked.after, Place) if asked.after else None
    page = instance_pages.page(here.clickhouse, wanted(here, asked), asked.sort, after, asked.limit)
    items = [instance_json(verdict.instance) for verdict in page.verdicts]
    return Json({"items": items, "next": encode(page.next) if page.next else None})


@router.get(
    "/export",
    operation_id="export_instances",
    summary="Export instances",
    response_class=StreamingResponse,
    responses={200: {"description": "An instance a line, under a line of names.", "content": {CSV: {}}}},
    dependencies=[READS, Depends(only(ExportParameters))],
)
def export_instances(asked: Annotated[ExportParameters, Query()], here: Here) -> Response:
    """CSV. A text that a spreadsheet would take for a formula begins with an apostrophe."""
    found = instance_pages.everything(here.clickhouse, wanted(here, asked), asked.sort)
    name = {"Content-Disposition": 'attachment; filename="orders.csv"'}
    return StreamingResponse(instance_csv.lines(found), media_type=CSV, headers=name)


@router.get(
    "/{workflow}/{correlation_id:anything}",
    operation_id="get_instance",
    summary="Show an instance",
    response_model=models.InstanceDetail,
    dependencies=[READS, Depends(only(NoParameters))],
)
def get_instance(workflow: PathText, correlation_id: PathText, here: Here) -> Response:
    """One instance with its events and findings. Percent-encode the correlation ID; slashes may stay as they are."""
    verdict = verdicts.verdict(here.clickhouse, workflow, correlation_id)
    if verdict is None:
        raise NotFound(f"Workflow {workflow} has no instance {correlation_id}")
    findings = verdicts.findings(here.clickhouse, workflow, correlation_id)
    history = events.history(here.clickhouse, correlation_id)
    return Json(_in_full(verdict, findings, history))


def _in_full(verdict: Verdict, findings: list[Finding], history: list[Event]) -> dict[str, object]:
    return {
        **instance_json(verdict.instance),
        "findings": [_finding_json(finding) for finding in findings if finding.open],
        "closed_findings": [_finding_json(finding) for finding in findings if not finding.open],
        "at_risk": verdict.at_risk,
        "unit": verdict.unit,
        "customer": verdict.customer,
        "ended_at": rfc3339_or_none(verdict.ended_at),
        "judged_at": rfc3339(verdict.judged_at),
        "conflicts": verdict.conflicts,
        "undated": verdict.undated,
        "events": [event_json(event) for event in history],
    }


def _finding_json(finding: Finding) -> dict[str, object]:
    times = {name: rfc3339_or_none(getattr(finding, name)) for name in FINDING_TIMES}
    told = {**asdict(finding), **times, "step": step_or_none(finding.step)}
    told["closed_because"] = finding.closed_because or None
    del told["noun"]
    return told


def event_json(event: Event) -> dict[str, object]:
    """Attributes pass through as they were sent, so that no number is rounded on the way."""
    return {
        "id": event.id,
        "name": event.name,
        "time": rfc3339(event.time),
        "source": event.source,
        "attributes": msgspec.Raw(event.attributes.encode()),
        "causation_id": event.causation_id or None,
        "trace_id": event.trace_id or None,
        "span_id": event.span_id or None,
        "received_at": rfc3339(event.received_at),
    }
