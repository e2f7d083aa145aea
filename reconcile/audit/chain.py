"""The chain: entries get their numbers and hashes, in the order of their ids, from one process at a time.

An entry is seen here when its transaction has ended. One that took long to commit gets a later number than entries
with later ids: numbers tell in which order entries were chained, ids and times when they were made.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from reconcile.audit.row import START, Head, Row, chained
from reconcile.errors import Raced
from store.database import Database, upsert
from store.instant import rfc3339
from store.tables import audit, audit_head, cases

AT_ONCE = 1_000  # entries in one transaction

_NAME = "audit"
_GIVEN = ("seq", "salt", "seal", "before", "hash")  # when it is chained
_OF_CASE = ("workflow", "correlation_id", "customer")

COLUMNS = tuple(audit.c[name] for name in Row.__struct_fields__)

_UNCHAINED = select(audit).where(audit.c.seq.is_(None)).order_by(audit.c.id).limit(AT_ONCE)
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
        entries = connection.execute(_UNCHAINED).mappings().all()
        rows = chained(_rows(connection, entries), before)
        if rows:
            move(connection, before, Head(rows[-1].seq, rows[-1].hash, rfc3339(now)), now)
            connection.execute(_CHAIN, [_given(row) for row in rows])
    return len(rows)


def head(connection: Connection) -> Head:
    row = connection.execute(select(audit_head).where(audit_head.c.name == _NAME)).one_or_none()
    return Head(0, START) if row is None else Head(row.seq, row.hash, rfc3339(row.at))


def row_of(stored: Mapping[str, Any]) -> Row:
    """A row of the table `audit`."""
    told = {name: stored[name] for name in Row.__struct_fields__}
    return Row(**{**told, "at": rfc3339(stored["at"])})


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


def _rows(connection: Connection, entries: Sequence[Mapping[str, Any]]) -> list[Row]:
    """What an entry about a case does not say of the instance and the customer is as the case has it now."""
    about = _of_cases(connection, {it["case_id"] for it in entries if it["case_id"]})
    return [
        row_of({**it, **{name: it[name] or value for name, value in about.get(it["case_id"], {}).items()}})
        for it in (_with_blanks(entry) for entry in entries)
    ]


def _of_cases(connection: Connection, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    found = connection.execute(
        select(cases.c.id, *(cases.c[name] for name in _OF_CASE)).where(cases.c.id.in_(list(ids)))
    )
    return {row.id: {name: getattr(row, name) or "" for name in _OF_CASE} for row in found}


def _with_blanks(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, **dict.fromkeys(_GIVEN, ""), "seq": 0}


def _given(row: Row) -> dict[str, object]:
    return {"of": row.id, **{f"new_{name}": getattr(row, name) for name in (*_GIVEN, *_OF_CASE)}}
