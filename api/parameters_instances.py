"""What can be asked of the list of instances, as query parameters."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from api.parameters import After, Limit, Parameters, Text
from api.parameters_audit import Instant
from rules.verdict import Kind
from store.event import DAY
from store.instant import rfc3339

Sort = Literal["id", "newest", "oldest", "risk"]


class Standing(StrEnum):
    """How an instance stands: its state, or what is said of it beside that."""

    INCOMPLETE = "incomplete"
    FAILED = "failed"
    ORPHAN = "orphan"
    RUNNING = "running"
    COMPLETE = "complete"
    CANCELLED = "cancelled"
    LATE = "late"  # a step came after its deadline
    HELD = "held"  # a deadline has passed, and is not judged while what would tell is silent


class InstanceFilters(Parameters):
    """What narrows a list of instances: all that is given must fit."""

    workflow: Annotated[Text | None, Field(description="Only this workflow.", examples=["order-fulfilment"])] = None
    state: Annotated[
        Standing | None,
        Field(
            description="Only instances in this state; or `late`, of which a step came after its deadline, or `held`, "
            "of which a deadline has passed and is not judged while what would tell is silent."
        ),
    ] = None
    step: Annotated[
        Text | None, Field(description="Only those that wait at this step, or miss it.", examples=["ItemShipped"])
    ] = None
    owner: Annotated[
        Text | None, Field(description="Only those that wait at a step that this team owns.", examples=["payments"])
    ] = None
    since: Annotated[
        Instant | None,
        Field(description="Began no earlier than this instant (RFC 3339) or day, in UTC.", examples=["2026-11-20"]),
    ] = None
    until: Annotated[Instant | None, Field(description="Began before this instant, or day.")] = None
    at_risk: Annotated[
        float | None, Field(ge=0, allow_inf_nan=False, description="At least so much is at risk, whatever its unit.")
    ] = None
    q: Annotated[Text | None, Field(description="The beginning of a correlation ID, or all of it.")] = None


class InstanceParameters(InstanceFilters):
    kind: Annotated[Kind | None, Field(description="Only instances with a finding of this kind now.")] = None
    version: Annotated[
        int | None, Field(ge=1, le=2**32 - 1, description="Only instances that this version of the rule has judged.")
    ] = None
    correlation_id: Annotated[Text | None, Field(description="Only this correlation ID.", examples=["A-10042"])] = None
    sort: Annotated[
        Sort,
        Field(
            description="`id`: by workflow and correlation ID; `newest`, `oldest`: by when they began; `risk`: the "
            "highest number at risk first, whatever its unit."
        ),
    ] = "id"
    limit: Limit = 100
    after: After = None


class ExportParameters(InstanceFilters):
    sort: Annotated[Sort, Field(description="As in the list.")] = "newest"


class OrdersParameters(InstanceFilters):
    """The list page."""

    sort: Literal["newest", "oldest", "risk"] = "newest"
    after: After = None

    @property
    def given(self) -> dict[str, str]:
        """As parameters of an address, without what is so anyway and without the place in the list."""
        told = self.model_dump(mode="json", exclude_defaults=True, exclude={"after"})
        return {name: _day(value) if name in ("since", "until") else str(value) for name, value in told.items()}


def _day(instant: int) -> str:
    """As short as it can be said."""
    return rfc3339(instant)[:10] if instant % DAY == 0 else rfc3339(instant)
