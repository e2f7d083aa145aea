"""How wide text is, and how it breaks into lines, without a font at hand: estimated after a broad one, so that the text
of a narrower fits too."""

import re
import unicodedata
from collections.abc import Iterator

_NARROW = frozenset("fijlrtI.,:;'|!()[]{}`\"/\\- ")
_BROAD = frozenset("mwMWQO@%&…—+=<>~")
# After these, and before a capital letter that follows a small one, a word may break; a number keeps its unit.
_PIECES = re.compile(
    r"\s+|\d+ (?:d|h|min|s|ms|µs)\b|[^\s_./\-A-Z]*[_./\-]+|[A-Z]+[^\s_./\-A-Z]*[_./\-]*|[^\s_./\-A-Z]+"
)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """In the unit of `size`, the height of the letters' em."""
    return sum(map(_share, text)) * size * (1.1 if bold else 1.0)


def lines(text: str, size: float, room: float, most: int, *, bold: bool = False) -> list[str]:
    """The text in lines that are no wider than `room`; what does not go into `most` lines ends in an ellipsis."""
    found = list(_filled(text, size * (1.1 if bold else 1.0), room))
    if len(found) <= most:
        return found
    last = found[most - 1]
    while last and width(last + "…", size, bold=bold) > room:
        last = last[:-1]
    return [*found[: most - 1], last.rstrip() + "…"]


def _filled(text: str, size: float, room: float) -> Iterator[str]:
    line = ""
    for piece in _PIECES.findall(text):
        if width(line + piece.rstrip(), size) <= room:
            line += piece
            continue
        if line.strip():
            yield line.strip()
        *full, line = _cut(piece.lstrip(), size, room)
        yield from full
    if line.strip():
        yield line.strip()


def _cut(word: str, size: float, room: float) -> list[str]:
    """A word that is wider than a line, where it must be cut."""
    parts = [""]
    for letter in word:
        if parts[-1] and width(parts[-1] + letter, size) > room:
            parts.append("")
        parts[-1] += letter
    return parts


def _share(letter: str) -> float:
    """Of an em."""
    if unicodedata.combining(letter):
        return 0.0
    if letter in _NARROW:
        return 0.42
    if letter in _BROAD:
        return 1.0
    if unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0x1F000:
        return 1.1
    return 0.76 if letter.isupper() else 0.65
