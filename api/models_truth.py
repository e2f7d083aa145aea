"""What is sent about the source of truth, and what the REST interface answers. Unknown keys are refused."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool

from api.models import Next, Time
from api.parameters import LONGEST, Text, without_nul
from store.instant import parse_instant

Reason = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(without_nul)]


def _instant(text: str) -> str:
    parse_instant(text)
    return text


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TestifyBody(Body):
    word: Annotated[Literal["confirmed", "absent"], Field(description="It did happen; or it did not, and will not.")]
    reason: Annotated[Reason, Field(description="How you know.", examples=["it is in the provider's ledger"])]
    time: Annotated[
        str | None,
        Field(max_length=LONGEST, description="When it happened; left out, it counts as of now."),
        AfterValidator(lambda text: text if text is None else _instant(text)),
    ] = None


class RecheckBody(Body):
    workflow: Annotated[Text, Field(description="Only this workflow.")] = ""
    step: Annotated[Text, Field(description="Only this step.")] = ""
    dry_run: Annotated[StrictBool, Field(description="Only count.")] = False


class Lookup(BaseModel):
    """How it stands with asking the source about a step."""

    step: str
    state: Annotated[str, Field(description="waiting, answered, idle")]
    trigger: Annotated[str, Field(description="finding, schedule, button, recheck")]
    outcome: Annotated[str | None, Field(description="confirmed, absent, unknown; null before the first answer.")]
    sentence: Annotated[str, Field(description="For people.")]
    total: Annotated[int, Field(description="How often it was asked.")]
    last_at: Time | None
    next_at: Annotated[Time | None, Field(description="Null where it is not asked again by itself.")]
    status: Annotated[int | None, Field(description="Of HTTP.")]


class Lookups(BaseModel):
    items: list[Lookup]


class Asked(BaseModel):
    under_way: Annotated[bool, Field(description="The answer had not come yet: look at the lookups of the case.")]
    lookup: Lookup


class Word(BaseModel):
    id: Annotated[str, Field(description="Of the event that it becomes.")]
    word: str


class Rechecked(BaseModel):
    lookups: Annotated[int, Field(description="How many that makes.")]
    dry_run: bool


class Line(BaseModel):
    """A line of a file of truth, and what it would change."""

    line: Annotated[int, Field(description="Its number, the header's is 1.")]
    workflow: str | None
    correlation_id: str
    step: str
    word: str
    effect: Annotated[str, Field(description="confirms, denies, or why it changes nothing.", examples=["confirms"])]
    sentence: str
    at_risk: float | None
    unit: str | None
    customer: str | None


class File(BaseModel):
    fingerprint: Annotated[str, Field(description="Give it to apply just this file.")]
    changes: Annotated[int, Field(description="How many lines change anything.")]
    totals: Annotated[dict[str, int], Field(description="Lines by effect.", examples=[{"confirms": 50}])]
    at_risk: Annotated[dict[str, float], Field(description="By unit, in the orders that it changes.")]
    lines: list[Line]


class Live(BaseModel):
    """What the source of truth says of a step."""

    outcome: Annotated[str, Field(description="confirmed, absent, unknown", examples=["confirmed"])]
    time: Annotated[Time | None, Field(description="When it happened, if the source says so.")]
    status: int | None
    asked_at: Time
    stale: Annotated[bool, Field(description="The source can't be asked now; this is its last answer.")]
    warning: Annotated[str | None, Field(description="Why it is stale.")]


class Discrepancy(BaseModel):
    """Where a source of truth and what is stored here differ."""

    id: str
    source: Annotated[str, Field(description="The sweep that found it.", examples=["payments"])]
    kind: Annotated[str, Field(description="theirs_only, ours_only, amount, outcome, unknown_order")]
    workflow: str
    correlation_id: str
    step: str
    theirs: dict[str, Any]
    ours: dict[str, Any]
    state: Annotated[str, Field(description="open, corrected, closed")]
    found_at: Time
    last_seen_at: Time
    corrected_at: Time | None
    correction: Annotated[str | None, Field(description="What was done about it.")]
    closed_at: Annotated[Time | None, Field(description="When it was seen that they differ no longer.")]


class DiscrepancyPage(BaseModel):
    items: list[Discrepancy]
    next: Next
