"""What is wrong with a rule file: where, why, and what would be right."""

import difflib
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rules.expression import Position
from rules.parse.source import Source


class Check(StrEnum):
    """Every check that a rule file goes through."""

    UNREADABLE = "unreadable"  # no such file, no permission, no rule file in the directory
    SIZE = "size"  # too large, too deep, or too many problems to list
    ENCODING = "encoding"  # not UTF-8, or characters that no text file holds
    YAML = "yaml"  # broken YAML
    YAML_FEATURE = "yaml-feature"  # tags, anchors, aliases, merge keys, several documents: YAML, but not for rules
    DUPLICATE_KEY = "duplicate-key"
    UNKNOWN_KEY = "unknown-key"
    MISSING_KEY = "missing-key"
    TYPE = "type"  # a list where text belongs, and the like
    NAME = "name"  # empty, reserved or ill-formed
    NUMBER = "number"  # out of its range
    DURATION = "duration"
    TIMESTAMP = "timestamp"
    CHOICE = "choice"  # not one of the values that the key takes
    ADDRESS = "address"  # not an http(s) URL
    TEMPLATE = "template"  # what can't be filled in
    SECRET = "secret"  # a secret in a file that many read
    REPEATED = "repeated"  # the same thing twice in a list
    CONFLICT = "conflict"  # keys that exclude each other
    UNKNOWN_STEP = "unknown-step"
    CYCLE = "cycle"
    NEVER_DUE = "never-due"  # a required step without any deadline
    DUPLICATE_WORKFLOW = "duplicate-workflow"
    VERSION = "version"  # versions of a workflow that contradict each other
    SYNTAX = "expression-syntax"
    SUBSET = "expression-subset"  # CEL, but not of the part that rules know
    REFERENCE = "expression-reference"  # what an expression may not see, or may not see so
    VALUE = "expression-value"  # a literal that is no timestamp, duration, pattern or number
    OPERANDS = "expression-type"  # can never have a result, or never one of the kind that is needed
    # Advice on rules that are valid: rules/advice has a file for each.
    NO_OWNER = "no-owner"
    MIXED_AFTER = "mixed-after"
    OUT_OF_REACH = "out-of-reach"
    NEVER_COUNTS = "never-counts"
    HOLD_LAPSES = "hold-lapses"
    WARNS_AT_ONCE = "warns-at-once"
    NO_EFFECT = "no-effect"
    START_AGAIN = "start-again"
    SAME_EVENT = "same-event"
    TWO_ROLES = "two-roles"
    UNSURE_COUNT = "unsure-count"
    HASTY_ORPHANS = "hasty-orphans"
    BEYOND_RETENTION = "beyond-retention"
    UNKNOWN_EVENT = "unknown-event"  # no event of this name was ever stored
    UNKNOWN_ATTRIBUTE = "unknown-attribute"  # stored events never have it, or mostly of another type


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One problem at one place; `line` and `column` count characters from 1. Sorts by file and position."""

    file: str
    line: int
    column: int
    check: Check
    message: str
    hint: str = ""
    severity: Level = Level.ERROR

    def __str__(self) -> str:
        warning = "warning: " if self.severity is Level.WARNING else ""
        return f"{printable(self.file)}:{self.line}:{self.column}: {warning}{self.message}"


class TooMany(Exception):
    """More problems than anybody reads: the rest of the file is not looked at."""


class Problems:
    """Collects the diagnostics of one file. Raises `TooMany` once there are `MOST` of them."""

    MOST = 200

    def __init__(self, file: str, source: Source) -> None:
        self.file = file
        self.source = source
        self.found: list[Diagnostic] = []

    def error(self, at: Position, check: Check, message: str, hint: str = "") -> None:
        self._add(Diagnostic(self.file, at.line, at.column, check, message, hint))

    def warning(self, at: Position, check: Check, message: str, hint: str = "") -> None:
        self._add(Diagnostic(self.file, at.line, at.column, check, message, hint, Level.WARNING))

    def _add(self, diagnostic: Diagnostic) -> None:
        self.found.append(diagnostic)
        if len(self.found) >= self.MOST:
            message = f"{self.MOST} problems; the rest of this file was not checked"
            self.found.append(Diagnostic(self.file, diagnostic.line, diagnostic.column, Check.SIZE, message))
            raise TooMany

    @property
    def failed(self) -> bool:
        return any(diagnostic.severity is Level.ERROR for diagnostic in self.found)


def render(diagnostic: Diagnostic, source_lines: Sequence[str]) -> str:
    """The message and the check's id, the source line with a caret under the place, and the hint; no line break at the
    end. docs/lint has a page under each id.

    `source_lines` are the lines of the diagnostic's file without their ends; where it has no such line, only the
    message and the hint are given.
    """
    parts = [f"{diagnostic} [{diagnostic.check}]"]
    if 0 < diagnostic.line <= len(source_lines) and diagnostic.check is not Check.SECRET:
        parts += _pointed(source_lines[diagnostic.line - 1], diagnostic.column - 1)
    if diagnostic.hint:
        parts.append(f"hint: {diagnostic.hint}")
    return "\n".join(parts)


_WINDOW = 160  # characters of a long line that are shown


def _pointed(line: str, index: int) -> list[str]:
    """The line, or the part of it around `index`, and a line with a caret under the character at `index`."""
    first = 0 if len(line) <= _WINDOW else max(0, min(index - _WINDOW // 2, len(line) - _WINDOW))
    shown = printable(_without_secrets(line)[first : first + _WINDOW])
    if first > 0:
        shown = "…" + shown[1:]
    if first + _WINDOW < len(line):
        shown = shown[:-1] + "…"
    before = shown[: index - first]
    gap = "".join("\t" if character == "\t" else " " * _width(character) for character in before)
    return [f"    {shown}".rstrip(), f"    {gap}^"]


# The value of a header that carries a secret, and who signs in by an address. What `${…}` gives is no secret.
_HEADER = re.compile(r"""((?:authorization|cookie|-key|-token|-secret)["']?[ \t]*:)([^{]+)""", re.IGNORECASE)
_SIGN_IN = re.compile(r"""(://)([^/\s"'@]+)(?=@)""")


def _without_secrets(line: str) -> str:
    """The line with what looks like a secret hidden, at the same length."""
    for pattern in (_HEADER, _SIGN_IN):
        line = pattern.sub(lambda found: found[1] + (found[2] if "$" in found[2] else _hidden(found[2])), line)
    return line


def _hidden(text: str) -> str:
    return re.sub(r"\S", "*", text)


def _width(character: str) -> int:
    """Cells that a terminal gives a character."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def printable(text: str) -> str:
    """The text without characters that would steer a terminal: each becomes U+FFFD, so that places stay."""
    return re.sub(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "\ufffd", text)


def quoted(text: str) -> str:
    """What the author wrote, fit for a message: in quotes, on one line, not too long."""
    shown = re.sub(r"\s+", " ", text)
    shown = shown if len(shown) <= 60 else shown[:59] + "…"
    return f'"{printable(shown)}"'


def nearest(word: str, names: Collection[str], likeness: float = 0.6) -> str | None:
    """The name that was probably meant, if one is near; words too long and choices too many are not looked at."""
    if len(word) > 100 or len(names) > 1000:
        return None
    same = [name for name in names if name.lower() == word.lower()]
    return next(iter(same or difflib.get_close_matches(word, names, n=1, cutoff=likeness)), None)


def did_you_mean(word: str, names: Collection[str]) -> str:
    """`; did you mean …?`, or nothing if no name is near."""
    near = nearest(word, names)
    return "" if near is None else f"; did you mean {printable(near)}?"
