"""The chain: entries get their numbers and hashes, in the order of their ids, from one process at a time.

An entry is seen here when its transaction has ended. One that took long to commit gets a later number than entries
with later ids: numbers tell in which order entries were chained, ids and times when they were made.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, select, update

from reconcile.audit.row import START, Head, Row, chained, from_store
from reconcile.errors import Raced
from store.database import Database, upsert
from store.instant import rfc3339
from store.tables import audit, audit_head, cases

AT_ONCE = 1_000  # entries in one transaction

_NAME = "audit"
_GIVEN = ("seq", "salt", "seal", "previous", "hash")  # when it is chained
_OF_CASE = ("workflow", "correlation_id", "customer")

COLUMNS = tuple(audit.c[name] for name in Row.__struct_fields__)

_UNCHAINED = select(*COLUMNS).where(audit.c.seq.is_(None)).order_by(audit.c.id).limit(AT_ONCE)
_CHAIN = (
    update(audit)
    .where(audit.c.id == bindparam("of"), audit.c.seq.is_(None))
    .values({name: bindparam(f"new_{name}") for name in (*_GIVEN, *_OF_CASE)})
)


def extend(database: Database, now: int) -> int:
    """Chain the next entries; how many they were. `now` in µs UTC.

    Raises `Raced` where another process has moved the head meanwhile, and `StoreUnavailable`: nothing is done then.
    """
    with database.read() as connection:
        if connection.execute(_UNCHAINED.limit(1)).first() is None:
            return 0
    with database.begin() as connection:
        before = head(connection)
        entries = [from_store(it) for it in connection.execute(_UNCHAINED)]
        rows = chained(_about_cases(connection, entries), before)
        if rows:
            move(connection, before, Head(rows[-1].seq, rows[-1].hash, rfc3339(now)), now)
            connection.execute(_CHAIN, [_given(row) for row in rows])
    return len(rows)


def head(connection: Connection) -> Head:
    row = connection.execute(select(audit_head).where(audit_head.c.name == _NAME)).one_or_none()
    return Head(0, START) if row is None else Head(row.seq, row.hash, rfc3339(row.at))


def move(connection: Connection, before: Head, after: Head, now: int) -> None:
    """Compare and set, so that the chain can't fork: of two who chain behind one head, the second undoes all."""
    if before.seq == 0:
        first = upsert(connection.dialect.name, audit_head).values(name=_NAME, seq=0, hash=START, at=now)
        connection.execute(first.on_conflict_do_nothing())
    moved = connection.execute(
        update(audit_head)
        .where(audit_head.c.name == _NAME, audit_head.c.seq == before.seq, audit_head.c.hash == before.hash)
        .values(seq=after.seq, hash=after.hash, at=now)
    )
    if moved.rowcount != 1:
        raise Raced(f"the audit trail was chained beyond {before.seq} by another process")


def _about_cases(connection: Connection, rows: Sequence[Row]) -> list[Row]:
    """What an entry about a case does not say of the instance and the customer is as the case has it now."""
    about = _of_cases(connection, {row.case_id for row in rows if row.case_id})
    return [replace(row, **_lacking(row, about.get(row.case_id, {}))) for row in rows]


def _of_cases(connection: Connection, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    chosen = select(cases.c.id, *(cases.c[name] for name in _OF_CASE)).where(cases.c.id.in_(list(ids)))
    return {row.id: {name: getattr(row, name) or "" for name in _OF_CASE} for row in connection.execute(chosen)}


def _lacking(row: Row, about: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in about.items() if not getattr(row, name)}


def _given(row: Row) -> dict[str, object]:
    return {"of": row.id, **{f"new_{name}": getattr(row, name) for name in (*_GIVEN, *_OF_CASE)}}
