"""W3C Baggage: what travels with a request beside its trace. https://www.w3.org/TR/baggage/"""

import re
from urllib.parse import unquote_to_bytes

from collector.errors import Refused

CORRELATION_ID = "correlation.id"
"""The key that holds the correlation ID."""

# The standard's limits: what is longer need not be passed on, and so not be read.
LONGEST = 8192  # bytes
MOST = 64  # members

_BLANKS = " \t"
_NO_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


def member(baggage: str, key: str) -> str | None:
    """The value of the first member of that key, decoded. `None` where there is none.

    Raises `Refused` where the baggage is longer than the standard has it, or the value is no text.
    """
    if len(baggage.encode()) > LONGEST or baggage.count(",") >= MOST:
        raise Refused("correlation_id", f"the baggage has more than {LONGEST:,} bytes or {MOST} members")
    for part in baggage.split(","):
        name, equals, value = part.partition(";")[0].partition("=")
        if equals and name.strip(_BLANKS) == key:
            return _decoded(value.strip(_BLANKS))
    return None


def _decoded(value: str) -> str:
    try:
        if _NO_ESCAPE.search(value):
            raise ValueError
        return unquote_to_bytes(value).decode()
    except ValueError:
        raise Refused("correlation_id", f"{CORRELATION_ID} in the baggage is not percent-encoded UTF-8") from None
