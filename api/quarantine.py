"""`/v1/quarantine`: what was refused and why; taken after all, or put aside."""

import base64
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api import models_quarantine as models
from api.access.errors import NotPermitted
from api.access.guard import OPERATES, Operator, Reader
from api.access.identity import Identity, Scope
from api.context import Context, Here
from api.cursor import Int64, Key, decode, encode
from api.json_response import Json
from api.parameters import NoParameters, PathText, only
from api.parameters_quarantine import GroupParameters, QuarantineParameters
from api.problem import NotFound
from reconcile.quarantine.bench import By, Outcome
from store import quarantine
from store.instant import rfc3339
from store.quarantine import Content, Group, Held, Wanted

router = APIRouter(prefix="/v1/quarantine", tags=["quarantine"])


class Place(msgspec.Struct):
    """The last event of a page."""

    received_at: Int64
    id: Key


@router.get(
    "",
    operation_id="list_quarantine",
    summary="List what was refused",
    response_model=models.QuarantinePage,
    dependencies=[Depends(only(QuarantineParameters))],
)
def list_quarantine(asked: Annotated[QuarantineParameters, Query()], here: Here, caller: Reader) -> Response:
    """What was received last first, without the bytes."""
    page, after = found(here, asked, caller)
    return Json({"items": [held_json(held) for held in page], "next": after})


@router.get(
    "/groups",
    operation_id="list_quarantine_groups",
    summary="Count what was refused by source and fault",
    response_model=models.Groups,
    dependencies=[Depends(only(GroupParameters))],
)
def list_groups(asked: Annotated[GroupParameters, Query()], here: Here, caller: Reader) -> Response:
    """What was seen last first. The many of a broken deploy are one group."""
    return Json({"items": [_group_json(group) for group in grouped(here, asked, caller)]})


@router.get(
    "/{id}",
    operation_id="get_quarantined",
    summary="Show what was refused, with its bytes",
    response_model=models.QuarantinedInFull,
    dependencies=[OPERATES, Depends(only(NoParameters))],
)
def get_quarantined(id: PathText, here: Here) -> Response:
    """They may hold personal data: so it takes the scope operate."""
    held, content = in_full(here, id)
    encoded = base64.b64encode(content.data).decode()
    return Json({**held_json(held), "text": text_of(content.data), "base64": encoded})


@router.post(
    "/replay/preview",
    operation_id="preview_replay",
    summary="Count what a replay would take",
    response_model=models.Replayed,
    dependencies=[OPERATES, Depends(only(NoParameters))],
)
def preview_replay(body: models.Replay, here: Here) -> Response:
    """It is read by the settings of today. Nothing changes."""
    return Json(_outcome_json(here.bench.preview(body.asked, here.clock.now())))


@router.post(
    "/replay",
    operation_id="replay",
    summary="Take what was refused after all",
    response_model=models.Replayed,
    dependencies=[Depends(only(NoParameters))],
)
def replay(body: models.Replay, here: Here, caller: Operator) -> Response:
    """As if it arrived now; its own time decides the verdict. To replay twice is to replay once."""
    return Json(_outcome_json(here.bench.replay(body.asked, By(caller.actor, body.reason), here.clock.now())))


@router.post(
    "/discard",
    operation_id="discard",
    summary="Put aside what was refused",
    response_model=models.Discarded,
    dependencies=[Depends(only(NoParameters))],
)
def discard(body: models.Discard, here: Here, caller: Operator) -> Response:
    """It is listed as discarded until it is too old. What is sent again waits again."""
    number, remaining = here.bench.discard(body.asked, By(caller.actor, body.reason), here.clock.now())
    return Json({"discarded": number, "remaining": remaining})


def found(here: Context, asked: QuarantineParameters, caller: Identity) -> tuple[list[Held], str | None]:
    """The events of a page, and where the next page begins."""
    _check(asked, caller)
    before = decode(asked.after, Place) if asked.after else None
    place = quarantine.FIRST if before is None else (before.received_at, before.id)
    rows = quarantine.page(here.clickhouse, asked.asked, here.clock.now(), asked.limit + 1, place)
    page = rows[: asked.limit]
    return page, encode(Place(page[-1].received_at, page[-1].id)) if len(rows) > len(page) else None


def grouped(here: Context, asked: GroupParameters, caller: Identity) -> list[Group]:
    _check(asked, caller)
    return quarantine.groups(here.clickhouse, asked.asked, here.clock.now(), asked.limit)


def in_full(here: Context, id: str) -> tuple[Held, Content]:
    """Raises `NotFound`."""
    held = quarantine.page(here.clickhouse, Wanted(ids=(id,), state=None), here.clock.now(), 1)
    contents = quarantine.contents(here.clickhouse, [id])
    if not held or not contents:
        raise NotFound(f"There is nothing {id} in the quarantine")
    return held[0], contents[0]


def text_of(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _check(asked: GroupParameters, caller: Identity) -> None:
    """Whoever may not see the bytes may not find out by searching them."""
    if asked.q and Scope.OPERATE not in caller.scopes:
        raise NotPermitted("To search the bytes (q) needs the scope operate.")


def held_json(held: Held) -> dict[str, object]:
    return {
        "id": held.id,
        "state": held.state,
        "received_at": rfc3339(held.received_at),
        "source": held.source or None,
        "sender": held.sender,
        "form": held.form,
        "field": held.field,
        "reason": held.reason,
        "group": held.group_id,
        "size": held.size,
        "cut": held.cut,
        "by": held.state_by or None,
    }


def _group_json(group: Group) -> dict[str, object]:
    return {
        "id": group.id,
        "source": group.source or None,
        "fault": group.fault,
        "count": group.count,
        "not_kept": group.not_kept,
        "first_seen": rfc3339(group.first_at),
        "last_seen": rfc3339(group.last_at),
        "last_id": group.last_id,
        "last_reason": group.reason,
        "last_sender": group.sender,
    }


def _outcome_json(outcome: Outcome) -> dict[str, object]:
    refused = [{"fault": fault, "count": count} for fault, count in outcome.refused.items()]
    return {"taken": outcome.taken, "refused": refused, "remaining": outcome.remaining, "next": outcome.after or None}
