"""Taking attributes out of stored events: for the sake of the people they tell of."""

from collections.abc import Collection, Sequence

import msgspec

from store import events, identifiers
from store.clickhouse import ClickHouse
from store.event import RESERVED_SOURCE, Event

_STORED = """
SELECT id, correlation_id, name, toUnixTimestamp64Micro(time), source, attributes, causation_id, trace_id, span_id,
       toUnixTimestamp64Micro(received_at), identity, content
FROM events
WHERE correlation_id = {correlation_id:String} AND source != {reserved:String}
"""

# The content is part of the sort key, so that a row can't be changed in place.
_DELETE = """
DELETE WHERE correlation_id = {correlation_id:String}
  AND has(arrayZip({identities:Array(UInt64)}, {contents:Array(UInt64)}), (identity, content))
SETTINGS mutations_sync = 2
"""

_TOUCH = "INSERT INTO touched (seen_at, correlation_id, name) SELECT now64(6, 'UTC'), {correlation_id:String}, ''"

_Row = tuple[Event, Sequence[int]]
"""With the two hashes that tell the row from others of the correlation ID."""

_AT_ONCE = 500  # events in one statement, whose parameters travel in the address of the request


def bearing(clickhouse: ClickHouse, correlation_id: str, names: Collection[str]) -> list[Event]:
    """The stored events, testimony excepted, that have one of these attributes. Copies are told one by one.

    Raises StoreUnavailable or StoreRefused.
    """
    return [event for event, _ in _bearing(_rows(clickhouse, correlation_id), names)]


def redact(clickhouse: ClickHouse, correlation_id: str, names: Collection[str]) -> int:
    """Take these attributes out of the stored events of a correlation ID; of how many rows.

    The redacted copies are there before the others go, so that no event is missing at any moment. Whoever judges in
    between sees two copies that differ; so it is judged once more when they are gone. What was cut short may be done
    again. Raises StoreUnavailable or StoreRefused.
    """
    rows = _rows(clickhouse, correlation_id)
    found = _bearing(rows, names)
    _forget(clickhouse, correlation_id, [event.attributes for event, _ in rows], names)
    for start in range(0, len(found), _AT_ONCE):
        part = found[start : start + _AT_ONCE]
        events.write(clickhouse, [_without(event, names) for event, _ in part])
        keys = [key for _, key in part]
        identities, contents = [key[0] for key in keys], [key[1] for key in keys]
        of_these = {"correlation_id": correlation_id, "identities": identities, "contents": contents}
        clickhouse.alter("events", _DELETE, of_these)
    clickhouse.command(_TOUCH, {"correlation_id": correlation_id})
    return len(found)


def without(attributes: str, names: Collection[str]) -> str:
    """The JSON object without these keys; what else is in it keeps its text. `a.b` is the key of this name, or `b`
    within `a`."""
    found = msgspec.json.decode(attributes, type=dict[str, msgspec.Raw])
    kept = {key: _inner(value, key, names) for key, value in found.items() if key not in names}
    return attributes if kept == found else msgspec.json.encode(kept).decode()


def _inner(value: msgspec.Raw, key: str, names: Collection[str]) -> msgspec.Raw:
    within = [name.removeprefix(f"{key}.") for name in names if name.startswith(f"{key}.")]
    text = bytes(value).decode()
    if not within or not text.lstrip().startswith("{"):
        return value
    return msgspec.Raw(without(text, within).encode())


def _without(event: Event, names: Collection[str]) -> Event:
    return msgspec.structs.replace(event, attributes=without(event.attributes, names))


def _rows(clickhouse: ClickHouse, correlation_id: str) -> list[_Row]:
    stored = clickhouse.query(_STORED, {"correlation_id": correlation_id, "reserved": RESERVED_SOURCE})
    return [(Event(*event), (identity, content)) for *event, identity, content in stored]


def _bearing(rows: Sequence[_Row], names: Collection[str]) -> list[_Row]:
    return [(event, key) for event, key in rows if without(event.attributes, names) != event.attributes]


def _forget(clickhouse: ClickHouse, correlation_id: str, texts: Sequence[str], names: Collection[str]) -> None:
    """First, so that whoever does again what was cut short still sees what is to be forgotten."""
    left = [without(text, names) for text in texts]
    if left != list(texts):
        gone = identifiers.among(clickhouse, texts) - identifiers.among(clickhouse, left)
        identifiers.forget(clickhouse, correlation_id, gone)
