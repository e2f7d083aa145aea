"""String literals of CEL: single, double and triple quotes, raw strings, every escape."""

import re

_SIMPLE = dict(zip("abfnrtv\\?\"'`", "\a\b\f\n\r\t\v\\?\"'`", strict=True))
_ESCAPE = re.compile(r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
_OPENING = re.compile(r"([rR]?)(\"\"\"|'''|\"|')")
_LINE_END = re.compile(r"[\r\n]")


class StringError(Exception):
    """A literal that is not well formed; `offset` is where in the text."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message


def read_string(text: str, start: int) -> tuple[str, int]:
    """The value of the literal that begins at `start` (with its `r`, if it has one) and the offset behind it."""
    opening = _OPENING.match(text, start)
    assert opening is not None
    raw, quote = opening.groups()
    end = _closing(text, opening.end(), quote, bool(raw))
    if end is None:
        raise StringError(start, "this text is never closed")
    body = text[opening.end() : end]
    if len(quote) == 1 and (line_end := _LINE_END.search(body)):
        raise StringError(
            opening.end() + line_end.start(), "text must end on its line; three quotation marks let it go on"
        )
    return body if raw else _decoded(body, opening.end()), end + len(quote)


def _closing(text: str, at: int, quote: str, raw: bool) -> int | None:
    while at < len(text):
        if text.startswith(quote, at):
            return at
        at += 2 if text[at] == "\\" and not raw else 1
    return None


def _decoded(body: str, offset: int) -> str:
    parts: list[str] = []
    at = 0
    while (backslash := body.find("\\", at)) >= 0:
        parts.append(body[at:backslash])
        escape = _ESCAPE.match(body, backslash)
        character = _character(escape) if escape else None
        if escape is None or character is None:
            raise StringError(offset + backslash, f"unknown escape {body[backslash : backslash + 2]} in this text")
        parts.append(character)
        at = escape.end()
    return "".join([*parts, body[at:]])


def _character(escape: re.Match[str]) -> str | None:
    two, four, eight, octal, simple = escape.groups()
    if simple is not None:
        return _SIMPLE.get(simple)
    code = int(octal, 8) if octal else int(two or four or eight, 16)
    return chr(code) if code < 0xD800 or 0xE000 <= code <= 0x10FFFF else None
