"""What the evaluator has judged, as entries: this rule ran, then, over this many, and found that much, or nothing."""

from typing import Any

from sqlalchemy import Row, delete, exists, select

from reconcile.actor import EVALUATOR
from reconcile.audit.entry import Entry, record
from store.database import Database
from store.event import MINUTE
from store.instant import rfc3339
from store.tables import passes

WHAT = "rule.passed"

_SETTLED = MINUTE  # by then another evaluator, which had the lease before, has had its say


def tell(database: Database, now: int) -> int:
    """Turn the stretches that are over at `now` (µs UTC) into entries; how many. Raises `StoreUnavailable`."""
    over = passes.c.ended_at <= now - _SETTLED
    with database.read() as connection:
        if not connection.execute(select(exists().where(over))).scalar_one():
            return 0
    with database.begin() as connection:
        told = connection.execute(delete(passes).where(over).returning(*passes.c)).all()
        ordered = sorted(told, key=lambda row: (row.began_at, row.workflow, row.version))
        record(connection, [_entry(row) for row in ordered], now)
    return len(told)


def _entry(row: Row[Any]) -> Entry:
    times = {"from": rfc3339(row.began_at), "until": rfc3339(row.ended_at)}
    counts = {name: row._mapping[name] for name in ("rounds", "looked_at", "judged", "opened", "closed")}
    rule = {"version": row.version, "rule_hash": row.rule_hash}
    return Entry(WHAT, EVALUATOR, workflow=row.workflow, detail={**rule, **times, **counts})
