"""From the SQL database to ClickHouse: chained rows in their order, at least once."""

from sqlalchemy import Connection, delete, or_, select

from reconcile.audit.chain import COLUMNS
from reconcile.audit.row import Row
from store import cursors
from store.clickhouse import ClickHouse
from store.database import Database
from store.tables import audit

AT_ONCE = 5_000  # rows in one insert

_CURSOR = "audit.copied"


def copied(connection: Connection) -> int:
    """The number of the last row that ClickHouse has, as have all before it."""
    return cursors.read(connection, _CURSOR) or 0


def copy(clickhouse: ClickHouse, database: Database) -> int:
    """Copy the next rows; how many they were. After a crash in between the same ones are copied once more.

    Raises `StoreUnavailable` or `StoreRefused`.
    """
    with database.read() as connection:
        chained = select(*COLUMNS).where(audit.c.seq > copied(connection)).order_by(audit.c.seq).limit(AT_ONCE)
        rows = connection.execute(chained).mappings().all()
    if not rows:
        return 0
    clickhouse.insert("audit", {name: [row[name] for row in rows] for name in Row.__struct_fields__})
    with database.begin() as connection:
        cursors.move(connection, _CURSOR, max(copied(connection), rows[-1]["seq"]))
    return len(rows)


def prune(database: Database, before: int) -> int:
    """Take rows that were made before this instant (µs UTC) out of the SQL database; how many.

    Only such as ClickHouse has, and none behind one that stays: what is left is the end of the chain, without a gap.
    """
    with database.begin() as connection:
        last = copied(connection)
        stays = or_(audit.c.at >= before, audit.c.seq > last)
        first = select(audit.c.seq).where(audit.c.seq.is_not(None), stays).order_by(audit.c.seq).limit(1)
        kept_from = connection.execute(first).scalar_one_or_none() or last + 1
        return connection.execute(delete(audit).where(audit.c.seq < kept_from)).rowcount
