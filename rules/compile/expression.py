"""Expressions of rules → ClickHouse SQL.

Attributes are JSON of any type, so an expression is compiled *as* a type: SQL that is NULL wherever the value is not of
that type. A comparison is made in every type that both sides can have, and the first that is not NULL is the answer.
CEL's unknown is SQL's NULL: `&&`, `||` and `!` have the same three-valued logic in both.
"""

from collections.abc import Callable
from functools import reduce
from operator import or_

from rules.compile.sql import NULL, Column, Constant, Function, Lambda, Sql, Value, call, equals, present
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
from rules.expression_types import ATTRIBUTE, COMPARABLE, Type, of_literal, ways

Columns = Callable[[str | None], Sql]
"""Where the attributes of a step (or of the start, or with `None` of the event at hand) are: a column of JSON text."""

EARLIEST = -2_208_988_800_000_000  # 1900-01-01T00:00:00Z
LATEST = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999Z

_EXACT = 2**53  # below it every integer is a double of its own, and comparing as doubles is exact
_TIMESTAMP = (
    r"^\d{4}-\d{2}-\d{2}"
    r"([Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)?)?$"
)
_INTEGERS = ("Int64", "UInt64")
_READERS = {
    Type.BOOLEAN: ("JSONExtractBool", ("Bool",)),
    Type.NUMBER: ("JSONExtractFloat", (*_INTEGERS, "Double")),
    Type.TEXT: ("JSONExtractString", ("String",)),
}
_COMPARISONS = {
    "==": "equals",
    "!=": "notEquals",
    "<": "less",
    "<=": "lessOrEquals",
    ">": "greater",
    ">=": "greaterOrEquals",
}
_ARITHMETIC = {"+": "plus", "-": "minus", "*": "multiply", "/": "divide"}


def attributes_of(step: str | None) -> Sql:
    """The column of `histories` with the attributes of a step's first event, or of the start event."""
    return Column(f"{step}:attributes")


def is_true(expression: Expression, columns: Columns) -> Sql:
    """1 where the expression is true, 0 where it is false or unknown."""
    return call("ifNull", _as(expression, Type.BOOLEAN, columns), Constant(0))


def as_number(expression: Expression, columns: Columns) -> Sql:
    """Nullable(Float64)."""
    return _as(expression, Type.NUMBER, columns)


def as_timestamp(expression: Expression, columns: Columns) -> Sql:
    """Nullable(Int64): a timestamp, RFC 3339 text or a number of seconds; microseconds, 1900 to 9999."""
    if isinstance(expression, Call) and expression.function == "timestamp":
        return as_timestamp(expression.arguments[0], columns)
    time = _as(expression, Type.TIMESTAMP, columns)
    candidates = [time, _parsed(_as(expression, Type.TEXT, columns)), _seconds(_as(expression, Type.NUMBER, columns))]
    kept = [candidate for candidate in candidates if candidate != NULL]
    return _between(_first(kept)) if kept else NULL


def as_label(expression: Expression, columns: Columns) -> Sql:
    """Nullable(String): text as it is; an attribute that is an integer or a boolean as its JSON text."""
    text = _as(expression, Type.TEXT, columns)
    if not isinstance(expression, Attribute):
        return text
    raw = _extracted(expression, columns, "JSONExtractRaw", ("Bool", *_INTEGERS))
    return call("coalesce", text, raw)


def types(expression: Expression) -> Type:
    """Every kind that the value of an expression can have; none where it is always unknown."""
    match expression:
        case Literal(value=value):
            return of_literal(value)
        case Moment() | Call(function="timestamp"):
            return Type.TIMESTAMP
        case Span():
            return Type.DURATION
        case Attribute():
            return ATTRIBUTE
        case ListOf():
            return Type.LIST
        case Call(function="size"):
            return Type.NUMBER
        case Unary(operator="-", operand=operand):
            return types(operand) & (Type.NUMBER | Type.DURATION)
        case Binary(operator="+" | "-" | "*" | "/" as operator, left=left, right=right):
            return reduce(or_, (result for _, _, result in ways(operator, types(left), types(right))), Type(0))
        case Has() | Call() | Unary() | Binary():
            return Type.BOOLEAN


