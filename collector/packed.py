"""Bodies within bounds: of how many bytes, also once they are unpacked."""

import gzip
import io
import zlib

from collector.errors import BodyTooLarge, MalformedBody

GZIP = b"\x1f\x8b"
"""What gzipped bytes begin with."""


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
        raise too_large(most, "when unpacked")
    return body


def too_large(most: int, when: str = "") -> BodyTooLarge:
    return BodyTooLarge(f"the body has more than {most:,} bytes {when}".rstrip() + "; send fewer events at once")
