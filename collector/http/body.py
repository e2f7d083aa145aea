"""The body of a request: its type, its bytes within bounds, and what is in them once they are unpacked."""

import asyncio
import gzip
import io
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from starlette.requests import ClientDisconnect, Request

from collector.errors import BodyTooLarge, Incomplete, MalformedBody, Overloaded, WrongType

READ_TIMEOUT = 60.0  # seconds that a body may take to arrive

_UTF_8 = frozenset(("", "utf-8", "utf8", "us-ascii"))


class Room:
    """The bytes of all bodies that are held at one time. For use on one event loop."""

    def __init__(self, size: int) -> None:
        self._free = size

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """What one request takes, given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self._free += share.taken

    def take(self, size: int) -> None:
        if size > self._free:
            raise Overloaded("too many large requests at once")
        self._free -= size


class Share:
    def __init__(self, room: Room) -> None:
        self.taken = 0
        self._room = room

    def take(self, size: int) -> None:
        """Raises `Overloaded` where the room is full."""
        self._room.take(size)
        self.taken += size


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
        raise _too_large(most)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            async for chunk in request.stream():
                size += len(chunk)
                if size > most:
                    raise _too_large(most)
                share.take(len(chunk))
                chunks.append(chunk)
    except ClientDisconnect:
        raise Incomplete("the connection was closed before the end of the body") from None
    except TimeoutError:
        raise Incomplete(f"the body did not arrive within {READ_TIMEOUT:.0f} s") from None
    return b"".join(chunks)


def unpack(packed: bytes, most: int) -> bytes:
    """What a gzipped body holds. Never inflates more than `most` bytes.

    Raises `BodyTooLarge`, or `MalformedBody` for what is no gzip.
    """
    try:
        body = gzip.GzipFile(fileobj=io.BytesIO(packed)).read(most + 1)
    except (gzip.BadGzipFile, zlib.error) as error:
        raise MalformedBody(f"the body is not gzip: {error}") from None
    except EOFError:
        raise MalformedBody("the gzip data end early") from None
    if len(body) > most:
        raise _too_large(most, "when unpacked")
    return body


def _too_large(most: int, when: str = "") -> BodyTooLarge:
    return BodyTooLarge(f"the body has more than {most:,} bytes {when}".rstrip() + "; send fewer events at once")
