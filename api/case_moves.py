"""What people do with cases: `POST /v1/cases/{id}/…`, one at a time, and `/v1/cases/bulk`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from starlette.responses import Response

from api import bodies, choice, models_cases, queue
from api.access.guard import OPERATES, Operator
from api.access.identity import Identity
from api.case_filters import Wanted
from api.cases import case_json, comment_json, revision_of, tagged, wanted_by
from api.context import Context, Here
from api.errors import as_sentence
from api.json_response import Json
from api.parameters import NoParameters, PathText, Text, only
from api.problem import ApiError, NotFound
from api.queue import Case
from reconcile.cases.desk import Outcome
from reconcile.cases.moves import By
from reconcile.errors import Overtaken

router = APIRouter(prefix="/v1/cases", tags=["cases"], dependencies=[OPERATES, Depends(only(NoParameters))])

SHOWN = 20

Moved = models_cases.Case


class Changed(ApiError):
    """The case is no more as whoever gave `If-Match` saw it."""

    def __init__(self, words: str) -> None:
        super().__init__(412, words)


def _mover(
    identity: Operator,
    if_match: Annotated[
        Text | None,
        Header(description="`ETag` of the case as you saw it: if it has changed since, nothing is done (412)."),
    ] = None,
) -> By:
    return By(identity.actor, identity.teams, None if if_match is None else revision_of(if_match))


Mover = Annotated[By, Depends(_mover)]
"""Who moves a case, and which revision of it."""


@dataclass(frozen=True, slots=True)
class Left:
    """Cases that were not changed: why, how many, and the first of them."""

    why: str
    count: int
    cases: Sequence[str]


@router.post("/bulk/preview", operation_id="preview_bulk", summary="Count what a filter chooses",
             response_model=models_cases.BulkPreview)  # fmt: skip
def preview_bulk(identity: Operator, asked: bodies.PreviewBody, here: Here) -> Response:
    """How many cases the filter chooses now, what is at risk in them, and which are stuck longest. The fingerprint
    stands for just these cases."""
    with here.database.read() as connection:
        seen = choice.preview(connection, _wanted(asked, identity, here))
    return Json(
        {
            "count": seen.count,
            "at_risk": seen.at_risk,
            "examples": [case_json(case) for case in seen.examples],
            "fingerprint": seen.fingerprint,
        }
    )


@router.post("/bulk", operation_id="move_bulk", summary="Move many cases at once", response_model=models_cases.Bulk)
def move_bulk(identity: Operator, asked: bodies.BulkBody, here: Here) -> Response:
    """The same move of the cases that were previewed. Those that came since, or have changed since, are left as they
    are. At most 5,000 are changed by one request; while `remaining` is not 0, send it again."""
    now = here.clock.now()
    move = asked.move(identity.actor.name, now)
    with here.database.read() as connection:
        chosen = choice.choose(connection, _wanted(asked, identity, here), asked.fingerprint, move)
    outcome = here.desk.each(chosen.seen, move, By(identity.actor, identity.teams), now)
    return Json(
        {
            "changed": len(outcome.changed),
            "remaining": chosen.remaining,
            "unfit": chosen.unfit,
            "changed_since_preview": chosen.changed,
            "refused": [asdict(left) for left in left_by_words(outcome)],
        }
    )


@router.post("/{id}/acknowledge", operation_id="acknowledge_case", summary="Acknowledge a case", response_model=Moved)
def acknowledge(by: Mover, id: PathText, here: Here, asked: bodies.AcknowledgeBody | None = None) -> Response:
    """Say that somebody knows. What can only be seen (late under `late: case`, duplicate, after_end) is settled so."""
    return _moved(by, id, asked or bodies.AcknowledgeBody(), here)


@router.post("/{id}/snooze", operation_id="snooze_case", summary="Snooze a case", response_model=Moved)
def snooze(by: Mover, id: PathText, here: Here, asked: bodies.SnoozeBody) -> Response:
    """Hear nothing of it until then, unless something new is wrong with it or it is raised."""
    return _moved(by, id, asked, here)


@router.post("/{id}/resolve", operation_id="resolve_case", summary="Resolve a case", response_model=Moved)
def resolve(by: Mover, id: PathText, here: Here, asked: bodies.ResolveBody) -> Response:
    """Settle it, with everything that is wrong now. Who heard that it is open hears that it is resolved."""
    return _moved(by, id, asked, here)


@router.post("/{id}/reopen", operation_id="reopen_case", summary="Reopen a case", response_model=Moved)
def reopen(by: Mover, id: PathText, here: Here, asked: bodies.ReopenBody | None = None) -> Response:
    """Back to open, from whatever it is: what was seen is unseen, what was settled is not."""
    return _moved(by, id, asked or bodies.ReopenBody(), here)


@router.post("/{id}/assign", operation_id="assign_case", summary="Assign a case", response_model=Moved)
def assign(by: Mover, id: PathText, here: Here, asked: bodies.AssignBody) -> Response:
    """Claim it, hand it over, or let go of it. To take it from somebody else, give the revision that you saw."""
    return _moved(by, id, asked, here)


@router.post("/{id}/comments", operation_id="comment_case", summary="Comment on a case", status_code=201,
             response_model=models_cases.Comment)  # fmt: skip
def comment(identity: Operator, id: PathText, here: Here, asked: bodies.CommentBody) -> Response:
    """Say something about it."""
    made = here.desk.comment(id, asked.text, By(identity.actor, identity.teams), here.clock.now())
    return Json(comment_json(made), status_code=201)


def _moved(by: By, id: str, asked: bodies.MoveBody, here: Context) -> Response:
    now = here.clock.now()
    seen = by.revision if asked.revision is None else asked.revision
    try:
        here.desk.move(id, asked.move(by.name, now), replace(by, revision=seen), now)
    except Overtaken as error:
        if by.revision is not None and _case(id, here).revision != by.revision:
            raise Changed(as_sentence(str(error))) from error
        raise
    return tagged(_case(id, here))


def _case(id: str, here: Context) -> Case:
    with here.database.read() as connection:
        case = queue.case(connection, id)
    if case is None:
        raise NotFound(f"There is no case {id}")
    return case


def _wanted(asked: bodies.PreviewBody, identity: Identity, here: Context) -> Wanted:
    return replace(wanted_by(asked.filter, identity, here), teams=identity.teams)


def left_by_words(outcome: Outcome) -> list[Left]:
    """The most frequent first."""
    by_words: defaultdict[str, list[str]] = defaultdict(list)
    for id_, error in outcome.left.items():
        by_words[str(error)].append(id_)
    most = sorted(by_words.items(), key=lambda item: -len(item[1]))[:SHOWN]
    return [Left(why, len(ids), ids[:SHOWN]) for why, ids in most]
