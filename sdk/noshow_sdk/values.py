"""Attributes as they can be sent: whatever a service puts into an event, what can be kept of it is, and nothing raises.

| given | sent |
| --- | --- |
| text, whole numbers, floats, booleans, None | the same; a whole number beyond 64 bits as text |
| `Decimal`, `Fraction`, numbers of NumPy | a number; a `Decimal` as text where a float has not all of its digits |
| `datetime`, `date`, `time` | ISO 8601 |
| `UUID`, `Path` | text |
| an enumeration's member | its value |
| bytes | base64 |
| mappings, lists, tuples, sets | the same, eight levels deep, copied |
| NaN and infinity, any other object, what is beyond 128 KiB of one event | left out, and counted |
"""

import base64
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from pathlib import PurePath
from types import UnionType
from typing import Any
from uuid import UUID

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]

LONGEST = 128 * 1024  # bytes of an event's attributes, about half of what the server takes
DEEPEST = 8
_ELEMENT = 8  # bytes that anything takes, about

_LEAST_INTEGER, _GREATEST_INTEGER = -(1 << 63), (1 << 63) - 1


class Unsendable(Exception):
    """The value can't be sent."""


class Room:
    """What is left of the bytes that one event may take."""

    def __init__(self, size: int = LONGEST) -> None:
        self.left = size

    def take(self, size: int) -> None:
        if size > self.left:
            raise Unsendable(f"no room in {LONGEST // 1024} KiB")
        self.left -= size


def sendable(attributes: Mapping[str, object]) -> tuple[dict[str, Value], list[str]]:
    """What can be sent of these, and why the rest can't. Nothing in it is shared with what was given."""
    room = Room()
    kept: dict[str, Value] = {}
    left_out = []
    for key, value in attributes.items():
        left = room.left
        try:
            room.take(len(key) + _ELEMENT)
            kept[key] = _plain(value, room, DEEPEST)
        except Exception as error:  # a mapping, a number, of the service's own making raises what it likes
            left_out.append(f"{key}: {error if isinstance(error, Unsendable) else type(error).__name__}")
            room.left = left
    return kept, left_out


def _plain(value: object, room: Room, depth: int) -> Value:
    convert = _BY_TYPE.get(type(value))
    if convert is not None:
        plain: Value = convert(value, room)
        return plain
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return _collection(value, room, depth)
    if isinstance(value, Enum):
        return _plain(value.value, room, depth)
    for kind, simpler in _BY_KIND:
        if isinstance(value, kind):
            return _plain(simpler(value), room, depth)
    raise Unsendable(f"{type(value).__name__} can't be sent")


def _collection(value: Mapping[object, object] | Iterable[object], room: Room, depth: int) -> Value:
    if not depth:
        raise Unsendable(f"more than {DEEPEST} levels deep")
    if isinstance(value, Mapping):
        members: dict[str, Value] = {}
        for key, item in value.items():
            room.take(len(name := str(key)) + _ELEMENT)
            members[name] = _plain(item, room, depth - 1)
        return members
    items: list[Value] = []
    for item in value:
        room.take(_ELEMENT)
        items.append(_plain(item, room, depth - 1))
    return items


def _same(value: Any, room: Room) -> Value:
    same: bool | None = value
    return same


def _text(value: str, room: Room) -> str:
    if not value.isascii():
        try:
            room.take(len(value.encode()))
        except UnicodeEncodeError:
            raise Unsendable("holds half of a surrogate pair, which is no character") from None
    else:
        room.take(len(value))
    return value


def _whole(value: int, room: Room) -> int | str:
    return value if _LEAST_INTEGER <= value <= _GREATEST_INTEGER else _text(str(value), room)


def _number(value: float, room: Room) -> float:
    if not math.isfinite(value):
        raise Unsendable("NaN and infinity can't be sent")
    return value


def _decimal(value: Decimal) -> float | str:
    if not value.is_finite():
        raise Unsendable("NaN and infinity can't be sent")
    number = float(value)
    return number if Decimal(repr(number)) == value else str(value)


_BY_TYPE: Mapping[type, Callable[[Any, Room], Value]] = {
    type(None): _same,
    bool: _same,
    str: _text,
    int: _whole,
    float: _number,
}
# Each gives something that is looked at once more.
_BY_KIND: tuple[tuple[type | UnionType, Callable[[Any], object]], ...] = (
    (str, str.__str__),
    (Decimal, _decimal),
    (Integral, int),
    (Real, float),
    (date | time, lambda value: value.isoformat()),  # a datetime is a date
    (UUID | PurePath, str),
    (bytes | bytearray | memoryview, lambda value: base64.b64encode(value).decode()),
)
