"""`/quarantine`: what was refused, by source and fault; each with its bytes; and what is done about it."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from api import quarantine
from api.access.guard import OPERATES, Operator, Reader
from api.access.identity import Identity
from api.bodies import Body
from api.context import Context, Here
from api.links import board_path
from api.pages.forms import MOST, Sent, read, see
from api.pages.refusal import NOTHING_REFUSED, REFUSALS, Refusal, refused
from api.parameters import Limit, NoParameters, PathText, Text, only
from api.parameters_quarantine import QuarantineParameters
from reconcile.quarantine.bench import By, Outcome
from store.quarantine import State, Wanted

router = APIRouter(prefix="/quarantine", include_in_schema=False)

PAGE = 50
GROUPS = 200
Count = Annotated[int, Field(ge=0)]


class PageParameters(QuarantineParameters):
    """`replayed`, `still`, `discarded`, `remaining`: how many, of what whoever is led here has just done. `go_on`: the
    id behind which those remain."""

    limit: Limit = PAGE
    replayed: Count | None = None
    still: Count = 0
    discarded: Count | None = None
    remaining: Count = 0
    go_on: Text | None = None

    @property
    def chosen(self) -> dict[str, str | None]:
        """What the list is narrowed by."""
        told = self.model_dump(mode="json", include={"group", "source", "sender", "fault", "q", "state"})
        return told | {"state": None if self.state == "waiting" else self.state}

    @property
    def lists(self) -> bool:
        """Whether single events are asked for; else their groups."""
        return any(self.chosen.values())

    @property
    def done(self) -> str:
        if self.discarded is not None:
            return f"{_events(self.discarded)} put aside.{self._more}"
        if self.replayed is None:
            return ""
        still = f" {_events(self.still)} refused still." if self.still else ""
        return f"{_events(self.replayed)} taken.{still}{self._more}"

    @property
    def _more(self) -> str:
        return f" {self.remaining:,} more remain: go on." if self.remaining else ""


class ChoiceForm(Body):
    """A group, or one event. `after`: of a group only what is behind this id."""

    group: Text | None = None
    id: Text | None = None
    after: Text = ""
    reason: Annotated[str, Field(max_length=1024)] = ""

    @property
    def wanted(self) -> Wanted:
        return Wanted(ids=(self.id or "",) if self.group is None else (), group=self.group or "", after=self.after)

    @property
    def led(self) -> dict[str, str]:
        """Where more remain, back to the group."""
        return {"group": self.group or ""}


class DiscardForm(ChoiceForm):
    reason: Annotated[str, Field(max_length=1024)]


Asked = Annotated[PageParameters, Query()]


@router.get("", dependencies=[Depends(only(PageParameters))])
def quarantine_page(request: Request, asked: Asked, here: Here, caller: Reader) -> Response:
    return _page(request, here, caller, asked)


@router.get("/{id}", dependencies=[OPERATES, Depends(only(NoParameters))])
def quarantined_page(request: Request, id: PathText, here: Here) -> Response:
    return _one(request, here, id)


@router.post("/preview", max_body_size=MOST, dependencies=[Depends(only(NoParameters))])
def preview(request: Request, identity: Operator, sent: Sent, here: Here) -> Response:
    asked = read(ChoiceForm, sent)
    outcome = here.bench.preview(asked.wanted, here.clock.now())
    refusal = Refusal(form="preview", sent=sent)
    return _again(request, here, identity, sent, outcome, refusal)


@router.post("/replay", max_body_size=MOST, dependencies=[Depends(only(NoParameters))])
def replay(identity: Operator, sent: Sent, here: Here) -> Response:
    asked = read(ChoiceForm, sent)
    outcome = here.bench.replay(asked.wanted, By(identity.actor, asked.reason), here.clock.now())
    still = sum(outcome.refused.values())
    told = {"replayed": str(outcome.taken), "still": str(still), "remaining": str(outcome.remaining)}
    return see(board_path(told | ({**asked.led, "go_on": outcome.after} if outcome.remaining else {}), "/quarantine"))


@router.post("/discard", max_body_size=MOST, dependencies=[Depends(only(NoParameters))])
def discard(request: Request, identity: Operator, sent: Sent, here: Here) -> Response:
    try:
        asked = read(DiscardForm, sent)
    except REFUSALS as error:
        return _again(request, here, identity, sent, None, refused(request, error, "discard", sent))
    number, remaining = here.bench.discard(asked.wanted, By(identity.actor, asked.reason), here.clock.now())
    told = {"discarded": str(number), "remaining": str(remaining)}
    return see(board_path(told | (asked.led if remaining else {}), "/quarantine"))


def _again(
    request: Request, here: Context, caller: Identity, sent: Mapping[str, str], seen: Outcome | None, refusal: Refusal
) -> Response:
    """The page where the form was."""
    if "id" in sent:
        return _one(request, here, sent["id"], seen, refusal)
    return _page(request, here, caller, PageParameters(group=sent.get("group")), seen, refusal)


def _one(
    request: Request, here: Context, id: str, seen: Outcome | None = None, refusal: Refusal = NOTHING_REFUSED
) -> Response:
    held, content = quarantine.in_full(here, id)
    page = here.templates.page(
        request,
        "quarantined.html",
        held=held,
        data=content.data,
        text=quarantine.text_of(content.data),
        seen=seen,
        choice={"id": held.id},
        count=1,
        now=here.clock.now(),
        refusal=refusal,
    )
    return refusal.on(page)


def _page(
    request: Request,
    here: Context,
    caller: Identity,
    asked: PageParameters,
    seen: Outcome | None = None,
    refusal: Refusal = NOTHING_REFUSED,
) -> Response:
    rows, after = quarantine.found(here, asked, caller) if asked.lists else ([], None)
    groups = quarantine.grouped(here, asked.model_copy(update={"limit": GROUPS}), caller)
    page = here.templates.page(
        request,
        "quarantine.html",
        groups=groups,
        group=groups[0] if asked.group and groups else None,
        rows=rows,
        asked=asked,
        states=tuple(State),
        more=board_path({**asked.chosen, "after": after}, "/quarantine") if after else None,
        seen=seen,
        choice={"group": asked.group} | ({"after": asked.go_on} if asked.go_on else {}),
        count=groups[0].count if groups else 0,
        now=here.clock.now(),
        refusal=refusal,
        done=asked.done,
    )
    return refusal.on(page)


def _events(number: int) -> str:
    return "1 event is" if number == 1 else f"{number:,} events are"
