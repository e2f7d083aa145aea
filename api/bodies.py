"""What is sent to move cases. Unknown keys are refused."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from api.case_filters import ME, NOBODY
from api.parameters import QueueFilters, Text, without_nul
from reconcile.cases.case import BY_PEOPLE, Reason
from reconcile.cases.desk import LONGEST
from reconcile.cases.moves import Acknowledge, Assign, Move, Reopen, Resolve, Snooze
from store.duration import parse_duration
from store.instant import parse_instant

Note = Annotated[str, Field(max_length=LONGEST, description="What to say about it."), AfterValidator(without_nul)]


def instant(text: str) -> str:
    until(text, 0)
    return text


def until(text: str, now: int) -> int:
    """The instant (µs UTC) that is meant: one in RFC 3339, or so long from `now`. Raises `ValueError`."""
    try:
        return now + parse_duration(text)
    except ValueError:
        return parse_instant(text)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Asked(Body):
    """`revision`: that of the case as you saw it; if it is another by now, nothing is changed."""

    note: Note = ""
    revision: Annotated[int | None, Field(ge=0, le=2**31 - 1)] = None


class AcknowledgeBody(Asked):
    def move(self, me: str, now: int) -> Move:
        return Acknowledge(self.note)


class SnoozeBody(Asked):
    until: Annotated[
        str,
        Field(description="An instant, or how long from now.", examples=["2026-11-20T18:00:00Z", "4h"]),
        AfterValidator(instant),
    ]

    def move(self, me: str, now: int) -> Move:
        return Snooze(until(self.until, now), self.note)


class ResolveBody(Asked):
    reason: Annotated[Literal[*(it.value for it in BY_PEOPLE)], Field(examples=["fixed"])]  # type: ignore[valid-type]
    note: Annotated[Note, Field(examples=["paid by hand, charge ch_77"])]

    def move(self, me: str, now: int) -> Move:
        return Resolve(Reason(self.reason), self.note)


class ReopenBody(Asked):
    def move(self, me: str, now: int) -> Move:
        return Reopen(self.note)


class AssignBody(Asked):
    assignee: Annotated[Text, Field(min_length=1, description="A name, `me`, or `none`.", examples=["me", "maria"])]

    def move(self, me: str, now: int) -> Move:
        return Assign({ME: me, NOBODY: ""}.get(self.assignee, self.assignee), self.note)


MoveBody = AcknowledgeBody | SnoozeBody | ResolveBody | ReopenBody | AssignBody


class CommentBody(Body):
    text: Annotated[str, Field(examples=["the bank is looking into it"]), AfterValidator(without_nul)]


class Filter(QueueFilters):
    """As the list's: which cases are meant."""

    model_config = ConfigDict(extra="forbid")


class PreviewBody(Body):
    filter: Filter


class BulkBody(PreviewBody):
    """One move of all cases that were previewed."""

    fingerprint: Annotated[str, Field(max_length=1024, description="Of the preview.")]
    acknowledge: AcknowledgeBody | None = None
    snooze: SnoozeBody | None = None
    resolve: ResolveBody | None = None
    reopen: ReopenBody | None = None
    assign: AssignBody | None = None

    @model_validator(mode="after")
    def _one_move(self) -> Any:
        if len(self._moves) != 1:
            raise ValueError("expected one of acknowledge, snooze, resolve, reopen, assign")
        if self._moves[0].revision is not None:
            raise ValueError("a revision is of one case; the fingerprint stands for all of them")
        return self

    @property
    def _moves(self) -> list[MoveBody]:
        given = (self.acknowledge, self.snooze, self.resolve, self.reopen, self.assign)
        return [it for it in given if it is not None]

    def move(self, me: str, now: int) -> Move:
        [it] = self._moves
        return it.move(me, now)
