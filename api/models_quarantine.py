"""What the REST interface takes and tells of the quarantine, for its description in OpenAPI."""

from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.models import Next, Time
from api.parameters import Text
from api.parameters_quarantine import QuarantineFilters
from store.quarantine import Wanted


class Chosen(QuarantineFilters):
    """Of what waits: by id, or as the list is narrowed. Something has to be given."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[Text, Field(description="`next` of the replay before.")] = ""
    ids: Annotated[tuple[Text, ...], Field(max_length=1_000)] = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not any(getattr(self, name) for name in Chosen.model_fields if name != "after"):
            raise ValueError("expected ids, or at least one of group, source, sender, fault, since, q")
        return self

    @property
    def asked(self) -> Wanted:
        return replace(self.wanted(ids=self.ids), after=self.after)


class Replay(Chosen):
    reason: Annotated[str, Field(max_length=1024, description="Why, for the record.")] = ""


class Discard(Chosen):
    reason: Annotated[str, Field(min_length=1, max_length=1024, description="Why, for the record.")]


class Quarantined(BaseModel):
    id: Annotated[str, Field(description="Made from the bytes: what is sent again has the same.")]
    state: Literal["waiting", "replayed", "discarded"]
    received_at: Annotated[Time, Field(description="The last time.")]
    source: Annotated[str | None, Field(description="Null where the bytes do not say it.")]
    sender: str
    form: Annotated[str, Field(examples=["json", "otlp-logs"])]
    field: Annotated[str, Field(description="The place in the event; empty for the event as a whole.")]
    reason: str
    group: str
    size: Annotated[int, Field(description="Bytes that are kept.")]
    cut: Annotated[bool, Field(description="Only the beginning is kept, so that it can't be replayed.")]
    by: Annotated[str | None, Field(description="Who replayed or discarded it.")]


class QuarantinePage(BaseModel):
    items: list[Quarantined]
    next: Next


class QuarantinedInFull(Quarantined):
    text: Annotated[str | None, Field(description="The bytes, where they are UTF-8.")]
    base64: str


class Group(BaseModel):
    """One fault of one source."""

    id: str
    source: str | None
    fault: Annotated[str, Field(examples=["time: lies … in the future; at most … is accepted"])]
    count: int
    not_kept: Annotated[int, Field(description="So many more had it, of which only the number is known.")]
    first_seen: Time
    last_seen: Time
    last_id: str
    last_reason: str
    last_sender: str


class Groups(BaseModel):
    items: list[Group]


class StillRefused(BaseModel):
    fault: str
    count: int


class Replayed(BaseModel):
    """What became of what was chosen; in a preview, what would."""

    taken: int
    refused: Annotated[list[StillRefused], Field(description="The most first.")]
    remaining: Annotated[int, Field(description="Beyond what one request sees to.")]
    next: Annotated[str | None, Field(description="Give it as `after` to go on with those; null where none remain.")]


class Discarded(BaseModel):
    discarded: int
    remaining: Annotated[int, Field(description="Beyond what one request sees to: ask again.")]
