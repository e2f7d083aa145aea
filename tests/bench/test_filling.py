"""What the engine copies is what the evaluator would have written, had it judged every event."""

from pathlib import Path
from typing import Any

from store.clickhouse import ClickHouse
from store.database import Database
from store.migrate import migrate_database
from tests.bench.filling import judge_all, make

VERDICTS = ("instances", "findings", "deadlines")

NOT_COMPARED = {"version", "written_at", "digest"}


def test_the_copies_are_what_judging_writes(clickhouse: ClickHouse, database: Database, tmp_path: Path) -> None:
    make(clickhouse, database, events=3_000, pattern=1_000)
    copied = {table: rows(clickhouse, table) for table in VERDICTS}
    for table in VERDICTS:
        clickhouse.command("TRUNCATE TABLE {table:Identifier}", {"table": table})
    other = Database.open(f"sqlite:///{tmp_path}/other.sqlite")
    migrate_database(other)
    judge_all(clickhouse, other)
    other.close()
    assert len(copied["instances"]) == 900
    assert copied == {table: rows(clickhouse, table) for table in VERDICTS}


def rows(clickhouse: ClickHouse, table: str) -> list[tuple[Any, ...]]:
    described = clickhouse.query("DESCRIBE TABLE {table:Identifier}", {"table": table})
    columns = ", ".join(f"`{name}`" for name, *_ in described if name not in NOT_COMPARED)
    return sorted(clickhouse.query(f"SELECT {columns} FROM {{table:Identifier}}", {"table": table}), key=repr)