def _as(expression: Expression, wanted: Type, columns: Columns) -> Sql:
    """The value as the wanted type, NULL where it is of another."""
    if wanted not in types(expression):
        return NULL
    match expression:
        case Literal(value=value):
            return _literal(value)
        case Moment(micros=micros) | Span(micros=micros):
            return Value(micros, "Int64")
        case Attribute():
            return _attribute(expression, wanted, columns)
        case Has(attribute=attribute):
            return call("notEquals", _json_type(attribute, columns), Constant("Null"))
        case Unary(operator="!", operand=operand):
            return call("not", _as(operand, Type.BOOLEAN, columns))
        case Unary(operand=operand):
            return call("negate", _as(operand, wanted, columns))
        case Call():
            return _call(expression, columns)
        case Binary(operator="&&" | "||" as operator, left=left, right=right):
            name = "and" if operator == "&&" else "or"
            return call(name, _as(left, Type.BOOLEAN, columns), _as(right, Type.BOOLEAN, columns))
        case Binary(operator="in", left=left, right=right):
            return _in(left, right, columns)
        case Binary(operator=operator, left=left, right=right) if operator in _COMPARISONS:
            return _compared(_COMPARISONS[operator], left, right, columns)
        case Binary():
            return _calculated(expression, wanted, columns)
        case ListOf():
            return NULL


def _literal(value: bool | int | float | str | None) -> Sql:
    match value:
        case bool():
            return Constant(int(value))
        case int() | float():
            return Value(float(value), "Float64")
        case str():
            return Value(value, "String")
        case None:
            return NULL


def _attribute(attribute: Attribute, wanted: Type, columns: Columns) -> Sql:
    reader = _READERS.get(wanted)
    return NULL if reader is None else _extracted(attribute, columns, *reader)


def _extracted(attribute: Attribute, columns: Columns, reader: str, json_types: tuple[str, ...]) -> Sql:
    """The readers convert between types on their own, so the type is asked for first."""
    where = (columns(attribute.step), *_path(attribute))
    value = call(reader, *where, *([Constant("Int128")] if reader == "JSONExtract" else []))
    return call("if", _is_one_of(_json_type(attribute, columns), json_types), value, NULL)


def _is_one_of(json_type: Sql, names: tuple[str, ...]) -> Sql:
    if len(names) == 1:
        return equals(json_type, Constant(names[0]))
    return call("in", json_type, call("tuple", *map(Constant, names)))


def _json_type(attribute: Attribute, columns: Columns) -> Sql:
    return call("JSONType", columns(attribute.step), *_path(attribute))


def _path(attribute: Attribute) -> tuple[Sql, ...]:
    return tuple(Value(part, "String") for part in attribute.path)


def _first(candidates: list[Sql]) -> Sql:
    if not candidates:
        return NULL
    return candidates[0] if len(candidates) == 1 else Function("coalesce", tuple(candidates))


def _compared(name: str, left: Expression, right: Expression, columns: Columns) -> Sql:
    """In every kind that both can be; integers first, for two of them compare exactly where doubles could not."""
    made = [(_exactly(left, columns), _exactly(right, columns))]
    made += [(_as(left, kind, columns), _as(right, kind, columns)) for kind in types(left) & types(right) & COMPARABLE]
    return _first([call(name, a, b) for a, b in made if NULL not in (a, b)])


def _exactly(expression: Expression, columns: Columns) -> Sql:
    """As Int128; NULL also where a double says as much: so that `x > 100` is one comparison."""
    match expression:
        case Literal(value=int() as value) if abs(value) >= _EXACT:
            return Value(value, "Int128")
        case Attribute():
            return _extracted(expression, columns, "JSONExtract", _INTEGERS)
        case _:
            return NULL


def _calculated(expression: Binary, wanted: Type, columns: Columns) -> Sql:
    operator, left, right = expression.operator, expression.left, expression.right
    made = [
        _operation(operator, _as(left, a, columns), _as(right, b, columns), wanted)
        for a, b, result in ways(operator, types(left), types(right))
        if result is wanted
    ]
    return _first(made)


def _operation(operator: str, left: Sql, right: Sql, wanted: Type) -> Sql:
    if wanted is Type.TEXT:
        return call("concat", left, right)
    if wanted is not Type.NUMBER:
        return call(_ARITHMETIC[operator], left, right)
    if operator == "/":
        right = call("nullIf", right, Constant(0))
    return call("ifNotFinite", call(_ARITHMETIC[operator], left, right), NULL)


