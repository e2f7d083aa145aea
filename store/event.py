"""The event: what every decoder makes, what ClickHouse keeps, and what rules judge."""

import msgspec

MICROSECOND = 1
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

RESERVED_SOURCE = "noshow"
"""The source of testimony: what an operator or a lookup at the source of truth says of a step."""
CONFIRMED, ABSENT = "confirmed", "absent"  # the names of such events


class Event(msgspec.Struct, frozen=True, gc=False):
    """One business event of one correlation ID.

    `(source, id)` identifies it within its correlation ID. `time` and `received_at` are microseconds since the Unix
    epoch, UTC. `attributes` is the exact JSON text of an object. Optional identifiers are the empty string if absent.
    """

    id: str
    correlation_id: str
    name: str
    time: int
    source: str
    attributes: str = "{}"
    causation_id: str = ""
    trace_id: str = ""
    span_id: str = ""
    received_at: int = 0
