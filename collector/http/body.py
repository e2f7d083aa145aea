"""The body of a request over HTTP: its type, its encoding, and its bytes within bounds."""

import asyncio
from collections.abc import Collection

from starlette.requests import ClientDisconnect, Request

from collector.errors import Incomplete, WrongType
from collector.packed import too_large
from collector.room import Share

READ_TIMEOUT = 60.0  # seconds that a body may take to arrive

_UTF_8 = frozenset(("", "utf-8", "utf8", "us-ascii"))


def media_type(request: Request, accepted: Collection[str]) -> str:
    """The media type of the body. Raises `WrongType` if it is none of these, or its text is not UTF-8."""
    given, *parameters = request.headers.get("content-type", "").lower().split(";")
    if given.strip() not in accepted:
        got = f"got {given.strip()}" if given.strip() else "the request has none"
        raise WrongType(f"expected Content-Type {' or '.join(accepted)}; {got}")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in _UTF_8:
            raise WrongType(f"expected UTF-8, got charset={value.strip()}")
    return given.strip()


def is_packed(request: Request) -> bool:
    """Whether the body is gzipped. Raises `WrongType` for any other encoding."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return False
    if encoding in ("gzip", "x-gzip"):
        return True
    raise WrongType(f"expected Content-Encoding gzip or none, got {encoding}")


async def receive(request: Request, most: int, share: Share) -> bytes:
    """The whole body as it was sent.

    Raises `BodyTooLarge` as soon as it is known to have more than `most` bytes, `Incomplete`, `Overloaded`.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise too_large(most)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            async for chunk in request.stream():
                size += len(chunk)
                if size > most:
                    raise too_large(most)
                share.take(len(chunk))
                chunks.append(chunk)
    except ClientDisconnect:
        raise Incomplete("the connection was closed before the end of the body") from None
    except TimeoutError:
        raise Incomplete(f"the body did not arrive within {READ_TIMEOUT:.0f} s") from None
    return b"".join(chunks)
