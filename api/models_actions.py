"""What the routes of actions take and answer, for the description in OpenAPI."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool

from api.models import CorrelationId, Next, StepName, Time, WorkflowName
from api.parameters import without_nul
from reconcile.actions.desk import LONGEST
from reconcile.actions.offers import Deed
from reconcile.actions.row import State

Reason = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST, description="Why; it goes to the audit trail."),
    AfterValidator(without_nul),
]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RunBody(Body):
    reason: Reason
    dry_run: Annotated[StrictBool, Field(description="Only show the request, with secrets as ***.")] = False


class DecisionBody(Body):
    reason: Reason


class ApproveBody(Body):
    reason: Annotated[str, Field(max_length=LONGEST), AfterValidator(without_nul)] = ""


class SettleBody(Body):
    happened: Annotated[bool, Field(description="Whether it did happen, at the other side.")]
    reason: Reason


class Offer(BaseModel):
    deed: Annotated[str, Field(description=", ".join(Deed), examples=["run"])]
    label: Annotated[str, Field(examples=["Refund the payment"])]
    offered: bool
    why: Annotated[str, Field(description="Why it is offered, or why not.")]
    step: StepName | None
    name: Annotated[str | None, Field(description="Of the action.", examples=["refund"])]
    action_id: Annotated[str | None, Field(description="Of the round that there is something to decide about.")]
    people: Annotated[int, Field(description="How many it takes.", examples=[1])]


class Action(BaseModel):
    """An action that somebody asked for, or the rule."""

    id: Annotated[str, Field(description="Also the idempotency key.")]
    case_id: str
    workflow: WorkflowName
    correlation_id: CorrelationId
    step: StepName
    name: Annotated[str, Field(examples=["refund"])]
    round: Annotated[int, Field(description="A further one begins only where the one before did not happen.")]
    label: str
    state: Annotated[str, Field(description=", ".join(State), examples=["succeeded"])]
    idempotent: bool
    automatic: bool
    request: Annotated[dict[str, Any], Field(description="As it is sent, with secrets as ***.")]
    asked_by: str
    asked_at: Time
    reason: str
    approved_by: str | None
    approved_at: Time | None
    attempts: int
    next_at: Annotated[Time | None, Field(description="When something happens to it by itself.")]
    called_at: Annotated[Time | None, Field(description="For the first time.")]
    settled_at: Time | None
    status: Annotated[int | None, Field(description="Of HTTP, of the last answer.")]
    note: str


class Offers(BaseModel):
    offers: list[Offer]
    actions: Annotated[list[Action], Field(description="What was asked for so far.")]


class ActionPreview(BaseModel):
    offered: bool
    why: str
    request: dict[str, Any]


class Switch(BaseModel):
    """Whether automatic actions are stopped, and who said so last."""

    stopped: bool
    by: str | None
    reason: str | None
    at: Time | None


class Actions(BaseModel):
    items: list[Action]
    next: Next
    automatic: Switch