def _call(expression: Call, columns: Columns) -> Sql:
    first, *rest = expression.arguments
    if expression.function == "timestamp":
        return as_timestamp(first, columns)
    if expression.function == "size":
        return _size(first, columns)
    text = _as(first, Type.TEXT, columns)
    other = _as(rest[0], Type.TEXT, columns)
    match expression.function:
        case "contains":
            return call("greater", call("position", text, other), Constant(0))
        case "matches":
            # ClickHouse lets `.` match a line break; RE2, which CEL names, does not.
            pattern = rest[0].value if isinstance(rest[0], Literal) else None
            return NULL if text == NULL else call("match", text, Value(f"(?-s){pattern}", "String"))
        case name:
            return call(name, text, other)


def _size(expression: Expression, columns: Columns) -> Sql:
    if isinstance(expression, ListOf):
        return Value(float(len(expression.items)), "Float64")
    sizes = [call("toFloat64", call("lengthUTF8", _as(expression, Type.TEXT, columns)))]
    if isinstance(expression, Attribute):
        length = _extracted(expression, columns, "JSONLength", ("Array", "Object"))
        sizes.append(call("toFloat64", length))
    return _first([size for size in sizes if size.arguments[0] != call("lengthUTF8", NULL)])


def _in(left: Expression, right: Expression, columns: Columns) -> Sql:
    if isinstance(right, ListOf):
        return _in_list(left, right, columns)
    if isinstance(right, Attribute):
        return _in_attribute(left, right, columns)
    return NULL


def _in_list(left: Expression, right: ListOf, columns: Columns) -> Sql:
    if not right.items:
        return call("if", _known(left, columns), Constant(0), NULL)
    tests = [_compared("equals", left, item, columns) for item in right.items]
    return tests[0] if len(tests) == 1 else Function("or", tuple(tests))


def _known(expression: Expression, columns: Columns) -> Sql:
    if isinstance(expression, Attribute):
        return call("notEquals", _json_type(expression, columns), Constant("Null"))
    if isinstance(expression, ListOf):
        return Constant(1)
    found = [present(_as(expression, kind, columns)) for kind in types(expression)]
    return call("or", Constant(0), *found)


def _in_attribute(left: Expression, right: Attribute, columns: Columns) -> Sql:
    """OR over the elements of a JSON array: true if one is equal, else unknown if one could not be compared."""
    elements = call("JSONExtractArrayRaw", columns(right.step), *_path(right))

    def at_hand(step: str | None) -> Sql:
        return Column("element") if step == _ELEMENT.step else columns(step)

    test = _compared("equals", left, _ELEMENT, at_hand)
    score = Lambda("element", call("ifNull", call("multiply", test, Constant(2)), Constant(1)))
    best = call("arrayMax", call("arrayPushFront", call("arrayMap", score, elements), Constant(0)))
    answer = call("arrayElement", call("array", Constant(0), NULL, Constant(1)), call("plus", best, Constant(1)))
    is_array = equals(_json_type(right, columns), Constant("Array"))
    return call("if", call("and", is_array, _known(left, columns)), answer, NULL)


_ELEMENT = Attribute("\0element", ())


def _parsed(text: Sql) -> Sql:
    """RFC 3339, without zone UTC, a date its midnight (the engine's own parser takes much more)."""
    if text == NULL:
        return NULL
    parsed = call("parseDateTime64BestEffortOrNull", call("upper", text), Constant(6), Constant("UTC"))
    return call("if", call("match", text, Constant(_TIMESTAMP)), call("toUnixTimestamp64Micro", parsed), NULL)


def _seconds(number: Sql) -> Sql:
    if number == NULL:
        return NULL
    micros = call("floor", call("plus", call("multiply", number, Constant(1_000_000)), Value(0.5, "Float64")))
    # Out of range before the conversion, which would wrap around.
    return call("accurateCastOrNull", micros, Constant("Int64"))


def _between(time: Sql) -> Sql:
    within = call(
        "and", call("greaterOrEquals", time, Constant(EARLIEST)), call("lessOrEquals", time, Constant(LATEST))
    )
    return call("if", within, time, NULL)
