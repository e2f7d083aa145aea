"""Expression text → the syntax tree of cel-python's parser, with places that hold.

The parser's own reading of string literals is loose, so we read them ourselves and show it, in their place, plain ones
of the same length; comments become blanks. Offsets thus stay what they were in the text.
"""

import re
from dataclasses import dataclass
from functools import cache

from celpy.celparser import CELParser
from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from rules.diagnostic import Check, quoted
from rules.parse.string import StringError, read_string

LONGEST = 4_000  # characters

SUBSET = (
    "rules know literals and lists, == != < <= > >=, && || !, in, + - * /, "
    "has, size, startsWith, endsWith, contains, matches, timestamp and duration"
)

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n\r]*)|(?P<bytes>(?:[bB][rR]?|[rR][bB])(?=["']))|(?P<string>[rR]?["'])"""
    r"""|(?P<word>[A-Za-z0-9_]+)|(?P<open>[(\[{])|(?P<close>[)\]}])"""
)
_CURLY = "\u201c\u201d\u201e\u2018\u2019`"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_MEANT = {"=": "==", "&": "&&", "|": "||", "and": "&&", "or": "||", "not": "!"}
_MEANT_WORD = re.compile(r"\b(and|or|not)\s*$", re.IGNORECASE)


class CelError(Exception):
    """Something wrong at `offset` of an expression's text."""

    def __init__(self, offset: int, check: Check, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.check = check
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Syntax:
    """`masked` is the text without strings and comments; `strings` has the values of literals by their offset."""

    tree: Tree[Token]
    masked: str
    strings: dict[int, str]


def parse_cel(text: str) -> Syntax:
    """Raises `CelError` at the first thing that is no CEL."""
    masked, strings = _mask(text)
    try:
        return Syntax(_grammar().parse(masked), masked, strings)
    except UnexpectedInput as error:
        raise _syntax_error(error, text, masked) from None


class _Parser(CELParser):
    """The library's parser loses the place of `true` and `false`; this one keeps it."""

    @staticmethod
    def ambiguous_literals(t: Token) -> Token:
        return Token.new_borrow_pos("BOOL_LIT", t.value, t) if t.value in ("true", "false") else t

    @property
    def grammar(self) -> Lark:
        assert self.CEL_PARSER is not None
        return self.CEL_PARSER


CELParser.CEL_PARSER = None  # the library keeps one for the process: it has to be ours


@cache
def _grammar() -> Lark:
    """Made at the first expression: it takes as long as many a command."""
    return _Parser().grammar


def _mask(text: str) -> tuple[str, dict[int, str]]:
    strings: dict[int, str] = {}
    parts: list[str] = []
    brackets: list[int] = []
    at = 0
    while token := _TOKEN.search(text, at):
        parts.append(text[at : token.start()])
        at = token.end()
        if token["string"]:
            strings[token.start()], at = _string(text, token.start())
            parts.append(f'"{"x" * (at - token.start() - 2)}"')
        elif token["bytes"]:
            raise CelError(token.start(), Check.SUBSET, "byte strings are not supported here", SUBSET)
        else:
            parts.append(" " * len(token[0]) if token["comment"] else token[0])
            _match_bracket(token, text, brackets)
    if brackets:
        raise CelError(brackets[-1], Check.SYNTAX, f"this {text[brackets[-1]]} is never closed")
    return "".join([*parts, text[at:]]), strings


def _string(text: str, start: int) -> tuple[str, int]:
    try:
        return read_string(text, start)
    except StringError as error:
        raise CelError(error.offset, Check.SYNTAX, error.message) from None


def _match_bracket(token: re.Match[str], text: str, brackets: list[int]) -> None:
    if token["open"]:
        brackets.append(token.start())
    elif token["close"]:
        if not brackets or text[brackets[-1]] != _PAIRS[token["close"]]:
            raise CelError(token.start(), Check.SYNTAX, f"no {_PAIRS[token['close']]} is open that this could close")
        brackets.pop()


def _syntax_error(error: UnexpectedInput, text: str, masked: str) -> CelError:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        end = len(masked.rstrip())
        message = "the expression breaks off here" if end else "the expression is empty"
        return CelError(end, Check.SYNTAX, message)
    offset = int(error.pos_in_stream or 0)
    before = _MEANT_WORD.search(masked, 0, offset)
    if before and before[1].lower() == "not":
        return CelError(before.start(), Check.SYNTAX, f"{quoted(before[1])} is no operator here", "write !")
    found = text[offset] if isinstance(error, UnexpectedCharacters) else _token_text(error, text, offset)
    hint = f"write {_MEANT[found.lower()]}" if found.lower() in _MEANT else _hint(found)
    return CelError(offset, Check.SYNTAX, f"{quoted(found)} was not expected here", hint)


def _token_text(error: UnexpectedInput, text: str, offset: int) -> str:
    length = len(error.token) if isinstance(error, UnexpectedToken) else 1
    return text[offset : offset + length]


def _hint(found: str) -> str:
    if found in _CURLY:
        return "text is put in straight quotes: \"…\" or '…'"
    if found in ("true", "false", "null"):
        return f'an attribute with this name is written ["{found}"]'
    if found.isalpha() and not found.isascii():
        return 'a name with other characters than A-Z, a-z, 0-9 and _ is written steps["…"] or ["…"]'
    return ""
