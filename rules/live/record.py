"""The state of the rules in the SQL database, for whoever shows it: by who evaluates the first share."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from rules.diagnostic import Check
from rules.evaluate.staleness import NotJudged
from rules.live.admit import Refused, Taken
from rules.spec import Workflow
from store import leases
from store.database import Database
from store.tables import rule_files, rule_texts

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Applied:
    """How far the rules of a workflow have come: pieces of history judged, of how many, and what is too old."""

    done: int
    total: int
    not_judged: NotJudged


def row(taken: Taken | None, refused: Refused | None, shown: str, applied: Applied) -> dict[str, object]:
    """What is told of one file: what is in force of it, and what of it is not. `shown`: what is wrong with it."""
    workflow = taken.workflow if taken else None
    return {
        "workflow": workflow.name if workflow else "",
        "version": workflow.version if workflow else None,
        "effective_from": workflow.effective_from if workflow else None,
        "description": storable(workflow.description) if workflow else "",
        "owner": workflow.owner if workflow else "",
        "steps": json.dumps([step.name for step in workflow.steps] if workflow else []),
        "rule_hash": workflow.content_hash if workflow else "",
        "taken_at": taken.since if taken else None,
        "refused_at": refused.since if refused else None,
        "diagnostics": storable(shown),
        "done": applied.done,
        "total": applied.total,
        "outdated": applied.not_judged.outdated,
        "frozen": applied.not_judged.frozen,
    }


def storable(text: str) -> str:
    """Without what PostgreSQL cannot hold."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", text)


class Record:
    """The rows as this process knows them; they are written whole, and only when something has changed."""

    def __init__(self, database: Database, lease: str, holder: str) -> None:
        self._database = database
        self._lease = lease
        self._holder = holder
        self._written: tuple[int, Mapping[str, Row]] | None = None
        self._kept: frozenset[tuple[str, int, str]] = frozenset()

    def write(self, rows: Mapping[str, Row], now: int) -> None:
        """Rows by file, unless another process holds the lease at `now` (µs UTC). Raises StoreUnavailable."""
        with self._database.read() as connection:
            epoch = leases.epoch_of(connection, self._lease, self._holder, now)
        if epoch is None or self._written == (epoch, rows):
            return
        with self._database.begin() as connection:
            if leases.epoch_of(connection, self._lease, self._holder, now) != epoch:
                return
            known = {it["file"]: dict(it) for it in connection.execute(select(rule_files)).mappings()}
            self._replace(connection, known, rows)
        self._written = (epoch, rows)

    def keep(self, taken: Mapping[str, Taken], now: int) -> None:
        """By file, what is in force at `now` (µs UTC): the text of each that is not the last one kept of its version,
        unless another process holds the lease. Raises StoreUnavailable."""
        known = {_key(it): (file, it) for file, it in taken.items()}
        if self._kept == known.keys():
            return
        with self._database.begin() as connection:
            if leases.epoch_of(connection, self._lease, self._holder, now) is None:
                return
            new = [_text(file, it) for file, it in known.values() if _last_hash(connection, it.workflow) != _key(it)[2]]
            if new:
                connection.execute(self._database.upsert(rule_texts).values(new).on_conflict_do_nothing())
        self._kept = frozenset(known)

    def _replace(self, connection: Connection, known: Mapping[str, Row], rows: Mapping[str, Row]) -> None:
        """What was in force, or refused, before this process was, has been so since then."""
        in_force = {_identity(it): it["taken_at"] for it in known.values()}
        connection.execute(delete(rule_files).where(rule_files.c.file.not_in(list(rows))))
        for file, it in rows.items():
            before = known.get(file, {})
            values = {**it, "taken_at": in_force.get(_identity(it), it["taken_at"])}
            if it["refused_at"] is not None and before.get("refused_at") and before["diagnostics"] == it["diagnostics"]:
                values["refused_at"] = before["refused_at"]
            insert = self._database.upsert(rule_files).values(file=file, **values)
            connection.execute(insert.on_conflict_do_update(index_elements=[rule_files.c.file], set_=values))


def _identity(row: Row) -> tuple[object, ...]:
    return row["workflow"], row["version"], row["rule_hash"]


def _key(taken: Taken) -> tuple[str, int, str]:
    return taken.workflow.name, taken.workflow.version, taken.workflow.content_hash


def _text(file: str, taken: Taken) -> dict[str, object]:
    workflow, version, rule_hash = _key(taken)
    told = {"workflow": workflow, "version": version, "taken_at": taken.since, "rule_hash": rule_hash}
    secret = next((it for it in taken.warnings if it.check is Check.SECRET), None)
    text = taken.read.text if secret is None else f"# Not kept: line {secret.line} looks like a secret.\n"
    return {**told, "file": storable(file), "text": storable(text)}


def _last_hash(connection: Connection, workflow: Workflow) -> str | None:
    this = (rule_texts.c.workflow == workflow.name, rule_texts.c.version == workflow.version)
    of_it = select(rule_texts.c.rule_hash).where(*this)
    return connection.execute(of_it.order_by(rule_texts.c.taken_at.desc()).limit(1)).scalar_one_or_none()
