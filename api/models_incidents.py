"""What is told of incidents, for the description of the API."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from api.models import Next, StepName, Time, WorkflowName
from api.parameters import without_nul


class Incident(BaseModel):
    """Events that have not come for longer than is usual, or only few of them. What would follow from that is held for
    a while."""

    id: str
    kind: Annotated[str, Field(examples=["source_silent"])]
    state: Annotated[
        str,
        Field(
            description="`holding`; `let_go`: it is still silent, but flags rise in spite of it, and say so; `ended`: "
            "it was heard again."
        ),
    ]
    subject: Annotated[str, Field(description="A source, event names, or `everything`.", examples=["payments"])]
    names: Annotated[list[str], Field(description="Of the events; `*` is any.", examples=[["PaymentReceived"]])]
    steps: Annotated[
        dict[WorkflowName, list[StepName]],
        Field(description="What waits for them, by the rules in force: of each workflow, its steps."),
    ]
    since: Annotated[Time, Field(description="When the last of them came, or they became few.")]
    began_at: Time
    until: Annotated[Time, Field(description="It is waited for at most until then.")]
    expected: Annotated[str, Field(examples=["at least 42 a minute are usual"])]
    percent: Annotated[int, Field(description="Of what is usual, how much still came when it began.", examples=[0])]
    held: Annotated[int, Field(description="Correlation IDs of which something is not judged.", examples=[4312])]
    let_go_at: Time | None
    ended_at: Time | None
    because: Annotated[str | None, Field(description="`back`, `ran_out` or `dismissed`.")]
    ended_by: str | None
    reason: str | None


class IncidentPage(BaseModel):
    items: list[Incident]
    next: Next


class Dismissal(BaseModel):
    """Why it need not be waited for."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
        AfterValidator(without_nul),
        Field(description="Why; it goes to the audit trail.", examples=["the provider is being moved until noon"]),
    ]
