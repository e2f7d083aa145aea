"""The kinds of value that expressions have, and what arithmetic makes of them (rules-language.md §1, "Expressions")."""

from collections.abc import Iterator
from enum import Flag, auto


class Type(Flag):
    """One kind, or several where a value can be any of them. Comparisons are tried in this order."""

    BOOLEAN = auto()
    NUMBER = auto()
    TEXT = auto()
    TIMESTAMP = auto()
    DURATION = auto()
    LIST = auto()
    OBJECT = auto()
    NULL = auto()


ATTRIBUTE = Type.BOOLEAN | Type.NUMBER | Type.TEXT | Type.LIST | Type.OBJECT
COMPARABLE = Type.BOOLEAN | Type.NUMBER | Type.TEXT | Type.TIMESTAMP | Type.DURATION

_RESULTS = {
    **{(operator, Type.NUMBER, Type.NUMBER): Type.NUMBER for operator in "+-*/"},
    ("+", Type.TEXT, Type.TEXT): Type.TEXT,
    ("+", Type.TIMESTAMP, Type.DURATION): Type.TIMESTAMP,
    ("+", Type.DURATION, Type.TIMESTAMP): Type.TIMESTAMP,
    ("+", Type.DURATION, Type.DURATION): Type.DURATION,
    ("-", Type.TIMESTAMP, Type.DURATION): Type.TIMESTAMP,
    ("-", Type.TIMESTAMP, Type.TIMESTAMP): Type.DURATION,
    ("-", Type.DURATION, Type.DURATION): Type.DURATION,
}


def of_literal(value: bool | int | float | str | None) -> Type:
    match value:
        case bool():
            return Type.BOOLEAN
        case int() | float():
            return Type.NUMBER
        case str():
            return Type.TEXT
        case None:
            return Type.NULL


def ways(operator: str, left: Type, right: Type) -> Iterator[tuple[Type, Type, Type]]:
    """What arithmetic can make of two operands: the kinds of the left, of the right, and of the result."""
    for (name, a, b), result in _RESULTS.items():
        if name == operator and a in left and b in right:
            yield a, b, result
