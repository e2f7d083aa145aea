"""From a character of a scalar's value back to where it stands in the file.

YAML folds lines, strips indentation and decodes escapes; but whatever it does, the characters that are no white space
keep their order. So value and source are walked side by side, and white space is skipped where the two differ.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rules.expression import Position
from rules.parse.source import Source
from rules.parse.yaml_tree import Scalar, Style

_WHITE = frozenset(" \t\n\r\x85\u2028\u2029")
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_SHORT_ESCAPES = dict(zip("0abtnvfre_NLP", "\0\a\b\t\n\v\f\r\x1b\xa0\x85\u2028\u2029", strict=True))
_DIGITS = {"x": 2, "u": 4, "U": 8}


@dataclass(frozen=True, slots=True)
class _Unit:
    """One character as the source writes it; `loose` white space may have been folded or stripped."""

    offset: int
    character: str
    loose: bool


def places(scalar: Scalar, source: Source) -> Callable[[int], Position]:
    """From an index into the value, its end included, to the place in the file."""
    found = offsets(scalar, source.text)
    return lambda index: source.position(found[index])


def offsets(scalar: Scalar, text: str) -> list[int]:
    """For each character of the value, and for its end, the offset in the file's text."""
    units = list(_units(scalar, text))
    found: list[int] = []
    at = 0
    for character in scalar.text:
        if character not in _WHITE:
            at = _next_solid(units, at)
        if at < len(units) and units[at].character == character:
            found.append(units[at].offset)
            at += 1
        else:
            found.append(units[at].offset if at < len(units) else scalar.end)
            at += at < len(units) and units[at].loose
    return [*found, _end(found, scalar)]


def _next_solid(units: list[_Unit], at: int) -> int:
    while at < len(units) and units[at].character in _WHITE:
        at += 1
    return at


def _end(found: list[int], scalar: Scalar) -> int:
    """Just behind the value's last character that is no white space."""
    solid = len(scalar.text.rstrip())
    return found[solid - 1] + 1 if solid else min([scalar.start, *found[:1]])


def _units(scalar: Scalar, text: str) -> Iterator[_Unit]:
    match scalar.style:
        case Style.PLAIN:
            yield from _plain(text, scalar.start, scalar.end)
        case Style.SINGLE:
            yield from _single(text, scalar.start + 1, scalar.end - 1)
        case Style.DOUBLE:
            yield from _double(text, scalar.start + 1, scalar.end - 1)
        case Style.LITERAL | Style.FOLDED:
            header = _LINE_END.search(text, scalar.start, scalar.end)
            yield from _plain(text, header.end() if header else scalar.end, scalar.end)


def _plain(text: str, start: int, end: int) -> Iterator[_Unit]:
    for offset in range(start, end):
        yield _Unit(offset, text[offset], text[offset] in _WHITE)


def _single(text: str, start: int, end: int) -> Iterator[_Unit]:
    offset = start
    while offset < end:
        yield _Unit(offset, text[offset], text[offset] in _WHITE)
        offset += 2 if text.startswith("''", offset) else 1


def _double(text: str, start: int, end: int) -> Iterator[_Unit]:
    offset = start
    while offset < end:
        if text[offset] != "\\":
            yield _Unit(offset, text[offset], text[offset] in _WHITE)
            offset += 1
        elif line_end := _LINE_END.match(text, offset + 1):
            offset = line_end.end()  # an escaped line end stands for nothing
        else:
            digits = _DIGITS.get(text[offset + 1], 0)
            yield _Unit(offset, _escaped(text[offset + 1 : offset + 2 + digits]), False)
            offset += 2 + digits


def _escaped(escape: str) -> str:
    """The character that a backslash and this give in double quotes."""
    if len(escape) > 1:
        return chr(int(escape[1:], 16))
    return _SHORT_ESCAPES.get(escape, escape)
