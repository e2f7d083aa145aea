"""What can be asked of each list, as query parameters. A blank parameter counts as left out."""

from collections.abc import Awaitable, Callable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from fastapi import Path, Request
from pydantic import AfterValidator, BaseModel, Field, model_validator
from starlette.convertors import PathConvertor, register_url_convertor

from api.completeness import Span
from api.problem import BadParameters, Fault
from reconcile.actions.row import State as ActionState
from reconcile.cases.case import UNRESOLVED, State
from rules.spec import Severity
from rules.verdict import Kind

LONGEST = 1024
MOST = 500


def without_nul(text: str) -> str:
    # PostgreSQL can't hold it, so nothing that we keep has it.
    if "\0" in text:
        raise ValueError("must not contain a NUL character")
    return text


class Anything(PathConvertor):
    """The rest of a path, slashes and line ends included: what a correlation ID may be."""

    regex = "(?s:.*)"


register_url_convertor("anything", Anything())

Text = Annotated[str, Field(max_length=LONGEST), AfterValidator(without_nul)]
PathText = Annotated[str, Path(max_length=LONGEST), AfterValidator(without_nul)]
Limit = Annotated[int, Field(ge=1, le=MOST, description="Most items of one page.")]
After = Annotated[str | None, Field(max_length=8 * LONGEST, description="`next` of the page before.")]
Sort = Literal["age", "newest", "risk", "severity"]
Age = Literal["under_1h", "1h_4h", "4h_24h", "1d_7d", "over_7d"]


TABS: Mapping[str, tuple[State, ...]] = {
    "open": (State.OPEN, State.ACKNOWLEDGED),
    "snoozed": (State.SNOOZED,),
    "resolved": (State.RESOLVED,),
    "all": tuple(State),
}


def states_of(text: str | None) -> tuple[State, ...]:
    """The states that a filter names, each once and in their order; `None` names all. Raises `ValueError`."""
    wanted: set[State] = set()
    for name in [] if text is None else text.split(","):
        wanted |= UNRESOLVED if name == "unresolved" else {State(name)} if name in tuple(State) else set()
        if name not in (*State, "unresolved"):
            raise ValueError(f"expected {', '.join(State)} or unresolved, or several with commas between them")
    return tuple(state for state in State if text is None or state in wanted)


def _states(text: str) -> str:
    states_of(text)
    return text


class Parameters(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, dict) else given


class SpanParameters(Parameters):
    span: Annotated[Span, Field(description="Of what began within it.")] = "7d"


class CaseFilters(Parameters):
    """What narrows a list of cases. `step`, `kind` and `owner` look at a case's findings, one of which must fit all."""

    workflow: Annotated[Text | None, Field(description="Only this workflow.", examples=["order-fulfilment"])] = None
    step: Annotated[Text | None, Field(description="Has a finding on this step.", examples=["ItemShipped"])] = None
    owner: Annotated[Text | None, Field(description="Has a finding that this team owns.", examples=["payments"])] = None
    severity: Annotated[Severity | None, Field(description="Only cases of this severity.")] = None
    kind: Annotated[Kind | None, Field(description="Has a finding of this kind.")] = None
    assignee: Annotated[
        Text | None, Field(description="Whose it is: a name, `me`, or `none`.", examples=["none", "me", "maria"])
    ] = None
    escalated: Annotated[bool | None, Field(description="Whether it was raised.")] = None
    age: Annotated[Age | None, Field(description="How long it has been stuck; a case has one of them.")] = None


class QueueFilters(CaseFilters):
    """What the list can be narrowed by, and what many cases at once can be chosen by."""

    state: Annotated[
        Annotated[str, AfterValidator(_states)] | None,
        Field(
            description="Only cases in this state: open, acknowledged, snoozed, resolved or unresolved (the first "
            "three), or several with commas between them; all if left out.",
            examples=["open", "unresolved", "open,acknowledged"],
        ),
    ] = None
    correlation_id: Annotated[Text | None, Field(description="Only this correlation ID.", examples=["A-10042"])] = None

    @property
    def states(self) -> tuple[State, ...]:
        return states_of(self.state)


class AgeingParameters(QueueFilters):
    """Of what the ages are counted: of what is unresolved, unless asked otherwise."""

    state: Annotated[
        Annotated[str, AfterValidator(_states)], Field(description="As in the list; unresolved if left out.")
    ] = "unresolved"


class CaseParameters(QueueFilters):
    sort: Annotated[
        Sort,
        Field(
            description="`age`: stuck longest first; `newest`: shortest first; `risk`: highest number at risk first, "
            "whatever its unit; `severity`: most severe first, then by age."
        ),
    ] = "age"
    limit: Limit = 100
    after: After = None


class ChosenParameters(CaseFilters):
    """Cases as the list page chooses them. `open` is what nobody has put aside; `q` is the beginning of a correlation
    ID, or all of it."""

    state: Literal["open", "snoozed", "resolved", "all"] = "open"
    q: Text | None = None

    @property
    def states(self) -> tuple[State, ...]:
        return TABS[self.state]

    @property
    def given(self) -> dict[str, str]:
        """As parameters of an address, without what is so anyway."""
        given = {name: str(value) for name, value in self.model_dump(mode="json", exclude_defaults=True).items()}
        return given if self.escalated is None else {**given, "escalated": "yes" if self.escalated else "no"}


class BoardParameters(ChosenParameters):
    """The list page."""

    sort: Sort | None = None
    after: After = None

    @property
    def order(self) -> Sort:
        """Open cases: the longest stuck first; settled ones: the latest first, unless asked otherwise."""
        return self.sort or ("newest" if self.state in ("resolved", "all") else "age")


class ActionParameters(Parameters):
    state: Annotated[ActionState | None, Field(description="Only actions in this state.")] = None
    limit: Limit = 100
    after: After = None


class NoParameters(Parameters):
    """For addresses that take none."""


def only(parameters: type[Parameters]) -> Callable[[Request], Awaitable[None]]:
    """A dependency that refuses query parameters which are unknown or given twice (`BadParameters`)."""
    known = list(parameters.model_fields)

    async def refuse_others(request: Request) -> None:
        names = [name for name, _ in request.query_params.multi_items()]
        faults = [
            Fault(name, f"is unknown{nearest(name, known)}") for name in dict.fromkeys(names) if name not in known
        ]
        faults += [Fault(name, "is given twice") for name in known if names.count(name) > 1]
        if faults:
            raise BadParameters(faults)

    return refuse_others


def nearest(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    if close:
        return f" (did you mean {close[0]}?)"
    return f" (known are {', '.join(known)})" if known else " (there are none here)"
