"""An expression back as the text that a person would write in a rule file."""

import json
import re

from rules.expression import Attribute, Binary, Call, Expression, Has, ListOf, Literal, Moment, Span, Unary
from store.event import HOUR, MINUTE, SECOND
from store.instant import rfc3339

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_METHODS = ("startsWith", "endsWith", "contains", "matches")

# How tightly operators bind, from loose to tight; what is none of them binds tightest.
_BINDING = ({"||"}, {"&&"}, {"==", "!=", "<", "<=", ">", ">=", "in"}, {"+", "-"}, {"*", "/"})


def expression_text(node: Expression) -> str:
    """It parses to the same expression again."""
    match node:
        case Literal(value=value):
            return json.dumps(value, ensure_ascii=False)
        case Moment(micros=micros):
            return f'timestamp("{rfc3339(micros)}")'
        case Span(micros=micros):
            return f'duration("{_span(micros)}")'
        case Attribute():
            return attribute_text(node)
        case Has(attribute=inner):
            return f"has({attribute_text(inner)})"
        case ListOf(items=items):
            return f"[{', '.join(map(expression_text, items))}]"
        case Call():
            return _call(node)
        case Unary(operator=operator, operand=operand):
            return operator + _within(operand, len(_BINDING))
        case Binary(operator=operator, left=left, right=right):
            # A comparison does not chain; of the others the left one binds first.
            here = _tightness(node)
            return f"{_within(left, here + (here == _COMPARISON))} {operator} {_within(right, here + 1)}"


def attribute_text(node: Attribute) -> str:
    path = ".".join(node.path)
    if node.step is None:
        return path
    if _IDENTIFIER.fullmatch(node.step):
        return f"{node.step}.{path}"
    return f"steps[{json.dumps(node.step, ensure_ascii=False)}].{path}"


def _call(node: Call) -> str:
    receiver, *rest = node.arguments
    if node.function not in _METHODS:
        return f"{node.function}({', '.join(map(expression_text, node.arguments))})"
    return f"{_within(receiver, len(_BINDING) + 1)}.{node.function}({', '.join(map(expression_text, rest))})"


def _within(node: Expression, least: int) -> str:
    text = expression_text(node)
    return text if _tightness(node) >= least else f"({text})"


def _tightness(node: Expression) -> int:
    match node:
        case Binary(operator=operator):
            return next(place for place, operators in enumerate(_BINDING) if operator in operators)
        case Unary() | Literal(value=int() | float()):
            return len(_BINDING)
        case _:
            return len(_BINDING) + 1


_COMPARISON = 2


def _span(micros: int) -> str:
    """In the largest unit of CEL that leaves no rest."""
    for unit, letter in ((HOUR, "h"), (MINUTE, "m")):
        if micros and micros % unit == 0:
            return f"{micros // unit}{letter}"
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    whole, rest = divmod(micros, SECOND)
    return f"{sign}{whole}" + (f".{rest:06}".rstrip("0") if rest else "") + "s"
