"""Which order everything that happens now belongs to, and which event caused it.

The truth is W3C Baggage in the current OpenTelemetry context, members `correlation.id` and `causation.id`, and there is
no second copy of it: what OpenTelemetry instrumentation brings in counts here, and what is set here goes out by it. The
context is a context variable, so threads and asyncio tasks do not see each other's.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.baggage import get_baggage, remove_baggage, set_baggage
from opentelemetry.context import Context, attach, detach

from noshow_sdk.baggage_header import Headers, members
from noshow_sdk.ids import new_id

CORRELATION, CAUSATION = "correlation.id", "causation.id"

_LONGEST = 512  # bytes that the server takes
_NOTHING = frozenset(("null", "undefined", "none", "nil", "nan", "00000000-0000-0000-0000-000000000000"))
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def correlation_id() -> str | None:
    """The correlation ID in force, if there is one."""
    return _usable(get_baggage(CORRELATION))


def causation_id() -> str | None:
    """The ID of the event that is being handled, if one is."""
    return _usable(get_baggage(CAUSATION))


@contextmanager
def correlate(correlation_id: str | None = None) -> Iterator[str]:
    """What happens inside belongs to this correlation ID, or to a new one (UUIDv7), which is given."""
    identifier = str(correlation_id) if correlation_id else new_id(time.time_ns())
    with attached(set_baggage(CORRELATION, identifier)):
        yield identifier


@contextmanager
def handling(
    headers: Headers | None = None, *, correlation_id: str | None = None, causation_id: str | None = None
) -> Iterator[str]:
    """What happens inside is caused by a message or request with these headers; gives its correlation ID.

    The IDs may also be said, where a message has them in its body. Headers, if given, count alone: a message without a
    correlation ID gets a new one, not that of the message before it. Without headers, what is in force stays so.
    """
    context = context_of(headers, correlation_id=correlation_id, causation_id=causation_id)
    with attached(context):
        yield str(get_baggage(CORRELATION, context))


def context_of(
    headers: Headers | None, *, correlation_id: str | None = None, causation_id: str | None = None
) -> Context:
    """The current OpenTelemetry context, with the IDs as `handling` finds them."""
    found = {CORRELATION: get_baggage(CORRELATION), CAUSATION: get_baggage(CAUSATION)}
    if headers is not None:
        carried = members(headers)
        found = {key: carried.get(key) for key in found}
    correlation = correlation_id or _usable(found[CORRELATION]) or new_id(time.time_ns())
    causation = causation_id or _usable(found[CAUSATION])
    context = set_baggage(CORRELATION, str(correlation))
    return set_baggage(CAUSATION, str(causation), context) if causation else remove_baggage(CAUSATION, context)


@contextmanager
def attached(context: Context) -> Iterator[None]:
    """This context is the current one inside."""
    token = attach(context)
    try:
        yield
    finally:
        detach(token)


def _usable(value: object) -> str | None:
    """An ID from outside, if the server would take it: a stranger's nonsense must cost no event of ours."""
    if not isinstance(value, str) or not value.strip() or _CONTROL.search(value) or value.lower() in _NOTHING:
        return None
    return value if len(value.encode(errors="replace")) <= _LONGEST else None
