"""What the REST interface takes and tells of notifications and silences, for its description in OpenAPI."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.models import Next, Time
from api.parameters import Text
from api.parameters_audit import Instant

MatcherText = Annotated[Text, Field(examples=["owner=payments", "correlation_id=~A-1.*", "labels.tier=gold"])]
Reason = Annotated[str, Field(min_length=1, max_length=1024, examples=["The bank migrates tonight."])]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewSilence(_Body):
    """`matchers` must all fit. One that begins later is a maintenance window."""

    matchers: Annotated[list[MatcherText], Field(min_length=1, max_length=20)]
    starts_at: Annotated[Instant | None, Field(description="RFC 3339; now if left out.")] = None
    ends_at: Annotated[Instant, Field(description="RFC 3339.", examples=["2026-11-20T06:00:00Z"])]
    reason: Reason


class SilencePreview(_Body):
    matchers: Annotated[list[MatcherText], Field(min_length=1, max_length=20)]


class Redelivery(_Body):
    """Everything that was made for this endpoint at `since` or later."""

    endpoint: Text
    since: Annotated[Instant, Field(description="RFC 3339.")]


class Silence(BaseModel):
    id: str
    matchers: list[str]
    starts_at: Time
    ends_at: Time
    state: Literal["waiting", "in force", "over"]
    author: str
    reason: str
    created_at: Time
    ended_by: Annotated[str | None, Field(description="Who ended it before its time.")]


class Silences(BaseModel):
    items: list[Silence]


class Matching(BaseModel):
    """What matchers mean at present, of what is unresolved."""

    count: int
    examples: list[dict[str, str]]


class Notification(BaseModel):
    id: Annotated[str, Field(description="The webhook-id: the same for every attempt.")]
    group: str
    number: Annotated[int, Field(description="Of the messages of its group.")]
    endpoint: str
    type: Annotated[str, Field(examples=["case.opened", "cases.storm"])]
    subjects: Annotated[int, Field(description="How many cases it tells of.")]
    state: Literal["pending", "delivered", "failed"]
    attempts: int
    next_attempt_at: Time | None
    created_at: Time
    delivered_at: Time | None
    last_status: int | None
    last_error: str | None


class Attempt(BaseModel):
    number: int
    at: Time
    took_seconds: float
    status: int | None
    error: str | None


class NotificationInFull(Notification):
    payload: Annotated[dict[str, Any], Field(description="The body, as it is sent.")]
    log: list[Attempt]


class NotificationPage(BaseModel):
    items: list[Notification]
    next: Next


class SentAnew(BaseModel):
    count: int


class DisabledEndpoint(BaseModel):
    name: str
    at: Time
    reason: str
    pending: Annotated[int, Field(description="Messages that wait for it to be enabled.")]


class DisabledEndpoints(BaseModel):
    items: list[DisabledEndpoint]
