"""JSON text that ClickHouse can read: for its parser one odd character or number breaks a whole document."""

import json
import math
import re
from collections import Counter
from typing import Any

from collector.acceptance import HALF_SURROGATE, describe, printable
from collector.errors import Refused

MAX_DEPTH = 64

_LONGEST_INTEGER = 4_300  # characters; Python stops reading there, and so does msgspec
_SPACED_COLON = re.compile(rb"[ \t\r\n]:")


class NotJson(Refused):
    """Text that is no JSON. `position` counts its bytes from 0; `extra`: the text goes on after one good value."""

    def __init__(self, reason: str, position: int, *, extra: bool = False) -> None:
        super().__init__("", f"not JSON: {reason} (byte {position + 1})")
        self.position = position
        self.extra = extra


class _Doubled(dict[str, Any]):
    """An object in which `key` occurred more than once."""

    key: str


def parse(text: str) -> Any:
    """The value of JSON text, read generously: NaN, halves of surrogate pairs, doubled keys are for `check` to name.

    Raises `NotJson`.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_float=float, parse_constant=float)
    except json.JSONDecodeError as error:
        reason = error.msg[0].lower() + error.msg[1:]
        raise NotJson(reason, len(text[: error.pos].encode()), extra=error.msg == "Extra data") from None
    except RecursionError:
        raise Refused("", "nested too deep") from None


def parse_object(text: bytes, longest: int) -> dict[str, Any]:
    """The object in JSON text of at most `longest` bytes, read as generously.

    Raises `Refused`, or `NotJson` where the text is no JSON at all.
    """
    if len(text) > longest:
        raise Refused("", f"longer than {longest:,} bytes, the most an event may have")
    try:
        value = parse(text.decode())
    except UnicodeDecodeError as error:
        raise NotJson("not UTF-8", error.start) from None
    if not isinstance(value, dict):
        raise Refused("", f"expected an object, got {describe(value)}")
    return value


def check(value: object, path: str, depth: int = 1) -> None:
    """Raises `Refused` for the first thing below `path` that ClickHouse could not read or would read differently."""
    match value:
        case str() if HALF_SURROGATE.search(value):
            raise Refused(path, "holds half of a surrogate pair (such as \\ud800), which is no character")
        case float() if not math.isfinite(value):
            raise Refused(path, "NaN, Infinity and numbers beyond ±1.8e308 can't be stored")
        case dict() | list() if depth > MAX_DEPTH:
            raise Refused(path, f"nested deeper than {MAX_DEPTH} levels")
        case dict():
            if isinstance(value, _Doubled):
                raise Refused(f"{path}.{printable(value.key)}", "occurs more than once in its object")
            for key, below in value.items():
                check(key, f"{path}.{printable(key)}", depth)
                check(below, f"{path}.{printable(key)}", depth + 1)
        case list():
            for place, below in enumerate(value):
                check(below, f"{path}[{place}]", depth + 1)


def doubled_key(value: dict[str, Any]) -> str | None:
    """The key that occurred more than once in an object from `parse`."""
    return value.key if isinstance(value, _Doubled) else None


def count_keys(value: object, depth: int = 1) -> int:
    """How many keys the objects at and below a value have. Raises `RecursionError` beyond the greatest depth."""
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        nested = sum(count_keys(below, depth + 1) for below in value.values() if isinstance(below, (dict, list)))
        return len(value) + nested
    if isinstance(value, list):
        return sum(count_keys(below, depth + 1) for below in value if isinstance(below, (dict, list)))
    return 0


def surely_has_keys(text: bytes, keys: int) -> bool:
    """Whether JSON text that is valid holds this many keys, told without reading it again. False may be wrong."""
    if text.count(b'":') != keys or b" :" in text:
        return False
    spaced = b"\n" in text or b"\t" in text or b"\r" in text
    return not (spaced and _SPACED_COLON.search(text))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubled = _Doubled(found)
    doubled.key = Counter(key for key, _ in pairs).most_common(1)[0][0]
    return doubled


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else math.inf
