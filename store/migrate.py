"""Migrations: numbered files, applied in order at start, recorded with their hash, refused if edited afterwards.

A run that was cut short is repaired by running again: ClickHouse statements are written so that they can be repeated,
and those of the SQL database are one transaction.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, Text, insert, select, text

from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import MigrationEdited, StoreNewer

CLICKHOUSE = Path(__file__).parent / "migrations" / "clickhouse"
SQL = Path(__file__).parent / "migrations" / "sql"

# Rows are versions by name; a race of two processes may record a migration twice, which merges away.
_RECORD = """
CREATE TABLE IF NOT EXISTS migrations (name String, sha256 String)
ENGINE = ReplacingMergeTree ORDER BY name
"""

_recorded = Table("migrations", MetaData(), Column("name", Text, primary_key=True), Column("sha256", Text))

_ONLY_IF = "-- only if:"

# Any number will do, as long as every process takes the same one.
_ADVISORY_LOCK = 7_265_746


@contextmanager
def alone(database: Database) -> Iterator[Connection]:
    """A transaction in which nobody else migrates the stores that belong to this database."""
    with database.begin() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        yield connection


def migrate_clickhouse(clickhouse: ClickHouse, directory: Path = CLICKHOUSE) -> list[str]:
    """Apply what is new and say its names. Where others may migrate the same store, only `alone`.

    Raises `MigrationEdited`, `StoreNewer` or what `ClickHouse` raises.
    """
    new = not_applied(clickhouse, directory)
    if new:  # else the account need not be one that may create tables
        clickhouse.command(_RECORD)
    for name in new:
        for statement in statements((directory / name).read_text()):
            run(clickhouse, statement)
        record(clickhouse, directory / name)
    return new


def not_applied(clickhouse: ClickHouse, directory: Path = CLICKHOUSE) -> list[str]:
    """The names of migrations that the store lacks. Raises as `migrate_clickhouse`."""
    there = clickhouse.query("EXISTS TABLE migrations") == [(1,)]
    applied = dict(clickhouse.query("SELECT name, sha256 FROM migrations")) if there else {}
    return _not_applied(_hashes(directory, "*.sql"), applied)


def record(clickhouse: ClickHouse, file: Path) -> None:
    """That it has been applied."""
    clickhouse.insert("migrations", {"name": [file.name], "sha256": [_hash(file)]})


def migrate_database(database: Database, directory: Path = SQL) -> list[str]:
    """Apply what is new and say its names, in one transaction, `alone`.

    Raises `MigrationEdited`, `StoreNewer` or what `Database` raises.
    """
    files = _hashes(directory / "versions", "*.py")
    with alone(database) as connection:
        _recorded.create(connection, checkfirst=True)
        applied = {row.name: row.sha256 for row in connection.execute(select(_recorded))}
        new = _not_applied(files, applied)
        if new:
            _upgrade(connection, directory)
            connection.execute(insert(_recorded), [{"name": name, "sha256": files[name]} for name in new])
    return new


class Statement(NamedTuple):
    """`only_if`: a condition without which it is left out; '' where there is none."""

    text: str
    only_if: str = ""


def run(clickhouse: ClickHouse, statement: Statement) -> None:
    """Raises what `ClickHouse` raises."""
    if not statement.only_if or clickhouse.query(f"SELECT {statement.only_if}") == [(1,)]:
        clickhouse.command(statement.text)


def statements(script: str) -> Iterator[Statement]:
    """The statements of a script: each ends with a `;` at the end of a line. Lines of comment are left out, but for
    `-- only if: CONDITION` before a statement that could not be repeated otherwise."""
    lines = (line for line in script.splitlines() if line.startswith(_ONLY_IF) or not line.lstrip().startswith("--"))
    for part in re.split(r";[ \t]*(?:\n|$)", "\n".join(lines)):
        text = part.strip()
        only_if = ""
        if text.startswith(_ONLY_IF):
            only_if, _, text = text.removeprefix(_ONLY_IF).partition("\n")
        if text:
            yield Statement(text, only_if.strip())


def _hashes(directory: Path, pattern: str) -> dict[str, str]:
    return {path.name: _hash(path) for path in sorted(directory.glob(pattern))}


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _not_applied(files: Mapping[str, str], applied: Mapping[str, str]) -> list[str]:
    unknown = sorted(set(applied) - set(files))
    if unknown:
        raise StoreNewer(unknown)
    for name, sha256 in sorted(applied.items()):
        if files[name] != sha256:
            raise MigrationEdited(name)
    return [name for name in files if name not in applied]


def _upgrade(connection: Connection, directory: Path) -> None:
    script = ScriptDirectory(str(directory))

    def to_head(revision: str, _context: object) -> object:
        return script._upgrade_revs("head", revision)  # what alembic's own `upgrade` command calls

    with EnvironmentContext(Config(), script, fn=to_head, destination_rev="head") as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
