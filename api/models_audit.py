"""What the REST interface tells of the audit trail, for its description in OpenAPI."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.models import Next, Time
from api.parameters import Text
from reconcile.audit.redaction import AT_ONCE

Hash = Annotated[str, Field(description="SHA-256, in hex.", pattern=r"^[0-9a-f]{64}$")]


class AuditEntry(BaseModel):
    """Who did what, when and why. What is empty is not known, or does not apply."""

    seq: Annotated[int, Field(description="Its number in the chain.", examples=[4711])]
    id: Annotated[str, Field(description="A UUID of version 7.")]
    at: Time
    actor_kind: Annotated[str, Field(description="person, token, schedule, evaluator, truth")]
    actor: Annotated[str, Field(examples=["anna"])]
    what: Annotated[str, Field(examples=["case.resolved"])]
    workflow: str
    correlation_id: str
    case_id: str
    step: str
    causation_id: Annotated[str, Field(description="The entry, event or message that led to it.")]
    why: str
    customer: str
    external: Annotated[dict[str, Any], Field(description="References of others.", examples=[{"charge_id": "ch_1"}])]
    detail: Annotated[dict[str, Any], Field(description="What was before and after, and more.")]
    redacted: Annotated[bool, Field(description="Why, customer, references and detail were taken out later.")]
    previous: Annotated[Hash, Field(description="Hash of the row before.")]
    hash: Hash


class AuditPage(BaseModel):
    items: list[AuditEntry]
    next: Next


class AuditHead(BaseModel):
    """The last row of the chain."""

    seq: Annotated[int, Field(description="0 while there is none.")]
    hash: Hash
    at: Annotated[str, Field(description="When it was chained; empty while there is none.")]


class Redaction(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Text, Field(min_length=1, examples=["erasure request 17"])]


class EventRedaction(Redaction):
    """Attributes to take out of the stored events of one correlation ID; `a.b` is `b` within `a`."""

    correlation_id: Annotated[Text, Field(examples=["A-10042"])]
    attributes: Annotated[list[Text], Field(min_length=1, max_length=100, examples=[["email", "customer.name"]])]


class EntryRedaction(Redaction):
    entries: Annotated[list[Text], Field(min_length=1, max_length=AT_ONCE, description="Ids of audit entries.")]


class EntriesRedacted(BaseModel):
    entry: Annotated[str, Field(description="The id of the audit entry that tells of it.")]


class EventsRedacted(EntriesRedacted):
    events: Annotated[int, Field(description="Of so many events.")]
    quarantined: Annotated[int, Field(description="So many that had been refused go as a whole.")]
