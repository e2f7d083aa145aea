"""YAML nodes → durations, shares of a deadline, and instants. `None`: it has been reported."""

import re

from rules.diagnostic import Check, Problems, quoted
from rules.parse.literal import moment
from rules.parse.value import is_nothing, refuse
from rules.parse.yaml_tree import Node, Scalar
from rules.spec import Share
from store.duration import parse_duration

_PERCENT = re.compile(r"([-+]?[0-9]+(?:\.[0-9]*)?) ?%")
_DURATION = "a duration such as 90s, 15m, 48h, 1d12h or PT15M"
_WARNING = "a share such as 80% or a duration such as 15m"


def deadline(node: Node, key: str, problems: Problems, expected: str = _DURATION) -> int | None:
    """A duration above zero, in microseconds."""
    found = _duration(node, key, expected, problems)
    if found == 0:
        problems.error(node.at, Check.DURATION, f"{quoted(key)} must be longer than zero")
        return None
    return found


def allowance(node: Node, key: str, problems: Problems) -> int | None:
    """A duration that may be zero, in microseconds; a bare 0 needs no unit."""
    if isinstance(node, Scalar) and node.text == "0":
        return 0
    return _duration(node, key, _DURATION, problems)


def _duration(node: Node, key: str, expected: str, problems: Problems) -> int | None:
    if not isinstance(node, Scalar) or is_nothing(node) or not node.text.strip():
        refuse(node, key, expected, problems)
        return None
    if len(node.text) > 100:
        problems.error(node.at, Check.DURATION, f"{quoted(key)} must be {expected}, not {quoted(node.text)}")
        return None
    try:
        return parse_duration(node.text)
    except ValueError as error:
        unit = f"a number needs a unit: {node.text}s, {node.text}m" if node.text.isdecimal() else ""
        problems.error(node.at, Check.DURATION, f"{quoted(key)}: {error}; this is {quoted(node.text)}", unit)
        return None


def warning(node: Node, key: str, problems: Problems) -> Share | int | None:
    """A share of the way to a deadline, or a duration before it in microseconds, above zero."""
    percent = _PERCENT.fullmatch(node.text) if isinstance(node, Scalar) else None
    if isinstance(node, Scalar) and node.text.isdecimal():
        hint = f"a number needs a unit: {node.text[:20]}%, {node.text[:20]}m"
        problems.error(node.at, Check.DURATION, f"{quoted(key)} must be {_WARNING}, not {quoted(node.text)}", hint)
        return None
    if percent is None:
        return deadline(node, key, problems, _WARNING)
    if re.fullmatch("[1-9][0-9]?", percent[1]):
        return Share(int(percent[1]))
    message = f"{quoted(key)} must be a whole share from 1% to 99%, not {quoted(percent[0])}"
    problems.error(node.at, Check.NUMBER, message)
    return None


def instant(node: Node, key: str, problems: Problems) -> int | None:
    """An RFC 3339 timestamp, quoted or not: µs UTC."""
    expected = "a timestamp such as 2026-11-20T14:05:00Z"
    if not isinstance(node, Scalar) or is_nothing(node) or not node.text.strip():
        refuse(node, key, expected, problems)
        return None
    try:
        return moment(node.text)
    except ValueError as error:
        problems.error(node.at, Check.TIMESTAMP, f"{quoted(key)}: {error}")
        return None
