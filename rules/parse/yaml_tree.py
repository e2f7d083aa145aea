"""YAML → a tree of nodes that know where they stand.

Only what a rule file needs: one document, text keys, no tags, anchors, aliases or merge keys. Nothing is converted:
a scalar is the text that was written, so `on` stays `on` and a date stays its digits. The tree is built from the
parser's events without recursion, so neither depth nor aliases can hurt.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from rules.diagnostic import Check, Problems, printable, quoted
from rules.expression import Position

DEEPEST = 50  # levels of nesting; a rule file needs six

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NO_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class Style(Enum):
    """How a scalar is written."""

    PLAIN = ""
    SINGLE = "'"
    DOUBLE = '"'
    LITERAL = "|"
    FOLDED = ">"


@dataclass(frozen=True, slots=True)
class Scalar:
    """`text` is the value; it stands between the offsets `start` and `end`, quotes and block header included."""

    at: Position
    text: str
    style: Style
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entry:
    key: Scalar
    value: "Node"


@dataclass(frozen=True, slots=True)
class Map:
    """The keys differ from each other."""

    at: Position
    entries: tuple[Entry, ...]

    def get(self, key: str) -> "Node | None":
        return next((entry.value for entry in self.entries if entry.key.text == key), None)


@dataclass(frozen=True, slots=True)
class Sequence:
    at: Position
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that has been reported already: to be passed over in silence."""

    at: Position


Node = Scalar | Map | Sequence | Refused


def read(problems: Problems, needs: str = "`workflow`, `start` and `steps`") -> Node | None:
    """The root of the only document, or `None` if there is none or it can't be read; reports what is wrong.

    `needs` is what the author of an empty file is told to write.
    """
    source = problems.source
    if odd := _NO_TEXT.search(source.text):
        message = f"the character U+{ord(odd[0]):04X} can't stand in a rule file"
        problems.error(source.position(odd.start()), Check.ENCODING, message)
        return None
    builder = _Builder(problems)
    try:
        for event in _events(source.text):
            builder.take(event)
    except _Stop:
        return None
    except yaml.MarkedYAMLError as error:
        _report(error, problems)
        return None
    if builder.documents == 0 or builder.is_blank:
        problems.error(Position(1, 1), Check.YAML, f"the file is empty; it needs {needs}")
        return None
    return builder.root


class _Stop(Exception):
    """The rest of the text is of no use."""


class _Mark(Protocol):
    @property
    def index(self) -> int: ...


def _index(mark: _Mark | None) -> int:
    """The offset in characters; a parser's events always carry their marks."""
    assert mark is not None
    return mark.index


def _events(text: str) -> Iterator[Event]:
    events: Iterator[Event] = yaml.parse(text, Loader=_LOADER)
    return events


@dataclass(slots=True)
class _Open:
    """A map or a sequence whose end has not been seen; a map's keys and values alternate."""

    at: Position
    is_map: bool
    nodes: list[Node]


