"""The elements of a JSON array as text, found by strings and brackets alone: a broken one leaves the others whole."""

import re
from collections.abc import Iterator
from itertools import islice

import msgspec
from msgspec import Raw

from collector.errors import BodyTooLarge, MalformedBody

# A string that does not end runs to the end of the body: then the array has no end either, and nothing is tried twice.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)

_BLANKS = b" \t\r\n"

MOST_TOKENS = 4_000_000
"""Brackets, commas and strings that are looked at: 50,000 events have some two million."""

# More commas than this for each event that is allowed, and the array is split piece by piece, in bounded memory.
_COMMAS = 20

_decode_array = msgspec.json.Decoder(list[Raw]).decode


def items(body: bytes, most: int) -> Iterator[bytes]:
    """The text of each element of an array. A body that is broken inside an element is broken only there."""
    if body.count(b",") <= _COMMAS * most:
        try:
            items = _decode_array(body)
        except (msgspec.DecodeError, RecursionError):
            pass
        else:
            yield from map(bytes, items)
            return
    yield from split_array(body)


def split_array(body: bytes) -> Iterator[bytes]:
    """The text of each element of the array that `body` begins with; in time and memory that grow with its length.

    Raises, perhaps after some elements, `MalformedBody` where the array has no end or something comes after it, and
    `BodyTooLarge` where there is more to it than anybody would wait for.
    """
    depth = 0
    begin = 1
    tokens = _TOKEN.finditer(body)
    for token in islice(tokens, MOST_TOKENS):
        at = token.start()
        match body[at : at + 1]:
            case b"[" | b"{":
                depth += 1
            case b"]" | b"}":
                depth -= 1
                if depth == 0:
                    yield from _last(body, begin, at)
                    return
            case b"," if depth == 1:
                yield body[begin:at].strip(_BLANKS)
                begin = at + 1
    if next(tokens, None) is not None:
        raise BodyTooLarge(f"more than {MOST_TOKENS:,} brackets, commas and strings; send fewer events at once")
    raise MalformedBody(f"{place(body, len(body))}: the array does not end")


def place(body: bytes, position: int) -> str:
    """`line 3, column 14` of a byte of the body, both counted from 1."""
    line = body.count(b"\n", 0, position) + 1
    column = position - body.rfind(b"\n", 0, position)
    return f"line {line}, column {column}"


def _last(body: bytes, begin: int, end: int) -> Iterator[bytes]:
    if body[end + 1 :].strip(_BLANKS):
        raise MalformedBody(f"{place(body, end + 1)}: something comes after the end of the array")
    element = body[begin:end].strip(_BLANKS)
    if element or begin > 1:
        yield element
