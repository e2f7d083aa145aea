"""Rules that were taken, refused or removed, as entries: read off what the evaluator has on record of the rule files.

What has been told is remembered by cursors, which move in the transaction of the entries: of a version of a workflow
since when it is in force, of a file since when it is refused.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from reconcile.actor import EVALUATOR
from reconcile.audit.entry import Entry, record
from store import cursors
from store.database import Database
from store.instant import rfc3339_or_none
from store.tables import rule_files

_TAKEN, _REFUSED = "audit.taken.", "audit.refused."  # how the cursors' names begin


@dataclass(frozen=True, slots=True)
class _News:
    """A cursor that is to move, or to be dropped (`None`), and the entry of it, if any."""

    cursor: str
    position: int | None
    entry: Entry | None


def tell(database: Database, now: int) -> int:
    """Enter what has changed since the last time, at `now` (µs UTC); how many changes. Raises `StoreUnavailable`."""
    with database.read() as connection:
        if not list(_news(connection)):
            return 0
    with database.begin() as connection:
        news = list(_news(connection))
        record(connection, [it.entry for it in news if it.entry is not None], now)
        for it in news:
            if it.position is None:
                cursors.drop(connection, it.cursor)
            else:
                cursors.move(connection, it.cursor, it.position)
    return len(news)


def _news(connection: Connection) -> Iterator[_News]:
    rows = connection.execute(select(rule_files).order_by(rule_files.c.file)).all()
    yield from _of_rules(cursors.named(connection, _TAKEN), rows)
    yield from _of_refusals(cursors.named(connection, _REFUSED), rows)


def _of_rules(told: Mapping[str, int], rows: Sequence[Row[Any]]) -> Iterator[_News]:
    in_force = {f"{_TAKEN}{row.workflow}.{row.version}": row for row in rows if row.taken_at is not None}
    for cursor, row in in_force.items():
        if told.get(cursor) != row.taken_at:
            yield _News(cursor, row.taken_at, _taken(row))
    for cursor in sorted(told.keys() - in_force.keys()):
        yield _News(cursor, None, _removed(cursor))


def _of_refusals(told: Mapping[str, int], rows: Sequence[Row[Any]]) -> Iterator[_News]:
    refused = {f"{_REFUSED}{row.file}": row for row in rows if row.refused_at is not None}
    for cursor, row in refused.items():
        if told.get(cursor) != row.refused_at:
            yield _News(cursor, row.refused_at, _refused(row))
    for cursor in sorted(told.keys() - refused.keys()):
        yield _News(cursor, None, None)


def _taken(row: Row[Any]) -> Entry:
    detail = {
        "file": row.file,
        "version": row.version,
        "rule_hash": row.rule_hash,
        "effective_from": rfc3339_or_none(row.effective_from),
        "owner": row.owner,
        "steps": json.loads(row.steps),
    }
    return Entry("rule.taken", EVALUATOR, workflow=row.workflow, detail=detail)


def _removed(cursor: str) -> Entry:
    workflow, _, version = cursor.removeprefix(_TAKEN).rpartition(".")
    return Entry("rule.removed", EVALUATOR, workflow=workflow, detail={"version": int(version)})


def _refused(row: Row[Any]) -> Entry:
    return Entry("rule.refused", EVALUATOR, row.diagnostics, row.workflow, detail={"file": row.file})
