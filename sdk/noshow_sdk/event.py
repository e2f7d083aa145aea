"""An event on its way: made where it happens, unchanged from then on."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from opentelemetry.trace import get_current_span

from noshow_sdk.correlation import causation_id as causation_in_force
from noshow_sdk.correlation import correlation_id as correlation_in_force
from noshow_sdk.ids import new_id
from noshow_sdk.values import Value, sendable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NoEvent(ValueError):
    """What was given makes no event."""


class Event(NamedTuple):
    """One business event. `time` is nanoseconds since the Unix epoch; IDs of trace and span are 0 where there is none.

    The server knows it by its source, which is the name of the service, and its `id`.
    """

    id: str
    name: str
    time: int
    correlation_id: str
    causation_id: str | None
    trace_id: int
    span_id: int
    attributes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Composed:
    """`left_out` says why each attribute that can't be sent can't; `alone`: no correlation ID was in force or given."""

    event: Event
    left_out: list[str]
    alone: bool


def compose(
    name: str,
    attributes: Mapping[str, object],
    correlation_id: str | None = None,
    event_id: str | None = None,
    occurred_at: datetime | None = None,
) -> Composed:
    """The event as it is sent, with what is not given taken from the context and the clock.

    Raises `NoEvent`, and what text of the service's own making raises.
    """
    if not isinstance(name, str) or not name:
        raise NoEvent(f"an event's name is text, got {type(name).__name__}")
    now = time.time_ns()
    kept, left_out = sendable(attributes)
    correlation = str(correlation_id) if correlation_id else correlation_in_force()
    span = get_current_span().get_span_context()
    event = Event(
        str(event_id) if event_id else new_id(now),
        name,
        now if occurred_at is None else _nanoseconds(occurred_at),
        correlation or new_id(now),
        causation_in_force(),
        span.trace_id,
        span.span_id,
        kept,
    )
    return Composed(event, left_out, alone=correlation is None)


def _nanoseconds(instant: datetime) -> int:
    """Since the Unix epoch. Without a zone it is UTC, as the server has it."""
    if not isinstance(instant, datetime):
        raise NoEvent(f"the time of an event is a datetime, got {type(instant).__name__}")
    since = (instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
