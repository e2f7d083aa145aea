"""Bodies within bounds: of how many bytes, also once they are unpacked."""

import zlib

from collector.errors import BodyTooLarge, MalformedBody

GZIP = b"\x1f\x8b"
"""What gzipped bytes begin with."""

MOST_MEMBERS = 1_000
"""Of one gzipped body: tools that pack in parallel make one of every 64 KiB or more."""

_WITH_HEADER = zlib.MAX_WBITS | 16  # what zlib calls gzip
_CHUNK = 64 * 1024


def unpack(packed: bytes, most: int) -> bytes:
    """What a gzipped body holds. Never inflates more than `most` bytes.

    Raises `BodyTooLarge`, or `MalformedBody` for what is no gzip.
    """
    parts: list[bytes] = []
    left, begin = most + 1, 0
    for _ in range(MOST_MEMBERS):
        begin, unpacked = _member(packed, begin, left)
        parts += unpacked
        left -= sum(map(len, unpacked))
        if left <= 0:
            raise too_large(most, "when unpacked")
        if not packed[begin : begin + _CHUNK].lstrip(b"\0"):  # some pad it
            return b"".join(parts)
    raise MalformedBody(f"the body has more than {MOST_MEMBERS:,} gzip members")


def _member(packed: bytes, begin: int, most: int) -> tuple[int, list[bytes]]:
    """Where a member ends, and what is in it; at most so many bytes."""
    member = zlib.decompressobj(_WITH_HEADER)
    parts: list[bytes] = []
    while most > 0 and not member.eof:
        chunk = member.unconsumed_tail or packed[begin : begin + _CHUNK]
        if not chunk:
            raise MalformedBody("the gzip data end early")
        begin += 0 if member.unconsumed_tail else len(chunk)
        try:
            parts.append(member.decompress(chunk, most))
        except zlib.error as error:
            raise MalformedBody(f"the body is not gzip: {error}") from None
        most -= len(parts[-1])
    return begin - len(member.unused_data), parts


def too_large(most: int, when: str = "") -> BodyTooLarge:
    return BodyTooLarge(f"the body has more than {most:,} bytes {when}".rstrip() + "; send fewer events at once")
