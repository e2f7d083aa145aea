"""What is known about a case beside its findings: what happened, in which order of cause and effect, and what people
said. Whatever else bears witness to a case (lookups, actions) is put in here."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from reconcile.cases import comments
from reconcile.cases.comments import Comment
from reconcile.cases.references import Found, References
from store import events
from store.clickhouse import ClickHouse
from store.errors import StoreUnavailable
from store.event import Event

_EVENTS = 1_000


@dataclass(frozen=True, slots=True)
class Happened:
    """An event and its place in the chain of causes: 0 where what caused it is none of this order's events."""

    event: Event
    depth: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """`history` (the first 1,000 events) and `references` are `None` where ClickHouse is away."""

    history: Sequence[Happened] | None
    references: Found | None
    comments: Sequence[Comment]


def gather(
    clickhouse: ClickHouse, connection: Connection, references: References, case_id: str, correlation_id: str
) -> Evidence:
    """The one place where the evidence of a case is put together. Raises `StoreRefused`."""
    said = comments.of_case(connection, case_id)
    try:
        history = events.history(clickhouse, correlation_id, _EVENTS)
        found = references.of_orders([correlation_id]).get(correlation_id, {})
    except StoreUnavailable:
        return Evidence(None, None, said)
    return Evidence(chained(history), found, said)


def chained(history: Sequence[Event]) -> list[Happened]:
    """The events in their order, each with how many causes lie before it. A circle of causes is cut where it closes."""
    by_id = {event.id: event for event in reversed(history)}
    return [Happened(event, len(_causes(event, by_id))) for event in history]


def _causes(event: Event, by_id: dict[str, Event]) -> set[str]:
    met: set[str] = set()
    while (cause := event.causation_id) in by_id and cause not in met and cause != event.id:
        met.add(cause)
        event = by_id[cause]
    return met
