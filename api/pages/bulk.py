"""`/bulk`: the same done with all cases that a filter chooses. What it would change is shown first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from api import choice
from api.access.guard import Operator
from api.access.identity import Identity
from api.bodies import Body
from api.case_filters import Wanted
from api.case_moves import Left, left_by_words
from api.choice import Chosen
from api.context import Context, Here
from api.links import board_path
from api.pages.case import MoveName
from api.pages.forms import MOST, Sent, read
from api.pages.refusal import NOTHING_REFUSED, REFUSALS, Refusal, refused
from api.panel import MOVES, REASONS, tomorrow
from api.parameters import ChosenParameters, only
from reconcile.cases.case import BY_PEOPLE
from reconcile.cases.moves import By, Move

router = APIRouter(prefix="/bulk", include_in_schema=False, dependencies=[Depends(only(ChosenParameters))])

MADE: Mapping[MoveName, str] = {
    "acknowledge": "acknowledged",
    "snooze": "snoozed",
    "resolve": "resolved",
    "reopen": "reopened",
    "assign": "assigned",
}

Asked = Annotated[ChosenParameters, Query()]


class Previewed(Body):
    """Of every form beside what it says of the move."""

    fingerprint: Annotated[str, Field(max_length=1024)]


@dataclass(frozen=True, slots=True)
class Result:
    chosen: Chosen
    changed: int
    left: Sequence[Left]


@router.get("")
def preview_page(request: Request, identity: Operator, asked: Asked, here: Here) -> Response:
    return _preview(request, here, identity, asked)


@router.post("/{move}", max_body_size=MOST)
def apply(request: Request, identity: Operator, move: MoveName, asked: Asked, sent: Sent, here: Here) -> Response:
    rest = {name: text for name, text in sent.items() if name != "fingerprint"}
    now = here.clock.now()
    try:
        previewed = read(Previewed, {name: text for name, text in sent.items() if name not in rest})
        made = read(MOVES[move], rest).move(identity.actor.name, now)
        result = _moved(here, identity, asked, previewed.fingerprint, made, now)
    except REFUSALS as error:
        return _preview(request, here, identity, asked, refused(request, error, move, sent))
    return here.templates.page(
        request,
        "bulk_result.html",
        made=MADE[move],
        result=result,
        sent=sent,
        again=board_path(asked.given, f"/bulk/{move}"),
        back=board_path(asked.given),
    )


def _moved(
    here: Context, identity: Identity, asked: ChosenParameters, fingerprint: str, move: Move, now: int
) -> Result:
    with here.database.read() as connection:
        chosen = choice.choose(connection, _wanted(asked, identity, now), fingerprint, move)
    outcome = here.desk.each(chosen.seen, move, By(identity.actor, identity.teams), now)
    return Result(chosen, len(outcome.changed), left_by_words(outcome))


def _wanted(asked: ChosenParameters, identity: Identity, now: int) -> Wanted:
    return Wanted(asked, asked.states, beginning=asked.q, now=now, me=identity.actor.name, teams=identity.teams)


def _preview(
    request: Request, here: Context, identity: Identity, asked: ChosenParameters, refusal: Refusal = NOTHING_REFUSED
) -> Response:
    now = here.clock.now()
    with here.database.read() as connection:
        seen = choice.preview(connection, _wanted(asked, identity, now))
    page = here.templates.page(
        request,
        "bulk.html",
        asked=asked,
        to={move: board_path(asked.given, f"/bulk/{move}") for move in MADE},
        seen=seen,
        now=now,
        refusal=refusal,
        reasons=[(reason, REASONS[reason]) for reason in BY_PEOPLE],
        tomorrow=tomorrow(now),
        back=board_path(asked.given),
    )
    return refusal.on(page)
