"""What `/v1/cases` answers, for its description in OpenAPI."""

from typing import Annotated

from pydantic import BaseModel, Field

from api.models import CaseFinding, CorrelationId, Event, KindName, Next, StepName, Time, WorkflowName
from reconcile.cases.ambiguity import Ambiguity
from reconcile.cases.case import Reason, State

AtRisk = Annotated[
    dict[str, float],
    Field(description="The sum by unit; the empty name is of what has none.", examples=[{"EUR": 48210.5}]),
]


class Unclear(BaseModel):
    """What is not known about the order."""

    word: Annotated[str, Field(description=", ".join(Ambiguity), examples=["timed_out"])]
    sentence: Annotated[str, Field(description="What to make of it.")]


class Case(BaseModel):
    """What people settle: everything that is wrong with one instance."""

    id: str
    workflow: WorkflowName
    correlation_id: CorrelationId
    noun: Annotated[str, Field(description="What people call an instance.", examples=["order"])]
    state: Annotated[str, Field(description=", ".join(State), examples=["open"])]
    state_by: Annotated[str | None, Field(description="Who brought it into its state; null: it did by itself.")]
    state_at: Annotated[Time, Field(description="When it came into its state.")]
    reason: Annotated[str | None, Field(description=f"Of the resolution: {', '.join(Reason)}.")]
    note: Annotated[str, Field(description="What was said when it came into its state.")]
    assignee: Annotated[str | None, Field(description="Whose it is.", examples=["maria"])]
    revision: Annotated[int, Field(description="Counts its changes: give it to change just this one.", examples=[3])]
    owner: Annotated[str, Field(examples=["payments"])]
    severity: Annotated[str, Field(examples=["critical"])]
    step: Annotated[StepName | None, Field(description="Where it is stuck; null where that is no step.")]
    kind: KindName
    ambiguity: list[Unclear]
    sentence: str
    since: Annotated[Time, Field(description="Stuck since.")]
    started_at: Annotated[Time, Field(description="Of an orphan: when its first event came.")]
    at_risk: float | None
    unit: Annotated[str | None, Field(examples=["EUR"])]
    customer: str | None
    labels: Annotated[dict[str, str], Field(description="Of the workflow.")]
    opened_at: Time
    updated_at: Time
    resolved_at: Time | None
    snoozed_until: Time | None
    escalate_at: Annotated[Time | None, Field(description="When it is raised if it is unresolved then.")]
    escalated_at: Annotated[Time | None, Field(description="When it was raised, since it opened last.")]
    findings: list[CaseFinding]


class CasePage(BaseModel):
    items: list[Case]
    next: Next


class CaseEvent(Event):
    caused_by: Annotated[str | None, Field(description="The id of the event or message that led to it.")]
    depth: Annotated[int, Field(description="How many of its causes are among these events.", examples=[1])]


class Comment(BaseModel):
    id: str
    at: Time
    actor: Annotated[str, Field(examples=["maria"])]
    text: str


class CaseDetail(Case):
    """With the evidence; what ClickHouse knows is null while it is away."""

    references: Annotated[
        dict[str, list[str]] | None,
        Field(description="References of others, from the events' attributes.", examples=[{"charge_id": ["ch_77"]}]),
    ]
    events: Annotated[list[CaseEvent] | None, Field(description="In order of time, the first 1,000.")]
    comments: list[Comment]


class Bucket(BaseModel):
    age: Annotated[str, Field(examples=["1h_4h"])]
    from_seconds: int
    to_seconds: int | None
    cases: int
    at_risk: AtRisk


class Ageing(BaseModel):
    as_of: Time
    buckets: Annotated[list[Bucket], Field(description="The youngest first.")]


class BulkPreview(BaseModel):
    """What a filter chooses now."""

    count: int
    at_risk: AtRisk
    examples: Annotated[list[Case], Field(description="Those that are stuck longest.")]
    fingerprint: Annotated[str, Field(description="Stands for just these cases: give it with the move.")]


class Refused(BaseModel):
    why: Annotated[str, Field(examples=["maria resolved it at 12:03 UTC as fixed: paid by hand"])]
    count: int
    cases: Annotated[list[str], Field(description="The first of them.")]


class Bulk(BaseModel):
    """What became of a move of many."""

    changed: int
    remaining: Annotated[int, Field(description="Not yet changed: send the request again.")]
    unfit: Annotated[int, Field(description="Left, because what was asked is not possible in their state.")]
    changed_since_preview: Annotated[
        int, Field(description="Left, because they have changed since the preview; the request before counts, too.")
    ]
    refused: Annotated[list[Refused], Field(description="Left, because somebody was quicker, or they are not yours.")]
