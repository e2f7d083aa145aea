"""The event: what every decoder makes, what ClickHouse keeps, and what rules judge."""

from collections.abc import Iterable, Iterator

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


class EventColumns(msgspec.Struct, gc=False):
    """Many events, as one list for each of their fields, all of one length: how they travel from wire to store."""

    id: list[str] = []
    correlation_id: list[str] = []
    name: list[str] = []
    time: list[int] = []
    source: list[str] = []
    attributes: list[str] = []
    causation_id: list[str] = []
    trace_id: list[str] = []
    span_id: list[str] = []
    received_at: list[int] = []

    @classmethod
    def of(cls, events: Iterable[Event]) -> "EventColumns":
        columns = cls()
        for event in events:
            columns.add(event)
        return columns

    def add(self, event: Event) -> None:
        self.id.append(event.id)
        self.correlation_id.append(event.correlation_id)
        self.name.append(event.name)
        self.time.append(event.time)
        self.source.append(event.source)
        self.attributes.append(event.attributes)
        self.causation_id.append(event.causation_id)
        self.trace_id.append(event.trace_id)
        self.span_id.append(event.span_id)
        self.received_at.append(event.received_at)

    def extend(self, others: "EventColumns") -> None:
        for field in self.__struct_fields__:
            getattr(self, field).extend(getattr(others, field))

    def __len__(self) -> int:
        return len(self.id)

    def __iter__(self) -> Iterator[Event]:
        return map(Event, *msgspec.structs.astuple(self))
