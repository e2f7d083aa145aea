"""What operators do about the truth of a case: have its source asked, and give their own word."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends
from starlette.responses import Response as AnyResponse

from api import models_truth as models
from api import queue
from api.access.guard import OPERATES, READS, Operator, demand_team
from api.access.identity import Identity
from api.context import Context, Here
from api.json_response import Json
from api.parameters import NoParameters, PathText, only
from api.problem import NotFound
from reconcile.truth.asking import Asking, Scope
from reconcile.truth.lookups import State
from reconcile.truth.standing import Standing, standings
from reconcile.truth.testimony import Word
from reconcile.truth.witness import Statement, Witness
from store.instant import parse_instant, rfc3339, rfc3339_or_none

router = APIRouter(prefix="/v1/cases", tags=["truth"])

PATIENCE = 3.0  # seconds that an answer is waited for
LOOK = 0.1  # seconds between looks for it


@router.get(
    "/{id}/lookups",
    operation_id="list_lookups",
    summary="Show how it stands with a case's lookups",
    response_model=models.Lookups,
    dependencies=[READS, Depends(only(NoParameters))],
)
def list_lookups(id: PathText, here: Here) -> AnyResponse:
    """What the sources of truth of its steps were asked, and said last."""
    _case(here, id)
    return Json({"items": [lookup_json(it) for it in _standings(here, id)]})


@router.post(
    "/{id}/steps/{step}/ask",
    operation_id="ask_source",
    summary="Ask the source of truth now",
    response_model=models.Asked,
    responses={202: {"model": models.Asked, "description": "It is being asked."}},
    dependencies=[OPERATES, Depends(only(NoParameters))],
)
def ask(id: PathText, step: PathText, here: Here, caller: Operator) -> AnyResponse:
    """As if for the first time, whatever was planned. Answers 200 with what the source said if that comes within a few
    seconds, else 202."""
    demand_change(here, caller, id)
    before = _standing(here, id, step)
    Asking(here.database, here.rulebook).ask(id, step, caller.actor, here.clock.now())
    now = _standing(here, id, step)
    for _ in range(round(PATIENCE / LOOK)):
        if _answered(before, now):
            break
        here.clock.sleep(LOOK)
        now = _standing(here, id, step)
    under_way = not _answered(before, now)
    told = lookup_json(now) if now else None
    return Json({"under_way": under_way, "lookup": told}, status_code=202 if under_way else 200)


@router.post(
    "/{id}/steps/{step}/testify",
    operation_id="testify",
    summary="Give your own word on a step",
    status_code=201,
    response_model=models.Word,
    dependencies=[OPERATES, Depends(only(NoParameters))],
)
def testify(id: PathText, step: PathText, said: models.TestifyBody, here: Here, caller: Operator) -> AnyResponse:
    """It counts as testimony, from you: the step is judged again within seconds. A real event outweighs it."""
    demand_change(here, caller, id)
    time = None if said.time is None else parse_instant(said.time)
    statement = Statement(Word(said.word), said.reason, time)
    event = Witness(here.clickhouse, here.database).testify(id, step, statement, caller.actor, here.clock.now())
    return Json({"id": event, "word": said.word}, status_code=201)


@router.post(
    "/recheck",
    operation_id="recheck_cases",
    summary="Ask the sources again about everything missing",
    response_model=models.Rechecked,
    dependencies=[OPERATES, Depends(only(NoParameters))],
)
def recheck(asked: Annotated[models.RecheckBody, Body()], here: Here, caller: Operator) -> AnyResponse:
    """At once, within the limits of each source. Who is of a team asks about that team's steps only."""
    scope = Scope(asked.workflow, asked.step, caller.teams)
    asking = Asking(here.database, here.rulebook)
    count = asking.pending(scope) if asked.dry_run else asking.recheck(scope, caller.actor, here.clock.now())
    return Json({"lookups": count, "dry_run": asked.dry_run})


def lookup_json(it: Standing) -> dict[str, object]:
    return {
        "step": it.step,
        "state": it.state,
        "trigger": it.trigger,
        "outcome": it.outcome or None,
        "sentence": it.sentence,
        "total": it.total,
        "last_at": rfc3339_or_none(it.last_at),
        "next_at": rfc3339(it.next_at) if it.state == State.WAITING else None,
        "status": it.status,
    }


def _case(here: Context, id: str) -> queue.Case:
    with here.database.read() as connection:
        case = queue.case(connection, id)
    if case is None:
        raise NotFound(f"There is no case {id}")
    return case


def demand_change(here: Context, caller: Identity, id: str) -> None:
    demand_team(caller, _case(here, id).owners)


def _standings(here: Context, id: str) -> list[Standing]:
    with here.database.read() as connection:
        return standings(connection, id)


def _standing(here: Context, id: str, step: str) -> Standing | None:
    return next((it for it in _standings(here, id) if it.step == step), None)


def _answered(before: Standing | None, now: Standing | None) -> bool:
    return now is not None and now.last_at != (before.last_at if before else None)
