"""The abstract syntax of rule expressions: the subset of CEL (https://cel.dev) that rules-language.md names.

The parser makes these nodes, the compiler turns them into SQL. Positions are for diagnostics only: they take no part in
equality, nor in a rule's content hash.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal as OneOf

START = "start"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a rule file; line and column count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    position: Position | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """`null`, a boolean, a number or a string."""

    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Moment(Node):
    """`timestamp("…")` of a constant: microseconds since the Unix epoch, UTC."""

    micros: int


@dataclass(frozen=True, slots=True)
class Span(Node):
    """`duration("…")`: microseconds, perhaps negative."""

    micros: int


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """An attribute of a step's first event, of the start event (`step` is `START`), or of the event at hand (`None`).

    `path` has at least one part; further parts reach into nested objects.
    """

    step: str | None
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Has(Node):
    """`has(a.b)`: true where the attribute is there and not null; never unknown."""

    attribute: Attribute


Function = OneOf["size", "startsWith", "endsWith", "contains", "matches", "timestamp"]


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of the subset; methods carry their receiver as the first argument.

    The pattern of `matches` is always a `Literal` string that RE2 accepts.
    """

    function: Function
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    operator: OneOf["!", "-"]
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary(Node):
    operator: OneOf["==", "!=", "<", "<=", ">", ">=", "&&", "||", "in", "+", "-", "*", "/"]
    left: "Expression"
    right: "Expression"


Expression = Literal | Moment | Span | Attribute | ListOf | Has | Call | Unary | Binary


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression itself and everything below it, outermost first."""
    yield expression
    match expression:
        case ListOf(items=below) | Call(arguments=below):
            children: tuple[Expression, ...] = below
        case Unary(operand=operand):
            children = (operand,)
        case Binary(left=left, right=right):
            children = (left, right)
        case Has(attribute=attribute):
            children = (attribute,)
        case _:
            children = ()
    for child in children:
        yield from walk(child)


def steps_named(expression: Expression) -> tuple[str, ...]:
    """The steps whose attributes an expression reads, each once, in order of appearance; the start is none of them."""
    names = (node.step for node in walk(expression) if isinstance(node, Attribute))
    return tuple(dict.fromkeys(name for name in names if name is not None and name != START))
