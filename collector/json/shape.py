"""What lines of JSON that are plainly good events look like, told by examples that were read with care.

A line of the same shape as a good one has the same keys in the same places, with values of the same kinds: so no key is
unknown or doubled, and nothing is nested deeper. A shape is a regular expression, for an engine that reads files faster
than we do. Whether a line is JSON at all, and its fields hold what they may, a shape does not tell.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from collector.acceptance import Acceptance
from collector.columns import Odd
from collector.errors import Refused
from collector.json.event import read_event

MOST_SHAPES = 16

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[ \t\r\n]+|[^ \t\r\n"{}\[\]:,]+')
_COLON = re.compile(r"[ \t\r]*:")
_TIME = re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|\+00:00)"', re.ASCII)
_FLAT_ARRAY = re.compile(r'\[(?:[^\[\]{}"\\]|"[^"\\\[\]{}]*")*\]')
_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")

# Written so that ClickHouse needs no automaton for them: without alternatives, and what repeats ends where it must.
_STRING, _WORD, _SCALARS = r'"[ !#-\[\]-~]*"', "[0-9a-zA-Z+.-]{1,64}", r"\[[ -Z^-z|~]{0,1000}\]"
_TEXT, _WITHOUT_BLANKS, _SHORT_OR_NONE = r'"[ !#-\[\]-~]+"', r'"[!#-\[\]-~]+"', r'"[ !#-\[\]-~]{0,64}"'
_INSTANT = r'"[12][09][0-9]{2}-[0-9]{2}-[0-9]{2}T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?'
# Any text, with every escape but those of surrogates: this takes several times as long.
_ANY_STRING = r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u(?:[0-9abcefABCEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))*"'

_ENDING = re.compile(r'"attributes":\\{.*\\}\\}\$$')

_FIELDS = {
    "correlation_id": _WITHOUT_BLANKS,
    "name": _TEXT,
    "source": _TEXT,
    "id": _TEXT,
    "causation_id": _SHORT_OR_NONE,
    "trace_id": _SHORT_OR_NONE,
    "span_id": _SHORT_OR_NONE,
}


class Shape(NamedTuple):
    """`pattern` matches whole lines of printable ASCII without escapes, `general` also those with other text in their
    attributes; both are RE2. `fields`: those that are not null, in their order in the line."""

    pattern: str
    general: str
    fields: tuple[str, ...]

    @property
    def ends_with_attributes(self) -> bool:
        """Whether the text of the attributes, if there are any, is all between `"attributes":` and the last brace."""
        if "attributes" in self.fields:
            return self.fields[-1] == "attributes" and _ENDING.search(self.pattern) is not None
        return '"attributes"' not in self.pattern


def shapes(lines: Iterable[bytes], terms: Acceptance) -> list[Shape]:
    """The shapes of the good ones among those lines: the commonest first, and not too many."""
    told = (_shape_of(line, terms) for line in lines)
    return [shape for shape, _ in Counter(filter(None, told)).most_common(MOST_SHAPES)]


def _shape_of(line: bytes, terms: Acceptance) -> Shape | None:
    """`None` of a line that is no good event, or too odd to have a shape."""
    try:
        read_event(line, terms)
        pieces = list(_pieces(line.decode()))
    except (Refused, Odd):
        return None
    pattern, general = ("".join(piece[way] for piece in pieces) for way in range(2))
    return Shape(f"^{pattern}$", f"^{general}$", tuple(piece.field for piece in pieces if piece.field))


class _Piece(NamedTuple):
    pattern: str
    general: str
    field: str = ""


def _pieces(line: str) -> Iterator[_Piece]:
    """Of a line that is a good event: its punctuation and keys as they are, and its values by their kinds."""
    depth, place, key = 0, 0, ""
    while token := _TOKEN.match(line, place):
        text = token.group()
        if text == "[" and (array := _FLAT_ARRAY.match(line, place)):
            token = array
            yield _Piece(_SCALARS, _SCALARS)
        elif text[0] == '"' and _COLON.match(line, token.end()):
            key = text[1:-1] if depth == 1 else key
            yield _as_it_is(text)
        elif text[0] in "{}[]:, \t\r\n":
            depth += text.count("{") + text.count("[") - text.count("}") - text.count("]")
            yield _as_it_is(text)._replace(field=key if (text, depth, key) == ("{", 2, "attributes") else "")
        else:
            yield _field(key, text) if depth == 1 else _value(text)
        place = token.end()


def _as_it_is(text: str) -> _Piece:
    escaped = _SPECIAL.sub(r"\\\g<0>", text)
    return _Piece(escaped, escaped)


def _value(text: str) -> _Piece:
    return _Piece(_STRING, _ANY_STRING) if text[0] == '"' else _Piece(_WORD, _WORD)


def _field(key: str, text: str) -> _Piece:
    """Of a field that is no object. Raises `Odd` where an engine can't be trusted to read it as we do."""
    if text == "null":
        return _Piece(text, text)
    if key == "time":
        time = _TIME.fullmatch(text)
        if time is None:
            raise Odd
        pattern = f'{_INSTANT}{_as_it_is(time[1]).pattern}"'
    else:
        pattern = _FIELDS[key]
    return _Piece(pattern, pattern, key)
