"""Opaque cursors of keyset pagination: where a page ended, so that the next one starts behind it."""

import base64
import binascii
from typing import Annotated, TypeVar

import msgspec

from api.problem import BadParameters, Fault

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Key = Annotated[str, msgspec.Meta(pattern=r"\A[^\x00]*\Z")]
"""Of the fields of a position: a cursor that somebody made up must not get as far as a store that can't read it."""

Position = TypeVar("Position", bound=msgspec.Struct)


def encode(position: msgspec.Struct) -> str:
    """URL-safe text. Clients must not look inside."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def decode(text: str, kind: type[Position]) -> Position:
    """The position that `encode` made the text of. `BadParameters` if it is not one, or of another list."""
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, msgspec.MsgspecError, UnicodeError) as error:
        raise broken() from error


def broken() -> BadParameters:
    return BadParameters([Fault("after", "is not a cursor of this list (it is `next` of the page before)")])