class _Builder:
    def __init__(self, problems: Problems) -> None:
        self.root: Node | None = None
        self.documents = 0
        self._source = problems.source
        self._problems = problems
        self._open: list[_Open] = []

    @property
    def is_blank(self) -> bool:
        return isinstance(self.root, Scalar) and self.root.text == "" and self.root.style is Style.PLAIN

    def take(self, event: Event) -> None:
        if self.documents > 1:
            return
        match event:
            case DocumentStartEvent():
                self._document(self._position(event))
            case AliasEvent():
                message = f"aliases are not supported: write out what {quoted(f'*{event.anchor}')} stands for"
                self._problems.error(self._position(event), Check.YAML_FEATURE, message)
                self._place(Refused(self._position(event)))
            case ScalarEvent():
                self._place(self._scalar(event))
            case CollectionStartEvent():
                self._begin(event)
            case CollectionEndEvent():
                self._place(self._end(self._open.pop()))

    def _position(self, event: Event) -> Position:
        return self._source.position(_index(event.start_mark))

    def _document(self, at: Position) -> None:
        self.documents += 1
        if self.documents > 1:
            message = "a second YAML document begins here; a rule file holds one workflow"
            self._problems.error(at, Check.YAML_FEATURE, message, "put each workflow in a file of its own")

    def _scalar(self, event: ScalarEvent) -> Node:
        start = _index(event.start_mark)
        at = self._source.position(start)
        if self._has_tag(event, at):
            return Refused(at)
        return Scalar(at, event.value, Style(event.style or ""), start, _index(event.end_mark))

    def _begin(self, event: CollectionStartEvent) -> None:
        at = self._position(event)
        self._has_tag(event, at)
        if len(self._open) == DEEPEST:
            self._problems.error(at, Check.SIZE, f"nested more than {DEEPEST} levels deep")
            raise _Stop
        self._open.append(_Open(at, isinstance(event, MappingStartEvent), []))

    def _end(self, done: _Open) -> Node:
        if not done.is_map:
            return Sequence(done.at, tuple(done.nodes))
        pairs = zip(done.nodes[::2], done.nodes[1::2], strict=True)
        return Map(done.at, tuple(self._entries(pairs)))

    def _entries(self, pairs: Iterator[tuple[Node, Node]]) -> Iterator[Entry]:
        first: dict[str, Position] = {}
        for key, value in pairs:
            if isinstance(key, Refused):
                continue
            if not isinstance(key, Scalar):
                self._problems.error(key.at, Check.TYPE, "a key must be text, not a list or a map")
            elif key.text == "<<" and key.style is Style.PLAIN:
                self._problems.error(key.at, Check.YAML_FEATURE, "merge keys (<<) are not supported")
            elif key.text in first:
                message = f"the key {quoted(key.text)} is there twice; it was first on line {first[key.text].line}"
                self._problems.error(key.at, Check.DUPLICATE_KEY, message)
            else:
                first[key.text] = key.at
                yield Entry(key, value)

    def _has_tag(self, event: NodeEvent, at: Position) -> bool:
        """Whether the node has a tag; reports it, and an anchor too."""
        if event.anchor is not None:
            message = "anchors are not supported: write the value out where it is used"
            self._problems.error(at, Check.YAML_FEATURE, message)
        tag = getattr(event, "tag", None)
        if tag is not None:
            message = f"{quoted(tag)} is read as a YAML tag, and tags are not supported"
            self._problems.error(at, Check.YAML_FEATURE, message, _QUOTE_IT.format(what="!"))
        return tag is not None

    def _place(self, node: Node) -> None:
        if self._open:
            self._open[-1].nodes.append(node)
        else:
            self.root = node


_QUOTE_IT = "a value that begins with {what} must be in quotes, the whole of it: '…'"
_HINTS = {
    "mapping values are not allowed": "a value with a colon in it must be in quotes; else look at the indentation",
    "found unexpected end of stream": "the quote that opens here is never closed",
    "found unexpected document indicator": "the quote that opens here is never closed",
    "while scanning a tag": _QUOTE_IT.format(what="!"),
    "undefined tag handle": _QUOTE_IT.format(what="!"),
    "while scanning an alias": _QUOTE_IT.format(what="*"),
    "while scanning an anchor": _QUOTE_IT.format(what="&"),
    "unknown escape character": "in double quotes a backslash is written twice; in single quotes once",
    "while parsing a flow": "a list is [a, b], a map {a: b}; is it closed? text with such signs needs quotes",
    "a tab character": "indent with spaces, not with tabs",
}


def _report(error: yaml.MarkedYAMLError, problems: Problems) -> None:
    source = problems.source
    problem, context = error.problem or "", error.context or ""
    mark, opened = error.problem_mark, error.context_mark
    at_end = mark is None or mark.index >= len(source.text)
    if opened is not None and (mark is None or _is_unclosed(context, at_end or mark.line > opened.line)):
        mark = opened
    offset = min(mark.index if mark else 0, len(source.text))
    hint = next((hint for known, hint in _HINTS.items() if known in f"{context} {problem}"), "")
    message = f"broken YAML: {printable(problem)}{f' {printable(context)}' if context else ''}"
    problems.error(source.position(offset), Check.YAML, message, hint or _hint_at(source.text, offset))


def _is_unclosed(context: str, is_below: bool) -> bool:
    """Whether the trouble is not where the parser found out, perhaps far below, but where the thing was opened."""
    return "scanning a quoted" in context or ("parsing a flow" in context and is_below)


def _hint_at(text: str, offset: int) -> str:
    line_start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    if text[offset : offset + 1] == "\t":
        return "indent with spaces, not with tabs"
    if text[offset : offset + 1] in ("%", "@", "`"):
        return _QUOTE_IT.format(what=text[offset])
    if re.search(r":\s*([\"']).*\1\s*$", text[line_start:offset]):
        return "a value that begins with a quote must end with it: put the whole value in single quotes, '…'"
    return "look at the indentation of this line and of those above it"
