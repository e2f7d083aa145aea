"""What an expression means, read from rules-language.md and written to be obviously right rather than fast.

Values are Python's own: `None` is unknown and absent alike, a JSON object is a dict, an array a list. `Moment` and
`Span` are the two values that JSON has not.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import Any

import re2

from rules.expression import Attribute, Binary, Call, Expression, Has, ListOf, Literal, Moment, Span, Unary

Value = None | bool | int | float | str | Moment | Span | list["Value"] | dict[str, "Value"]

# The attributes, as JSON text, of the first event of each step, of START, and (`None`) of the event at hand.
Scope = Mapping[str | None, str]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = (datetime(1900, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
LATEST = (datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))?)?", re.ASCII
)


def is_true(expression: Expression | None, scope: Scope) -> bool:
    """Whether a condition holds: unknown counts as false, no condition as true."""
    return expression is None or evaluate(expression, scope) is True


def evaluate(expression: Expression, scope: Scope) -> Value:
    match expression:
        case Literal(value=value):
            return value
        case Moment() | Span():
            return expression
        case Attribute():
            return look_up(expression, scope)
        case Has(attribute=attribute):
            return look_up(attribute, scope) is not None
        case ListOf(items=items):
            return [evaluate(item, scope) for item in items]
        case Call(function=function, arguments=arguments):
            return call(function, [evaluate(argument, scope) for argument in arguments])
        case Unary(operator="!", operand=operand):
            return negation(truth(evaluate(operand, scope)))
        case Unary(operator="-", operand=operand):
            return minus(evaluate(operand, scope))
        case Binary(operator=operator, left=left, right=right):
            return binary(operator, evaluate(left, scope), evaluate(right, scope))
    raise AssertionError(expression)


def binary(operator: str, left: Value, right: Value) -> Value:
    match operator:
        case "||":
            return either(truth(left), truth(right))
        case "&&":
            return negation(either(negation(truth(left)), negation(truth(right))))
        case "in":
            return is_in(left, right)
        case "+" | "-" | "*" | "/":
            return arithmetic(operator, left, right)
        case "!=":
            return negation(compare("==", left, right))
        case _:
            return compare(operator, left, right)


# Attributes


def look_up(attribute: Attribute, scope: Scope) -> Value:
    """The attribute's value; `None` if the step, the attribute or anything on its path is absent."""
    value = _read(scope[attribute.step]) if attribute.step in scope else None
    for part in attribute.path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


@lru_cache(maxsize=10_000)
def _read(text: str) -> Value:
    value: Value = json.loads(text, parse_int=_integer)
    return value


def _integer(digits: str) -> int | str:
    return int(digits) if -(2**63) <= int(digits) < 2**64 else digits


# Logic of true, false and unknown


def truth(value: Value) -> bool | None:
    return value if isinstance(value, bool) else None


def negation(value: bool | None) -> bool | None:
    return None if value is None else not value


def either(left: bool | None, right: bool | None) -> bool | None:
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


# Comparison

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {"==": eq, "<": lt, "<=": le, ">": gt, ">=": ge}


def compare(operator: str, left: Value, right: Value) -> bool | None:
    """True or false for two values of one comparable kind, else unknown. `!=` is the negation of `==`."""
    if kind(left) is None or kind(left) != kind(right):
        return None
    if kind(left) == "number" and not (isinstance(left, int) and isinstance(right, int)):
        return COMPARISONS[operator](to_double(left), to_double(right))
    return COMPARISONS[operator](sort_key(left), sort_key(right))


def kind(value: Value) -> str | None:
    """The kind within which values compare; nothing, lists and objects compare with nothing."""
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case Moment():
            return "timestamp"
        case Span():
            return "duration"
        case _:
            return None


def sort_key(value: Value) -> bool | int | float | bytes:
    match value:
        case str():
            return value.encode()
        case Moment(micros=micros) | Span(micros=micros):
            return micros
        case bool() | int() | float():
            return value
    raise AssertionError(value)


def is_in(left: Value, right: Value) -> bool | None:
    if left is None or not isinstance(right, list):
        return None
    found: bool | None = False
    for item in right:
        found = either(found, compare("==", left, item))
    return found


# Arithmetic: numbers are doubles; what is not finite is unknown


def is_number(value: Value) -> bool:
    return kind(value) == "number"


def to_double(value: Value) -> float:
    assert isinstance(value, int | float)
    return float(value)


def minus(value: Value) -> Value:
    if isinstance(value, Span):
        return Span(-value.micros)
    return -to_double(value) if is_number(value) else None


def arithmetic(operator: str, left: Value, right: Value) -> Value:
    if is_number(left) and is_number(right):
        return calculate(operator, to_double(left), to_double(right))
    match left, operator, right:
        case str(), "+", str():
            return left + right
        case Moment(), "+", Span():
            return Moment(left.micros + right.micros)
        case Span(), "+", Moment():
            return Moment(left.micros + right.micros)
        case Moment(), "-", Span():
            return Moment(left.micros - right.micros)
        case Moment(), "-", Moment():
            return Span(left.micros - right.micros)
        case Span(), "+", Span():
            return Span(left.micros + right.micros)
        case Span(), "-", Span():
            return Span(left.micros - right.micros)
        case _:
            return None


def calculate(operator: str, left: float, right: float) -> float | None:
    match operator:
        case "+":
            result = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case _:
            result = left / right if right != 0 else math.nan
    return result if math.isfinite(result) else None


# Functions


def call(function: str, arguments: list[Value]) -> Value:
    match function, arguments:
        case "size", [str() | list() | dict() as value]:
            return len(value)
        case "timestamp", [value]:
            return timestamp(value)
        case "startsWith", [str() as text, str() as part]:
            return text.startswith(part)
        case "endsWith", [str() as text, str() as part]:
            return text.endswith(part)
        case "contains", [str() as text, str() as part]:
            return part in text
        case "matches", [str() as text, str() as pattern]:
            return re2.search(pattern, text) is not None
        case _:
            return None


def timestamp(value: Value) -> Moment | None:
    """What `timestamp(...)` gives, and how the value of `due` becomes an instant."""
    match value:
        case Moment():
            return moment(value.micros)
        case str():
            return _of_text(value)
        case bool():
            return None
        case int() | float():
            return _of_seconds(float(value))
        case _:
            return None


def moment(micros: int) -> Moment | None:
    return Moment(micros) if EARLIEST <= micros <= LATEST else None


def _of_seconds(seconds: float) -> Moment | None:
    micros = seconds * 1e6 + 0.5
    return moment(math.floor(micros)) if math.isfinite(micros) else None


def _of_text(text: str) -> Moment | None:
    found = RFC3339.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, zone_hours, zone_minutes = found.groups("0")
    if int(year) < 1900 or int(zone_hours) > 23 or int(zone_minutes) > 59:
        return None
    try:
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    micros = (local - EPOCH) // timedelta(microseconds=1) + int(fraction[:6].ljust(6, "0"))
    offset = (int(zone_hours) * 60 + int(zone_minutes)) * 60_000_000
    return moment(micros + offset if sign == "-" else micros - offset)
