"""Events into ClickHouse and back."""

from collections.abc import Iterable, Sequence

import msgspec

from store.clickhouse import ClickHouse
from store.event import Event, EventColumns

# Copies that differ only in how they travelled are one event here; copies that differ in what they say are shown.
_HISTORY = """
SELECT id, correlation_id, name, toUnixTimestamp64Micro(time), source, attributes, causation_id, trace_id, span_id,
       toUnixTimestamp64Micro(received_at)
FROM events
WHERE correlation_id = {correlation_id:String}
ORDER BY time, id, source, name, attributes, received_at
LIMIT 1 BY time, id, source, name, attributes
LIMIT {limit:UInt64} OFFSET {offset:UInt64}
"""

_COUNT = """
SELECT uniqExact(time, id, source, name, content) FROM events WHERE correlation_id = {correlation_id:String}
"""

_ATTRIBUTES = """
SELECT correlation_id, attributes
FROM events
WHERE correlation_id IN {correlation_ids:Array(String)}
ORDER BY correlation_id, time, id, source
LIMIT {limit:UInt64} BY correlation_id
"""


def write(clickhouse: ClickHouse, events: Iterable[Event], token: str | None = None) -> None:
    """Store all events or none. `token` makes a repeated write of the same batch do nothing (for a while).

    Raises `StoreUnavailable` or `StoreRefused`.
    """
    write_columns(clickhouse, EventColumns.of(events), token)


def write_columns(clickhouse: ClickHouse, events: EventColumns, token: str | None = None) -> None:
    clickhouse.insert("events", msgspec.structs.asdict(events), token)


def history(clickhouse: ClickHouse, correlation_id: str, limit: int = 10_000, *, offset: int = 0) -> list[Event]:
    """The first `limit` events of a correlation ID by time, id, source, behind `offset` of them; exact copies once."""
    asked = {"correlation_id": correlation_id, "limit": limit, "offset": offset}
    return [Event(*row) for row in clickhouse.query(_HISTORY, asked)]


def count(clickhouse: ClickHouse, correlation_id: str) -> int:
    """How many events `history` would tell of, without a limit."""
    [(number,)] = clickhouse.query(_COUNT, {"correlation_id": correlation_id})
    return int(number)


def attributes(clickhouse: ClickHouse, correlation_ids: Sequence[str], limit: int) -> list[tuple[str, str]]:
    """(correlation ID, attributes) of the first `limit` events of each, in the order of correlation ID and time."""
    parameters = {"correlation_ids": correlation_ids, "limit": limit}
    return [(row[0], row[1]) for row in clickhouse.query(_ATTRIBUTES, parameters)]
