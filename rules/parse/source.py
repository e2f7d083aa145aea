"""The text of a rule file and the places in it."""

import re
from bisect import bisect_right
from functools import cached_property

from rules.expression import Position

_LINE_END = re.compile(r"\r\n|\r|\n")


def lines_of(text: str) -> list[str]:
    """The lines of a rule file without their ends, as diagnostics count them."""
    return _LINE_END.split(text.removeprefix("\ufeff"))


class Source:
    """A rule file's text, without a byte order mark. Offsets count its characters from 0."""

    def __init__(self, text: str) -> None:
        self.text = text.removeprefix("\ufeff")

    def position(self, offset: int) -> Position:
        """The one place where an offset becomes a line and a column that count from 1."""
        line = bisect_right(self._starts, offset) - 1
        return Position(line + 1, offset - self._starts[line] + 1)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(end.end() for end in _LINE_END.finditer(self.text))]
