"""The file fix: a CSV of truth is looked at, then applied in one transaction, under one actor and one reason."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from reconcile.actor import Actor
from reconcile.audit.entry import Entry, record
from reconcile.errors import FileRefused
from reconcile.rulebook import Rulebook
from reconcile.teams import EVERY_TEAM, Teams
from reconcile.truth.file.preview import Known, Line, Preview, candidates, preview
from reconcile.truth.file.table import Table, read
from reconcile.truth.ours import Instance, Key, instances
from reconcile.truth.testimony import Said, Subject, Testimony, last_words, say
from store import cursors
from store.clickhouse import ClickHouse
from store.database import Database

LONGEST = 2_000  # characters of the reason

_APPLIED = "truth.file"  # the cursor that those who apply hold while they do


@dataclass(frozen=True, slots=True)
class Order:
    """To apply a file: the fingerprint that its preview showed, by whom, and why. `teams`: as in `Known`."""

    fingerprint: str
    actor: Actor
    reason: str
    teams: Teams = EVERY_TEAM


class FileFix:
    """Safe to share among threads."""

    def __init__(self, clickhouse: ClickHouse, database: Database, rulebook: Rulebook) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._rulebook = rulebook

    def preview(self, content: bytes, now: int, teams: Teams = EVERY_TEAM) -> Preview:
        """What the file would change at `now` (µs UTC). Raises `BadFile`, which names every line, or StoreError."""
        table = read(content, now)
        known = self._instances(table)
        with self._database.read() as connection:
            return preview(table, Known(self._rulebook, known, _words(connection, table), teams))

    def apply(self, content: bytes, order: Order, now: int) -> Preview:
        """Make those changes, all or none, at `now` (µs UTC). What comes back is what was done.

        Raises `BadFile`, `FileRefused` where it is not the file that was looked at or nothing is left to change, or
        StoreError.
        """
        if not order.reason.strip() or len(order.reason) > LONGEST:
            raise FileRefused(f"reason: expected a few words on why, at most {LONGEST:,} characters")
        table = read(content, now)
        if table.fingerprint != order.fingerprint:
            raise FileRefused("this is not the file that was looked at: preview it again, and give that fingerprint")
        known = self._instances(table)
        with self._database.begin() as connection:
            # Files go one after the other: of two who apply the same at once, one finds nothing left to change.
            cursors.move(connection, _APPLIED, now)
            words = _words(connection, table)
            done = preview(table, Known(self._rulebook, known, words, order.teams))
            if not done.changes:
                raise FileRefused("nothing is left to change: all that it says is known here, or can't be applied")
            _write(connection, done, order, now)
        return done

    def _instances(self, table: Table) -> Mapping[Key, Instance]:
        keys = ((name, row.correlation_id) for row in table.rows for name in candidates(self._rulebook, row))
        return instances(self._clickhouse, keys)


def _words(connection: Connection, table: Table) -> Mapping[Subject, Said]:
    return last_words(connection, (row.correlation_id for row in table.rows))


def _write(connection: Connection, done: Preview, order: Order, now: int) -> None:
    """One entry of the audit trail for all of it, and a word for each line."""
    detail = {
        "fingerprint": done.fingerprint,
        "applied": [_told(line) for line in done.changes],
        "left": [{**_told(line), "because": line.effect} for line in done.lines if not line.changes],
    }
    [entry] = record(connection, [Entry("truth.file", order.actor, why=order.reason, detail=detail)], now)
    say(connection, [_word(line, order, entry, now) for line in done.changes], entry, now)


def _told(line: Line) -> dict[str, object]:
    row = line.row
    return {
        "line": row.line,
        "workflow": line.workflow or row.workflow,
        "correlation_id": row.correlation_id,
        "step": row.step,
        "word": row.word,
    }


def _word(line: Line, order: Order, entry: str, now: int) -> Testimony:
    row = line.row
    time = now if row.time is None else row.time
    reason = row.reason or order.reason
    return Testimony(line.workflow, row.correlation_id, row.step, row.word, time, order.actor, reason, f"file/{entry}")
