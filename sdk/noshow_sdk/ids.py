"""UUIDv7 (RFC 9562): IDs of events and correlation IDs that sort by when they were made, and are cheap to judge so."""

import os

_MILLISECOND = 1_000_000  # in nanoseconds
_last = 0


def new_id(now: int) -> str:
    """A new ID; `now` is nanoseconds since the Unix epoch. Those of one thread sort in the order of their making."""
    global _last
    milliseconds, rest = divmod(now, _MILLISECOND)
    # The twelve bits behind the milliseconds are a fraction of one: method 3 of section 6.2.
    instant = _last = max(milliseconds << 12 | (rest << 12) // _MILLISECOND, _last + 1)
    # Neither `random`, whose state forked processes share, nor a lock, which one could be forked in the middle of.
    random = int.from_bytes(os.urandom(8), "big") >> 2
    number = f"{(instant >> 12) << 80 | 7 << 76 | (instant & 0xFFF) << 64 | 2 << 62 | random:032x}"
    return f"{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}"
