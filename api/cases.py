"""`/v1/cases`: the queue of what people settle."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api import models_cases, queue
from api.access.guard import READS, Reader
from api.access.identity import Identity
from api.ageing import Bucket, ageing
from api.case_filters import Wanted
from api.context import Context, Here
from api.cursor import decode, encode
from api.instances import event_json
from api.json_response import Json
from api.parameters import AgeingParameters, CaseParameters, NoParameters, PathText, QueueFilters, only
from api.problem import BadParameters, Fault, NotFound
from api.queue import Case, Place
from reconcile.cases import evidence
from reconcile.cases.ambiguity import SENTENCES, Ambiguity
from reconcile.cases.case import State
from reconcile.cases.comments import Comment
from reconcile.cases.evidence import Evidence, Happened
from rules.present import step_or_none
from store.event import SECOND
from store.instant import rfc3339, rfc3339_or_none

router = APIRouter(prefix="/v1/cases", tags=["cases"])

TIMES = (
    *("since", "started_at", "opened_at", "updated_at", "resolved_at", "state_at"),
    *("snoozed_until", "escalate_at", "escalated_at"),
)
NOTHING: Mapping[str, object] = {}
_TAG = re.compile(r'(?:W/)?"(\d{1,9})(?:\.[0-9a-f]{32})?"', re.ASCII)

FINDING_TIMES = ("at", "due", "since", "detected_at", "closed_at")


def wanted_by(asked: QueueFilters, identity: Identity, here: Context) -> Wanted:
    """What these filters mean when this caller asks now."""
    return Wanted(asked, asked.states, asked.correlation_id, now=here.clock.now(), me=identity.actor.name)


@router.get(
    "",
    operation_id="list_cases",
    summary="List cases",
    response_model=models_cases.CasePage,
    dependencies=[READS, Depends(only(CaseParameters))],
)
def list_cases(identity: Reader, asked: Annotated[CaseParameters, Query()], here: Here) -> Response:
    """Cases in every state with their findings. Pages stay right while cases come and go."""
    after = decode(asked.after, Place) if asked.after else None
    with here.database.read() as connection:
        found = queue.page(connection, wanted_by(asked, identity, here), asked.sort, after, asked.limit + 1)
    page = found[: asked.limit]
    after_this = encode(queue.place_of(page[-1], asked.sort)) if len(found) > len(page) else None
    return Json({"items": [case_json(case) for case in page], "next": after_this})


@router.get(
    "/ageing",
    operation_id="case_ageing",
    summary="Count cases by age",
    response_model=models_cases.Ageing,
    dependencies=[READS, Depends(only(AgeingParameters))],
)
def case_ageing(identity: Reader, asked: Annotated[AgeingParameters, Query()], here: Here) -> Response:
    """How many unresolved cases have been stuck for how long, and what is at risk in them, by unit."""
    wanted = wanted_by(asked, identity, here)
    with here.database.read() as connection:
        buckets = ageing(connection, wanted)
    return Json({"as_of": rfc3339(wanted.now), "buckets": [_bucket(bucket) for bucket in buckets]})


@router.get(
    "/{id}",
    operation_id="get_case",
    summary="Show a case",
    response_model=models_cases.CaseDetail,
    dependencies=[READS, Depends(only(NoParameters))],
)
def get_case(id: PathText, here: Here) -> Response:
    """One case with its findings, open and closed, and the evidence."""
    with here.database.read() as connection:
        case = queue.case(connection, id)
        if case is None:
            raise NotFound(f"There is no case {id}")
        found = evidence.gather(here.clickhouse, connection, here.desk.references, case.id, case.correlation_id)
    return tagged(case, _evidence_json(found))


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
    nullable = {name: getattr(case, name) or None for name in ("reason", "assignee", "state_by")}
    told = {
        **asdict(case),
        **times,
        **nullable,
        "step": step_or_none(case.step),
        "ambiguity": [
            {"word": word, "sentence": SENTENCES[Ambiguity(word)]}
            for word in case.ambiguity.split()
            if case.state != State.RESOLVED
        ],
        "labels": msgspec.Raw(case.labels.encode()),
        "findings": findings,
    }
    del told["severity_rank"]
    return told


def tagged(case: Case, more: Mapping[str, object] = NOTHING) -> Response:
    """Its `ETag` begins with the revision: `If-Match` of a move takes no notice of the rest, which is evidence."""
    answer = Json({**case_json(case), **more})
    answer.headers["ETag"] = f'"{case.revision}.{hashlib.sha256(answer.body).hexdigest()[:32]}"'
    return answer


def revision_of(if_match: str) -> int | None:
    """Of the tag of a case; `None`: any. Raises `BadParameters`."""
    tag = if_match.strip()
    found = _TAG.fullmatch(tag)
    if found is None and tag != "*":
        raise BadParameters([Fault("If-Match", "is not the ETag of a case")])
    return None if found is None else int(found[1])


def comment_json(comment: Comment) -> dict[str, object]:
    return {**asdict(comment), "at": rfc3339(comment.at)}


def _evidence_json(found: Evidence) -> dict[str, object]:
    return {
        "references": found.references,
        "events": None if found.history is None else [_event(happened) for happened in found.history],
        "comments": [comment_json(comment) for comment in found.comments],
    }


def _event(happened: Happened) -> dict[str, object]:
    told = event_json(happened.event)
    return {**told, "caused_by": told["causation_id"], "depth": happened.depth}


def _bucket(bucket: Bucket) -> dict[str, object]:
    return {
        "age": bucket.age,
        "from_seconds": bucket.least // SECOND,
        "to_seconds": None if bucket.most is None else bucket.most // SECOND,
        "cases": bucket.cases,
        "at_risk": bucket.at_risk,
    }
