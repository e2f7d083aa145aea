"""Personal data goes, and the chain stays whole: a redaction is an entry first, and is then carried out.

The entry names what goes (the ids of entries or events, the names of attributes), by whom and why, never what it was.
The drainer carries it out once the entry is copied: at least once, whatever is killed in between.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select, update

from reconcile.actor import Actor
from reconcile.audit.copying import copied
from reconcile.audit.entry import Entry, record
from reconcile.audit.row import EMPTY
from reconcile.audit.verify import REDACTED
from reconcile.errors import ReconcileError
from store import cursors, quarantine, redaction
from store.clickhouse import ClickHouse
from store.database import Database
from store.tables import audit

EVENTS_REDACTED = "events.redacted"
KEPT = (REDACTED, EVENTS_REDACTED)
"""What tells of redactions stays."""

AT_ONCE = 1_000  # entries in one redaction

_CURSOR = "audit.redacted"

_FOUND = "SELECT DISTINCT id, seq, what FROM audit WHERE id IN {ids:Array(String)}"

_NEXT = """
SELECT DISTINCT seq, what, correlation_id, detail FROM audit
WHERE seq > {after:UInt64} AND seq <= {until:UInt64} AND what IN {kept:Array(String)}
ORDER BY seq
"""

_EMPTY = f"""
UPDATE {", ".join(f"{name} = {{{name}:String}}" for name in EMPTY)}
WHERE has({{seqs:Array(UInt64)}}, seq) AND NOT has({{kept:Array(String)}}, what)
SETTINGS mutations_sync = 2
"""

# A drainer that was paused for long may bring back what had been redacted meanwhile.
_BROUGHT_BACK = "SELECT seq FROM audit GROUP BY seq HAVING min(salt) = '' AND max(salt) != ''"


class NothingToRedact(ReconcileError):
    """There is nothing of what the redaction asks for, or it has gone already."""


class NotRedacted(ReconcileError):
    """This can't be redacted; the message says why."""


class _Detail(msgspec.Struct):
    """Of an entry that tells of a redaction: of entries, or of events."""

    seqs: list[int] = []
    attributes: list[str] = []


class Redacted(NamedTuple):
    """The entry's id, and of how many events that are stored, and of how many that were refused."""

    entry: str
    events: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class By:
    """Who has something redacted, and why."""

    actor: Actor
    reason: str


def redact_events(
    clickhouse: ClickHouse, database: Database, correlation_id: str, names: Collection[str], by: By, now: int
) -> Redacted:
    """Have these attributes taken out of the stored events of a correlation ID; what was refused and tells of them goes
    from the quarantine.

    Raises `NothingToRedact`, `StoreUnavailable` or `StoreRefused`.
    """
    bearing = redaction.bearing(clickhouse, correlation_id, names)
    events = sorted({(event.source, event.id) for event in bearing})
    refused = quarantine.telling_of(clickhouse, correlation_id, names)
    if not events and not refused:
        raise NothingToRedact(f"No event of {correlation_id} has {' or '.join(sorted(names))}.")
    told = [{"source": source, "id": id_} for source, id_ in events]
    detail = {"events": told, "attributes": sorted(names)} | ({"quarantined": refused} if refused else {})
    entry = Entry(EVENTS_REDACTED, by.actor, by.reason, correlation_id=correlation_id, detail=detail)
    with database.begin() as connection:
        [id_] = record(connection, [entry], now)
    return Redacted(id_, len(events), refused)


def redact_entries(clickhouse: ClickHouse, database: Database, ids: Sequence[str], by: By, now: int) -> str:
    """Have the payload of these entries taken out; the id of the entry that tells of it.

    Raises `NotRedacted` where one is unknown, not chained yet, or tells of a redaction itself.
    """
    stored = clickhouse.query(_FOUND, {"ids": list(ids)})
    copies = {it: (seq, what) for it, seq, what in stored}
    with database.begin() as connection:
        found = copies | _chained(connection, ids)
        _check(ids, found)
        seqs = sorted(seq for seq, _ in found.values())
        detail = {"entries": sorted(found), "seqs": seqs}
        [id_] = record(connection, [Entry(REDACTED, by.actor, by.reason, detail=detail)], now)
        connection.execute(update(audit).where(audit.c.id.in_(list(found))).values(**EMPTY))
    return id_


def carry_out(clickhouse: ClickHouse, database: Database) -> int:
    """Do what the entries that have been copied since the last time ask for; how many they were.

    Raises `StoreUnavailable` or `StoreRefused`; what is left is done the next time.
    """
    with database.read() as connection:
        after, until = cursors.read(connection, _CURSOR) or 0, copied(connection)
    if until <= after:
        return 0
    found = clickhouse.query(_NEXT, {"after": after, "until": until, "kept": list(KEPT)})
    for _, what, correlation_id, detail in found:
        asked = msgspec.json.decode(detail, type=_Detail)
        if what == REDACTED:
            _empty(clickhouse, asked.seqs)
        else:
            quarantine.remove(clickhouse, correlation_id, asked.attributes)
            redaction.redact(clickhouse, correlation_id, asked.attributes)
    with database.begin() as connection:
        cursors.move(connection, _CURSOR, until)
    return len(found)


def repeat(clickhouse: ClickHouse) -> None:
    """Empty what was brought back. Raises `StoreUnavailable` or `StoreRefused`."""
    seqs = [seq for (seq,) in clickhouse.query(_BROUGHT_BACK)]
    if seqs:
        _empty(clickhouse, seqs)


def _empty(clickhouse: ClickHouse, seqs: Sequence[int]) -> None:
    clickhouse.alter("audit", _EMPTY, {**EMPTY, "seqs": list(seqs), "kept": list(KEPT)})


def _chained(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """By id, the number and what it tells of."""
    chosen = select(audit.c.id, audit.c.seq, audit.c.what).where(audit.c.id.in_(list(ids)), audit.c.seq.is_not(None))
    return {row.id: (row.seq, row.what) for row in connection.execute(chosen)}


def _check(ids: Sequence[str], found: Mapping[str, tuple[int, str]]) -> None:
    for id_ in ids:
        if id_ not in found:
            raise NotRedacted(f"There is no entry {id_} in the chain.")
        if found[id_][1] in KEPT:
            raise NotRedacted(f"The entry {id_} tells of a redaction, which stays.")
