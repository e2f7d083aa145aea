"""What the engine copies is what the evaluator would have written, had it judged every event."""

from pathlib import Path
from typing import Any

import pytest

from rules.ruleset import rules_of
from store.clickhouse import ClickHouse
from store.database import Database
from store.migrate import migrate_database
from tests.bench.filling import Made, judge_all, make
from tests.bench.workflows import several

VERDICTS = ("instances", "findings", "deadlines")

NOT_COMPARED = {"version", "written_at", "digest"}


@pytest.mark.parametrize("ordered", [False, True])
def test_the_copies_are_what_judging_writes(
    clickhouse: ClickHouse, database: Database, tmp_path: Path, ordered: bool
) -> None:
    made = Made(events=3_000, rules=rules_of(several(2)), ordered=ordered, pattern=1_000)
    make(clickhouse, database, made)
    copied = {table: rows(clickhouse, table) for table in VERDICTS}
    for table in VERDICTS:
        clickhouse.command("TRUNCATE TABLE {table:Identifier}", {"table": table})
    other = Database.open(f"sqlite:///{tmp_path}/other.sqlite")
    migrate_database(other)
    judge_all(clickhouse, other, made.rules)
    other.close()
    assert len(copied["instances"]) == 2 * 900
    assert copied == {table: rows(clickhouse, table) for table in VERDICTS}


def rows(clickhouse: ClickHouse, table: str) -> list[tuple[Any, ...]]:
    described = clickhouse.query("DESCRIBE TABLE {table:Identifier}", {"table": table})
    columns = ", ".join(f"`{name}`" for name, *_ in described if name not in NOT_COMPARED)
    return sorted(clickhouse.query(f"SELECT {columns} FROM {{table:Identifier}}", {"table": table}), key=repr)
