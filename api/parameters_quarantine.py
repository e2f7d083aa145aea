"""What can be asked of the quarantine, as query parameters."""

from typing import Annotated, Literal

from pydantic import Field

from api.parameters import After, Limit, Parameters, Text
from api.parameters_audit import Instant
from store.quarantine import State, Wanted


class QuarantineFilters(Parameters):
    """All that is given must fit."""

    group: Annotated[Text | None, Field(description="Only this fault of this source: `id` of a group.")] = None
    source: Annotated[Text | None, Field(description="Only what names this source.", examples=["payments"])] = None
    sender: Annotated[
        Text | None, Field(description="Only what this one sent: the name of a token, else an address.")
    ] = None
    fault: Annotated[
        Text | None, Field(description="A part of `field: reason`, in small letters or capitals.", examples=["time"])
    ] = None
    since: Annotated[
        Instant | None, Field(description="Received at this instant (RFC 3339) or later.", examples=["2026-11-20"])
    ] = None
    q: Annotated[
        Text | None, Field(description="A part of the bytes, as they are. Needs the scope operate.", examples=["A-77"])
    ] = None

    def wanted(self, state: State | None = State.WAITING, ids: tuple[str, ...] = ()) -> Wanted:
        return Wanted(
            ids=ids,
            group=self.group or "",
            source=self.source or "",
            sender=self.sender or "",
            fault=self.fault or "",
            q=self.q or "",
            since=self.since or 0,
            state=state,
        )


class GroupParameters(QuarantineFilters):
    state: Annotated[
        Literal["waiting", "replayed", "discarded", "all"],
        Field(description="Only what is in this state; what waits, unless asked otherwise."),
    ] = "waiting"
    limit: Limit = 100

    @property
    def asked(self) -> Wanted:
        return self.wanted(None if self.state == "all" else State(self.state))


class QuarantineParameters(GroupParameters):
    after: After = None
