"""Calls in expressions: which functions there are, and which of them give a constant."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

from rules.diagnostic import Check, did_you_mean, quoted
from rules.expression import Call, Expression, Function, Literal, Moment, Position, Span
from rules.parse.cel import SUBSET, CelError
from rules.parse.literal import check_pattern, moment, moment_of_seconds, span

BROKEN: Expression = Literal(None)
"""Stands for a part that has been reported; told by identity."""

_FUNCTIONS = {"has": 1, "size": 1, "timestamp": 1, "duration": 1, "matches": 2}
_METHODS = {"startsWith": 1, "endsWith": 1, "contains": 1, "matches": 1, "size": 0}
_MACROS = ("all", "exists", "exists_one", "existsOne", "filter", "map")


@contextmanager
def value_errors(offset: int) -> Iterator[None]:
    """A `ValueError` inside becomes a `CelError` at the offset."""
    try:
        yield
    except ValueError as error:
        raise CelError(offset, Check.VALUE, str(error)) from None


def check_function(name: str, offset: int, arguments: int) -> None:
    """Raises `CelError` unless there is such a function with so many arguments."""
    if name in _METHODS and name not in _FUNCTIONS:
        hint = f'as in Payment.status.{name}("…")'
        raise CelError(offset, Check.SUBSET, f"{name} is written behind what it looks at", hint)
    _check(name, offset, arguments, _FUNCTIONS)


def check_method(name: str, offset: int, arguments: int) -> None:
    """Raises `CelError` unless there is such a method with so many arguments."""
    if name in _FUNCTIONS and name not in _METHODS:
        raise CelError(offset, Check.SUBSET, f"{name} is written around what it looks at, as in {name}(…)")
    _check(name, offset, arguments, _METHODS)


def _check(name: str, offset: int, arguments: int, known: Mapping[str, int]) -> None:
    if name in _MACROS:
        raise CelError(offset, Check.SUBSET, f"the macro {name} is not supported here", SUBSET)
    if name not in known:
        near = did_you_mean(name, [*known])
        raise CelError(offset, Check.SUBSET, f"there is no function {quoted(name)}{near}", SUBSET)
    if arguments != known[name]:
        takes = {0: "nothing", 1: "one argument", 2: "two arguments"}[known[name]]
        raise CelError(offset, Check.SUBSET, f"{name}(…) takes {takes}, not {arguments}")


def called(name: str, given: list[Expression], last_at: int, at: Position) -> Expression:
    """The call of a known function, or the constant that it comes to; `last_at` is where its last operand stands."""
    if any(operand is BROKEN for operand in given):
        return BROKEN
    match name, given[-1]:
        case "duration" | "timestamp", Literal(value=constant):
            with value_errors(last_at):
                return _constant(name, constant, at)
        case "duration", _:
            raise CelError(last_at, Check.VALUE, _DURATION)
        case "matches", Literal(value=str(pattern)):
            with value_errors(last_at):
                check_pattern(pattern)
        case "matches", _:
            raise CelError(last_at, Check.VALUE, "matches(…) takes a pattern in quotes")
    return Call(cast(Function, name), tuple(given), position=at)


_DURATION = 'duration(…) takes text in quotes, such as "1h30m"'


def _constant(name: str, constant: bool | int | float | str | None, at: Position) -> Expression:
    match name, constant:
        case "timestamp", str(text):
            return Moment(moment(text), position=at)
        case "timestamp", int() | float() as seconds if not isinstance(seconds, bool):
            return Moment(moment_of_seconds(seconds), position=at)
        case "duration", str(text):
            return Span(span(text), position=at)
        case "duration", _:
            raise ValueError(_DURATION)
        case _:
            raise ValueError("timestamp(…) needs text or a number of seconds")
