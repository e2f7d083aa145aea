"""What the REST interface answers, for its description in OpenAPI. A test holds real answers against it."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from rules.verdict import InstanceState, Kind, StepState

Time = Annotated[
    str,
    Field(
        description="RFC 3339, UTC, up to six fractional digits.",
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$",
        examples=["2026-11-20T14:05:09.25Z"],
    ),
]
CorrelationId = Annotated[str, Field(examples=["A-10042"])]
WorkflowName = Annotated[str, Field(examples=["order-fulfilment"])]
StepName = Annotated[str, Field(examples=["ItemShipped"])]
KindName = Annotated[str, Field(examples=["missing"], description=", ".join(Kind))]
OfStep = Annotated[StepName | None, Field(description="Null where it is about all of the instance.")]
Next = Annotated[str | None, Field(description="Give it as `after` to get the next page; null on the last one.")]


class Fault(BaseModel):
    parameter: Annotated[str, Field(examples=["sevrity"])]
    reason: Annotated[str, Field(examples=["is unknown (did you mean severity?)"])]


class Problem(BaseModel):
    """An error, as RFC 9457 has it."""

    type: Annotated[str, Field(examples=["about:blank"])]
    title: Annotated[str, Field(examples=["Bad Request"])]
    status: Annotated[int, Field(examples=[400])]
    detail: Annotated[str, Field(description="What is wrong, in a sentence.")]
    errors: Annotated[list[Fault] | None, Field(description="The parameters that are to blame.")] = None


class Step(BaseModel):
    state: Annotated[
        str,
        Field(
            description=", ".join(StepState),
            examples=["late"],
        ),
    ]
    at: Annotated[Time | None, Field(description="When it was fulfilled.")]
    due: Annotated[Time | None, Field(description="Its deadline, without grace.")]
    count: Annotated[int | None, Field(description="Of a step with `times`: how many have come.")] = None
    needed: Annotated[
        int | None, Field(description="Of a step with `times`: how many it takes; null while that is not known.")
    ] = None
    warned: Annotated[Time | None, Field(description="Of a pending step: since when its deadline is near.")] = None


class Flag(BaseModel):
    step: OfStep
    kind: KindName


class Instance(BaseModel):
    """The verdict on one instance, in the shape of `noshow check --format jsonl`."""

    workflow: WorkflowName
    version: Annotated[int, Field(description="Of the rule that judged.", examples=[1])]
    correlation_id: CorrelationId
    state: Annotated[str, Field(description=", ".join(InstanceState), examples=["incomplete"])]
    start: Annotated[Time | None, Field(description="Null of an orphan.")]
    steps: Annotated[dict[str, Step], Field(description="By name, in the order of the rule.")]
    findings: Annotated[list[Flag], Field(description="What is flagged now.")]


class InstancePage(BaseModel):
    items: list[Instance]
    next: Next


class Finding(Flag):
    """What was flagged on a step."""

    open: Annotated[bool, Field(description="Whether it holds now.")]
    noted: Annotated[bool, Field(description="Recorded only; asks nobody for anything.")]
    owner: Annotated[str, Field(description="The team that owns the step.", examples=["shipping"])]
    severity: Annotated[str, Field(description="info, warning, critical", examples=["critical"])]
    sentence: Annotated[str, Field(description="What is wrong, for people.")]
    description: str
    runbook: str
    at: Time | None
    due: Time | None
    since: Annotated[Time, Field(description="From when on it has held, in event time.")]
    detected_at: Time
    closed_at: Time | None
    closed_because: Annotated[
        str | None, Field(description="rule_removed: nobody asks for it any more; null: it ceased to hold.")
    ]


class CaseFinding(Finding):
    """With what people said of it while it holds."""

    acknowledged: Annotated[bool, Field(description="Somebody has seen it.")]
    settled: Annotated[bool, Field(description="A person resolved the case with it.")]


class InstanceFinding(Finding):
    labels: dict[str, str]


class Event(BaseModel):
    """One event as it was accepted."""

    id: str
    name: Annotated[str, Field(examples=["PaymentReceived"])]
    time: Time
    source: Annotated[str, Field(examples=["payments"])]
    attributes: Annotated[dict[str, Any], Field(examples=[{"amount": 129.9, "currency": "EUR"}])]
    causation_id: str | None
    trace_id: str | None
    span_id: str | None
    received_at: Time


class InstanceDetail(Instance):
    """An instance with everything that is known of it."""

    findings: list[InstanceFinding]  # type: ignore[assignment]  # the same items, told in full
    closed_findings: list[InstanceFinding]
    at_risk: float | None
    unit: str | None
    customer: str | None
    ended_at: Annotated[Time | None, Field(description="When an event ended it, by cancelling it or in good order.")]
    judged_at: Annotated[Time, Field(description="When this verdict was reached; it has not changed since.")]
    conflicts: Annotated[int, Field(description="Events of which copies exist that differ.")]
    undated: Annotated[list[str], Field(description="Steps whose promised deadline was no timestamp.")]
    events: Annotated[list[Event], Field(description="In order of time, the first 10,000.")]


class Health(BaseModel):
    status: Annotated[str, Field(examples=["ok"])]
