"""What `/v1/workflows` answers, for its description in OpenAPI. A test holds real answers against it."""

from typing import Annotated

from pydantic import BaseModel, Field

from api.completeness import Span
from api.models import StepName, Time, WorkflowName
from rules.verdict import InstanceState, StepState

Seconds = Annotated[float | None, Field(examples=[182.5], description="Seconds; null where nothing went this way.")]


class Count(BaseModel):
    states: Annotated[
        dict[str, int], Field(description=f"Instances by state: {', '.join(InstanceState)}.", examples=[{"running": 3}])
    ]
    late: Annotated[int, Field(description="How many of them have something late.")]
    completeness: Annotated[
        float | None,
        Field(ge=0, le=1, description="The complete part of those that are decided; null where none is."),
    ]


class Stretch(Count):
    since: Annotated[Time, Field(description="Of those that began from then on, before the next stretch.")]


class Completeness(BaseModel):
    workflow: WorkflowName
    ever: Annotated[Count, Field(description="All instances.")]
    recent: Annotated[Count, Field(description="Those that began within the span.")]
    stretches: Annotated[list[Stretch], Field(description="These by when they began, the oldest first.")]


class Workflows(BaseModel):
    span: Span
    items: list[Completeness]


class Stage(BaseModel):
    step: StepName
    states: Annotated[dict[str, int], Field(description=f"Instances by state of the step: {', '.join(StepState)}.")]


class Edge(BaseModel):
    source: Annotated[StepName | None, Field(description="Null for the start.")]
    target: StepName
    passed: Annotated[int, Field(description="Instances that have both.")]
    p50: Seconds
    p95: Seconds


class Flow(BaseModel):
    since: Time
    until: Time
    began: Annotated[int, Field(description="Instances that began in between.")]
    steps: list[Stage]
    edges: list[Edge]


class Workflow(BaseModel):
    workflow: WorkflowName
    span: Span
    now: Flow
    before: Annotated[Flow, Field(description="The same span before that.")]
    stuck: Annotated[
        dict[str, int], Field(description="Unresolved cases by the step that they are stuck at, '' for the whole.")
    ]
