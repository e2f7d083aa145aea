"""What `/v1/health` answers, for its description in OpenAPI. A test holds real answers against it."""

from typing import Annotated

from pydantic import BaseModel, Field

from api.latency import Leg
from api.models import Time, WorkflowName
from api.standing import Pace
from rules.evaluate.detection import Delay
from rules.evaluate.work import Work

Seconds = Annotated[float, Field(examples=[0.42])]


class Evaluator(BaseModel):
    """An evaluator that has judged, as it last said."""

    id: Annotated[str, Field(description="The host and the number of its process.", examples=["judge-1:4711"])]
    heard_at: Time
    judged_until: Time
    waiting: int
    held: Annotated[bool, Field(description="Whether a collector or a source held it back.")]


class Done(BaseModel):
    work: Annotated[str, Field(description=f"`tick` as a whole, or a part of it: {', '.join(Work)}.")]
    times: Annotated[int, Field(description="In how many ticks.")]
    looked_at: Annotated[int, Field(description="Correlation IDs, in ticks as a whole.")]
    longest: Annotated[Seconds, Field(description="Seconds, of one tick.")]
    took: Annotated[Seconds, Field(description="Seconds, together.")]
    statements: Annotated[int, Field(description="To ClickHouse.")]
    rows: Annotated[int, Field(description="That ClickHouse read.")]
    bytes: Annotated[int, Field(description="That ClickHouse read.")]
    inserted: Annotated[int, Field(description="Rows.")]


class Took(BaseModel):
    leg: Annotated[
        Leg,
        Field(
            description="`found`: until the finding was written; `entered`: until its case knew of it; `worded`: until "
            "there was a message, the wait that the route asks for included; `sent`: until it was first tried to send "
            "it; `whole`: all of that."
        ),
    ]
    count: int
    p50: Seconds
    p95: Seconds
    p99: Seconds


class LeftOut(BaseModel):
    reason: Annotated[
        str,
        Field(
            description=f"{', '.join(it for it in Delay if it)}: of a rule that was being applied to what is stored; "
            "of events that arrived more than a minute after it; judged after judgement had been held."
        ),
    ]
    count: int


class Latency(BaseModel):
    """From when a finding could have been found: once it held, and what had happened by then had arrived. Seconds."""

    workflow: Annotated[WorkflowName | None, Field(description="Null: of all together.")]
    legs: Annotated[list[Took], Field(description="Without those that nothing went.")]
    left_out: Annotated[list[LeftOut], Field(description="Findings that were late for good reason: in no percentile.")]


class Vitals(BaseModel):
    pace: Annotated[
        Pace,
        Field(
            description="`keeps_up`; `held`: behind, and something is waited for; `busy`: behind, and there is more to "
            "do than gets done; `silent`: no evaluator says anything; `never`: nothing has been judged yet."
        ),
    ]
    sentence: Annotated[
        str, Field(examples=["judging is 42 s behind: held by collector c-3 (ingest-1:4711)"], description="The same.")
    ]
    judged_until: Annotated[Time | None, Field(description="Up to when everything is judged.")]
    lag: Annotated[Seconds | None, Field(description="From then until now, in seconds.")]
    waiting: Annotated[int, Field(description="Correlation IDs that were found to judge, and are not judged yet.")]
    overdue: Annotated[int, Field(description="Instances with a deadline that has passed and is not judged yet.")]
    held_by: Annotated[list[str], Field(description="Collectors that are waited for, by id.")]
    evaluators: list[Evaluator]
    work_since: Time
    work: Annotated[list[Done], Field(description="What evaluators did since then, and what it cost.")]
    window: str
    latency: list[Latency]
