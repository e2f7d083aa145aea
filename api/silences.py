"""`/v1/silences`: of what nothing is told for a while, who said so, and why."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from api import models_notify as models
from api.access.guard import Administrator, Reader
from api.access.identity import Identity
from api.context import Context, Here
from api.json_response import Json
from api.parameters import NoParameters, Parameters, PathText, only
from api.parameters_audit import Instant
from api.problem import BadParameters, Fault, NotFound
from reconcile.errors import BadSilence, NoSuchSilence
from reconcile.notify import silencing
from reconcile.notify.silence import Silence, texts
from reconcile.notify.silencing import Draft
from store.instant import rfc3339
from store.matcher import Matcher, parse

router = APIRouter(prefix="/v1/silences", tags=["notifications"])


class SilenceParameters(Parameters):
    since: Annotated[
        Instant | None, Field(description="Those that ended at this instant (RFC 3339) or later, too.")
    ] = None


@router.get(
    "",
    operation_id="list_silences",
    summary="List silences",
    response_model=models.Silences,
    dependencies=[Depends(only(SilenceParameters))],
)
def list_silences(asked: Annotated[SilenceParameters, Query()], here: Here, _: Reader) -> Response:
    """Those in force and those that begin later; the latest end first."""
    now = here.clock.now()
    with here.database.read() as connection:
        found = silencing.listed(connection, now + 1 if asked.since is None else asked.since)
    return Json({"items": [silence_json(it, now) for it in found]})


@router.post(
    "",
    operation_id="begin_silence",
    summary="Begin a silence",
    status_code=201,
    response_model=models.Silence,
    dependencies=[Depends(only(NoParameters))],
)
def begin_silence(body: models.NewSilence, here: Here, caller: Administrator) -> Response:
    """While it holds nothing is sent of what fits all its matchers; when it ends, what is unresolved still is told."""
    now = here.clock.now()
    starts_at = now if body.starts_at is None else body.starts_at
    draft = Draft(matchers(body.matchers), starts_at, body.ends_at, body.reason)
    return Json(silence_json(begun(here, draft, caller), now), 201)


@router.post(
    "/preview",
    operation_id="preview_silence",
    summary="Count what a silence would mean",
    response_model=models.Matching,
    dependencies=[Depends(only(NoParameters))],
)
def preview_silence(body: models.SilencePreview, here: Here, _: Reader) -> Response:
    """How many unresolved cases fit all of these matchers now. Nothing changes."""
    with here.database.read() as connection:
        found = silencing.preview(connection, matchers(body.matchers))
    examples = [{"workflow": workflow, "correlation_id": id_} for workflow, id_ in found.examples]
    return Json({"count": found.count, "examples": examples})


@router.post(
    "/{id}/end",
    operation_id="end_silence",
    summary="End a silence",
    response_model=models.Silence,
    dependencies=[Depends(only(NoParameters))],
)
def end_silence(id: PathText, here: Here, caller: Administrator) -> Response:
    """Before its time. What it held back and is unresolved still is told within seconds."""
    return Json(silence_json(ended(here, id, caller), here.clock.now()))


def begun(here: Context, draft: Draft, caller: Identity) -> Silence:
    """Raises `BadParameters`."""
    try:
        return silencing.begin(here.database, draft, caller.actor, here.clock.now())
    except BadSilence as error:
        raise BadParameters([Fault("silence", f"can't be: {error}")]) from error


def ended(here: Context, id: str, caller: Identity) -> Silence:
    """Raises `NotFound`."""
    try:
        return silencing.end(here.database, id, caller.actor, here.clock.now())
    except NoSuchSilence as error:
        raise NotFound(f"There is no silence {id}") from error


def matchers(given: list[str]) -> tuple[Matcher, ...]:
    """Raises `BadParameters` that names each that is none."""
    found, faults = [], []
    for text in given:
        try:
            found.append(parse(text))
        except ValueError as error:
            faults.append(Fault("matchers", f"can't be used: {error}"))
    if faults:
        raise BadParameters(faults)
    return tuple(found)


def silence_json(silence: Silence, now: int) -> dict[str, object]:
    return {
        "id": silence.id,
        "matchers": texts(silence.matchers),
        "starts_at": rfc3339(silence.starts_at),
        "ends_at": rfc3339(silence.ends_at),
        "state": silence.state(now),
        "author": silence.author,
        "reason": silence.reason,
        "created_at": rfc3339(silence.created_at),
        "ended_by": silence.ended_by or None,
    }
