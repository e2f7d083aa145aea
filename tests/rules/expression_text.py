"""An expression back as the text that parses to it."""

import json
import re
from datetime import timedelta

from rules.expression import (
    Attribute,
    Binary,
    Call,
    Expression,
    Has,
    ListOf,
    Literal,
    Moment,
    Span,
    Unary,
)
from store.event import SECOND
from tests.rules.oracle_expression import EPOCH

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
METHODS = ("startsWith", "endsWith", "contains", "matches")


def expression(node: Expression) -> str:
    match node:
        case Literal(value=value):
            return json.dumps(value, ensure_ascii=False)
        case Moment(micros=micros):
            return f'timestamp("{instant(micros)}")'
        case Span(micros=micros):
            return f'duration("{seconds(micros)}")'
        case Attribute():
            return attribute(node)
        case Has(attribute=inner):
            return f"has({attribute(inner)})"
        case ListOf(items=items):
            return f"[{', '.join(map(expression, items))}]"
        case Call(function=function, arguments=(receiver, *rest)) if function in METHODS:
            return f"{operand(receiver)}.{function}({', '.join(map(expression, rest))})"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(expression, arguments))})"
        case Unary(operator=operator, operand=below):
            return f"{operator}{operand(below)}"
        case Binary(operator=operator, left=left, right=right):
            return f"{operand(left)} {operator} {operand(right)}"
    raise AssertionError(node)


def operand(node: Expression) -> str:
    plain = isinstance(node, Attribute | ListOf | Call | Has | Moment | Span)
    return expression(node) if plain else f"({expression(node)})"


def attribute(node: Attribute) -> str:
    if node.step is None:
        return node.path[0] + "".join(map(part, node.path[1:]))
    step = node.step if IDENTIFIER.fullmatch(node.step) else f"steps[{json.dumps(node.step, ensure_ascii=False)}]"
    return step + "".join(map(part, node.path))


def part(name: str) -> str:
    return f".{name}" if IDENTIFIER.fullmatch(name) else f"[{json.dumps(name, ensure_ascii=False)}]"


def instant(micros: int) -> str:
    return (EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


def seconds(micros: int) -> str:
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    whole, rest = divmod(micros, SECOND)
    return f"{sign}{whole}" + (f".{rest:06}" if rest else "") + "s"
