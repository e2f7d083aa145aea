"""Where the truth about a step lives, and what an operator may do: parsed and checked here, acted on by `reconcile`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from rules.expression import Attribute, Expression

CORRELATION_ID = "correlation_id"
MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class Variable:
    """`${NAME}`: a variable of the environment, read when the request is made, so that no secret is in a file."""

    name: str


@dataclass(frozen=True, slots=True)
class OfCase:
    """`{correlation_id}`, `{workflow}` or `{step}` of the case at hand."""

    name: str


Part = str | Variable | OfCase | Attribute


@dataclass(frozen=True, slots=True)
class Template:
    """Text with places to fill in: plain text, variables, and attributes of steps or of the start."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object of a body."""

    items: Mapping[str, "Body"]


@dataclass(frozen=True, slots=True)
class Items:
    """A JSON array of a body."""

    items: tuple["Body", ...]


Body = Fields | Items | Template | bool | int | float | None
"""What an action sends as JSON, with a template wherever there is text."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A lookup. `confirmed`, `absent` and `time` read `code` (a number) and `response` (the JSON body), as attributes
    of the event at hand. `every`: µs between two lookups of what stays unknown; `cache`: µs an answer is good for."""

    get: Template
    confirmed: Expression
    absent: Expression
    headers: Mapping[str, Template]
    time: Expression | None = None
    every: int = 5 * MINUTE
    cache: int = 0


class Upon(StrEnum):
    """The kinds of finding upon which an action may run by itself: those of steps of which it is known whether they
    happened. What is missing is unknown, so it is not among them."""

    FAILED = "failed"
    LATE = "late"
    DUPLICATE = "duplicate"
    MISMATCH = "mismatch"
    AFTER_END = "after_end"
    NOT_UNDONE = "not_undone"


@dataclass(frozen=True, slots=True)
class Action:
    """A request that an operator can send. `idempotent`: the receiver honours the idempotency key, so that it may be
    repeated; `approve`: how many people it takes; `automatic`: upon what it runs by itself, which takes `idempotent`
    and goes with no second person."""

    name: str
    label: str
    post: Template
    headers: Mapping[str, Template]
    body: Body = None
    idempotent: bool = False
    approve: int = 1
    automatic: tuple[Upon, ...] = ()


PartT = TypeVar("PartT", bound=Part)


def joined(parts: Iterable[PartT | str]) -> Iterator[PartT | str]:
    """Neighbouring pieces of plain text as one, and no empty ones."""
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield text
        text = ""
        yield part
    if text:
        yield text
