"""UUIDs of version 7 (RFC 9562, section 5.7): identifiers that sort by time."""

import secrets
from uuid import UUID

_RANDOM_BITS = 62


def uuid7(at: int) -> UUID:
    """A new one for an instant in µs since the Unix epoch, UTC. Its fraction of a millisecond stands in `rand_a`, as
    the RFC's method 3 has it, so that identifiers sort by time to about a quarter of a microsecond."""
    milliseconds, micros = divmod(at, 1_000)
    fraction = micros * 4096 // 1_000
    return UUID(
        int=(milliseconds & (2**48 - 1)) << 80
        | 0x7 << 76
        | fraction << 64
        | 0b10 << _RANDOM_BITS
        | secrets.randbits(_RANDOM_BITS)
    )
