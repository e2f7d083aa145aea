"""What the parts of an expression can be, and what can therefore never have a result.

An attribute is JSON, so it can be anything but a timestamp or a duration. A comparison of two things that are never of
one kind is always unknown (rules-language.md §1), which is what nobody means who writes it.
"""

from functools import reduce
from operator import or_

from rules.diagnostic import Check, Problems
from rules.expression import (
    Attribute,
    Binary,
    Call,
    Expression,
    Has,
    ListOf,
    Literal,
    Moment,
    Position,
    Span,
    Unary,
)
from rules.expression_types import ATTRIBUTE, COMPARABLE, Type, of_literal, ways
from rules.parse.call import BROKEN

ANYTHING = ~Type(0)
_SIZED = Type.TEXT | Type.LIST | Type.OBJECT
_DATABLE = Type.TEXT | Type.NUMBER | Type.TIMESTAMP

_NAMES = {
    Type.BOOLEAN: "a boolean",
    Type.NUMBER: "a number",
    Type.TEXT: "text",
    Type.TIMESTAMP: "a timestamp",
    Type.DURATION: "a duration",
    Type.LIST: "a list",
    Type.OBJECT: "an object",
    Type.NULL: "null",
    ATTRIBUTE: "an attribute",
}


def named(types: Type) -> str:
    """For messages: `text`, `an attribute`, `a number or text`."""
    return _NAMES.get(types) or " or ".join(_NAMES[kind] for kind in Type if kind in types)


def start_of(expression: Expression) -> Position:
    """Where an expression begins; a binary one's own position is that of its operator."""
    found = expression.position
    while isinstance(expression, Binary):
        expression = expression.left
        found = expression.position or found  # a part that is broken has none
    assert found is not None
    return found


def check_types(expression: Expression, problems: Problems) -> Type:
    """What the expression can be; reports every part of it that can never have a result."""
    if expression is BROKEN:
        return ANYTHING
    match expression:
        case Literal(value=value):
            return of_literal(value)
        case Moment():
            return Type.TIMESTAMP
        case Span():
            return Type.DURATION
        case Attribute():
            return ATTRIBUTE
        case Has():
            return Type.BOOLEAN
        case ListOf(items=items):
            for item in items:
                check_types(item, problems)
            return Type.LIST
        case Call():
            return _call(expression, problems)
        case Unary():
            return _unary(expression, problems)
        case Binary():
            return _binary(expression, problems)


def _call(expression: Call, problems: Problems) -> Type:
    given = [check_types(argument, problems) for argument in expression.arguments]
    match expression.function:
        case "size":
            _need(expression.arguments[0], given[0], _SIZED, "size(…)", problems)
            return Type.NUMBER
        case "timestamp":
            _need(expression.arguments[0], given[0], _DATABLE, "timestamp(…)", problems)
            return Type.TIMESTAMP
        case name:
            for argument, types in zip(expression.arguments, given, strict=True):
                _need(argument, types, Type.TEXT, f"{name}(…)", problems)
            return Type.BOOLEAN


def _need(expression: Expression, types: Type, wanted: Type, by: str, problems: Problems) -> None:
    if not types & wanted:
        problems.error(start_of(expression), Check.OPERANDS, f"{by} needs {named(wanted)}, not {named(types)}")


def _unary(expression: Unary, problems: Problems) -> Type:
    types = check_types(expression.operand, problems)
    if expression.operator == "!":
        _need(expression.operand, types, Type.BOOLEAN, "!", problems)
        return Type.BOOLEAN
    wanted = Type.NUMBER | Type.DURATION
    _need(expression.operand, types, wanted, "-", problems)
    return types & wanted or wanted


def _binary(expression: Binary, problems: Problems) -> Type:
    left = check_types(expression.left, problems)
    if expression.operator == "in":
        _in(expression, left, problems)
        return Type.BOOLEAN
    right = check_types(expression.right, problems)
    match expression.operator:
        case "&&" | "||":
            _need(expression.left, left, Type.BOOLEAN, expression.operator, problems)
            _need(expression.right, right, Type.BOOLEAN, expression.operator, problems)
        case "+" | "-" | "*" | "/":
            return _arithmetic(expression, left, right, problems)
        case _:
            if reason := _incomparable(left, right):
                hint = _comparison_hint(expression, left, right)
                problems.error(_operator(expression), Check.OPERANDS, f"can never be true: {reason}", hint)
    return Type.BOOLEAN


def _operator(expression: Binary) -> Position:
    assert expression.position is not None
    return expression.position


def _incomparable(left: Type, right: Type) -> str:
    if Type.NULL in (left, right):
        return "a comparison with null is always unknown"
    if left & right & COMPARABLE:
        return ""
    if left & right:
        return f"{named(left & right)} can't be compared"
    return f"compares {named(left)} with {named(right)}"


def _comparison_hint(expression: Binary, left: Type, right: Type) -> str:
    if Type.NULL in (left, right):
        return "has(…) tells whether an attribute is there, !has(…) whether it is not"
    if Type.TIMESTAMP in (left, right) and Type.TEXT & (left | right):
        return "timestamp(…) makes a timestamp of text or of an attribute"
    literal = expression.left if isinstance(expression.left, Literal) else expression.right
    if left | right == Type.TEXT | Type.NUMBER and isinstance(literal, Literal):
        return "a number is written without quotes"
    return ""


def _in(expression: Binary, left: Type, problems: Problems) -> None:
    if isinstance(expression.right, ListOf):
        _in_list(expression, expression.right, left, problems)
        return
    right = check_types(expression.right, problems)
    if not right & Type.LIST:
        hint = "to look into text, write a.contains(b)" if right & Type.TEXT else ""
        problems.error(start_of(expression.right), Check.OPERANDS, f"in needs a list, not {named(right)}", hint)
    elif not left & ATTRIBUTE & COMPARABLE:
        message = f"can never be true: {named(left)} is never an element of an attribute"
        problems.error(_operator(expression), Check.OPERANDS, message)


def _in_list(expression: Binary, right: ListOf, left: Type, problems: Problems) -> None:
    items = [check_types(item, problems) for item in right.items]
    wrong = [_incomparable(left, item) for item in items]
    if not items:
        problems.error(_operator(expression), Check.OPERANDS, "can never be true: the list is empty")
    elif all(wrong) or Type.NULL in items:
        problems.error(_operator(expression), Check.OPERANDS, f"can never be true: {next(filter(None, wrong))}")


def _arithmetic(expression: Binary, left: Type, right: Type, problems: Problems) -> Type:
    results = [result for _, _, result in ways(expression.operator, left, right)]
    if results:
        return reduce(or_, results)
    message = f"{named(left)} {expression.operator} {named(right)} never has a result"
    either = left | right
    dated = either & (Type.DURATION | Type.TIMESTAMP) and either & Type.TEXT
    hint = "timestamp(…) makes a timestamp of text or of an attribute" if dated else ""
    problems.error(_operator(expression), Check.OPERANDS, message, hint)
    return ANYTHING
