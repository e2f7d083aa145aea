"""What is told of sources."""

from typing import Annotated

from pydantic import BaseModel, Field

from api.models import Time


class Lag(BaseModel):
    """How old events are when they come, in this and the last hour."""

    median_s: float
    p95_s: float


class Sent(BaseModel):
    name: Annotated[str, Field(examples=["PaymentReceived"])]
    per_minute: Annotated[float, Field(description="Over the last ten whole minutes.")]
    usual_per_minute: Annotated[float | None, Field(description="Over the day before; null: it did not come yet.")]
    last_at: Annotated[Time, Field(description="When the last one was accepted.")]
    lag: Annotated[Lag | None, Field(description="Null where none came within the last hour.")]
    silent_since: Annotated[Time | None, Field(description="Null while it is heard; else there is an incident.")]


class Source(BaseModel):
    source: Annotated[str, Field(examples=["payments"])]
    quarantined: Annotated[int, Field(description="Events that were refused and wait in the quarantine.")]
    events: list[Sent]


class Sources(BaseModel):
    items: list[Source]
