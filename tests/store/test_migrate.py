import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from store import events, tables
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import MigrationEdited, StoreNewer, StoreRefused
from store.event import Event
from store.migrate import CLICKHOUSE, SQL, Statement, alone, migrate_clickhouse, migrate_database, run, statements

CLICKHOUSE_NAMES = sorted(path.name for path in CLICKHOUSE.glob("*.sql"))
SQL_NAMES = sorted(path.name for path in (SQL / "versions").glob("*.py"))


STATEMENTS = [it for name in CLICKHOUSE_NAMES for it in statements((CLICKHOUSE / name).read_text())]

SQL_VERSION = """
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {before!r}


def upgrade():
    {body}
"""


def clickhouse_schema(clickhouse: ClickHouse) -> list[tuple[object, ...]]:
    return clickhouse.query(
        "SELECT name, replace(create_table_query, currentDatabase(), '') FROM system.tables "
        "WHERE database = currentDatabase() ORDER BY name"
    )


class TestClickHouse:
    @pytest.fixture
    def directory(self, tmp_path: Path) -> Path:
        first = "-- A comment; with a semicolon;\nCREATE TABLE IF NOT EXISTS a (n Int8)\nENGINE = Memory;\n"
        (tmp_path / "0001_first.sql").write_text(first)
        return tmp_path

    def test_each_is_applied_once_and_in_order(self, empty_clickhouse: ClickHouse) -> None:
        assert CLICKHOUSE_NAMES
        assert migrate_clickhouse(empty_clickhouse) == CLICKHOUSE_NAMES
        assert migrate_clickhouse(empty_clickhouse) == []

    def test_over_the_network_too(self, server_clickhouse: ClickHouse, clickhouse: ClickHouse) -> None:
        assert migrate_clickhouse(server_clickhouse) == []
        assert clickhouse_schema(server_clickhouse) == clickhouse_schema(clickhouse)

    def test_what_is_new_is_applied_later(self, empty_clickhouse: ClickHouse, directory: Path) -> None:
        assert migrate_clickhouse(empty_clickhouse, directory) == ["0001_first.sql"]
        (directory / "0002_second.sql").write_text("ALTER TABLE a ADD COLUMN IF NOT EXISTS b Int8;\n-- end\n")
        assert migrate_clickhouse(empty_clickhouse, directory) == ["0002_second.sql"]
        empty_clickhouse.insert("a", {"n": [1], "b": [2]})

    def test_one_that_was_edited_is_refused_by_name(self, empty_clickhouse: ClickHouse, directory: Path) -> None:
        migrate_clickhouse(empty_clickhouse, directory)
        (directory / "0001_first.sql").write_text("SELECT 1")
        (directory / "0002_second.sql").write_text("CREATE TABLE b (n Int8) ENGINE = Memory")
        with pytest.raises(MigrationEdited, match=r"0001_first\.sql"):
            migrate_clickhouse(empty_clickhouse, directory)
        assert empty_clickhouse.query("EXISTS b") == [(0,)]

    def test_a_newer_store_is_refused(self, clickhouse: ClickHouse, directory: Path) -> None:
        with pytest.raises(StoreNewer, match=CLICKHOUSE_NAMES[0]):
            migrate_clickhouse(clickhouse, directory)

    @pytest.mark.parametrize("done", range(1, len(STATEMENTS) + 1))
    def test_a_run_that_was_cut_short_is_repaired_by_the_next(
        self, empty_clickhouse: ClickHouse, server_clickhouse: ClickHouse, done: int
    ) -> None:
        for statement in STATEMENTS[:done]:
            run(empty_clickhouse, statement)
        events.write(empty_clickhouse, [Event("e-1", "order-1", "X", 5, "shop")])
        assert migrate_clickhouse(empty_clickhouse) == CLICKHOUSE_NAMES
        assert clickhouse_schema(empty_clickhouse) == clickhouse_schema(server_clickhouse)
        assert len(events.history(empty_clickhouse, "order-1")) == 1

    def test_one_that_fails_is_not_recorded(self, empty_clickhouse: ClickHouse, directory: Path) -> None:
        second = directory / "0002_second.sql"
        second.write_text("CREATE TABLE IF NOT EXISTS b (n Int8) ENGINE = Memory;\nSELEC;\n")
        with pytest.raises(StoreRefused):
            migrate_clickhouse(empty_clickhouse, directory)
        second.write_text("CREATE TABLE IF NOT EXISTS b (n Int8) ENGINE = Memory;\n")
        assert migrate_clickhouse(empty_clickhouse, directory) == ["0002_second.sql"]

    def test_two_at_once(self, empty_clickhouse: ClickHouse, any_empty_database: Database) -> None:
        url = any_empty_database.engine.url.render_as_string(hide_password=False)

        def migrated(_: int) -> list[str]:
            database = Database.open(url)
            with closing(database), alone(database):
                return migrate_clickhouse(empty_clickhouse)

        with ThreadPoolExecutor(4) as threads:
            assert sorted(threads.map(migrated, range(4))) == [[], [], [], CLICKHOUSE_NAMES]


def test_statements_end_with_a_semicolon_at_the_end_of_a_line() -> None:
    script = "-- first; comment;\nSELECT ';' -- not here; but\nFROM a;  \n\n  -- another;\nSELECT 'a;b';\nSELECT 3"
    assert [it.text for it in statements(script)] == ["SELECT ';' -- not here; but\nFROM a", "SELECT 'a;b'", "SELECT 3"]


def test_a_statement_may_have_a_condition(empty_clickhouse: ClickHouse) -> None:
    create = "CREATE TABLE {} (n Int8) ENGINE = Memory"
    script = (
        f"-- only if: 1 + 1 = 2\n{create.format('a')};\n-- only if: 1 = 2\n{create.format('b')};\n{create.format('c')}"
    )
    found = list(statements(script))
    assert found[0] == Statement(create.format("a"), "1 + 1 = 2")
    for statement in found:
        run(empty_clickhouse, statement)
    assert [empty_clickhouse.query(f"EXISTS {name}") for name in "abc"] == [[(1,)], [(0,)], [(1,)]]


def test_events_that_were_there_before_their_table_had_finer_granules_are_kept(empty_clickhouse: ClickHouse) -> None:
    fine = CLICKHOUSE_NAMES.index("0008_fine_grains.sql")
    for name in CLICKHOUSE_NAMES[:fine]:
        for statement in statements((CLICKHOUSE / name).read_text()):
            run(empty_clickhouse, statement)
    events.write(empty_clickhouse, [Event(f"e-{number}", "order-1", "X", 5, "shop", '{"a":1}') for number in range(9)])
    migrate_clickhouse(empty_clickhouse)
    assert len(events.history(empty_clickhouse, "order-1")) == 9
    events.write(empty_clickhouse, [Event("e-9", "order-1", "X", 5, "shop")])
    assert len(events.history(empty_clickhouse, "order-1")) == 10
    assert empty_clickhouse.query("SELECT uniqExact(seen_at) FROM touched") == [(2,)]


class TestDatabase:
    @pytest.fixture
    def directory(self, tmp_path: Path) -> Path:
        (tmp_path / "versions").mkdir()
        first = SQL_VERSION.format(
            revision="0001",
            before=None,
            body="op.create_table('a', sa.Column('n', sa.Integer, primary_key=True))",
        )
        (tmp_path / "versions" / "0001_first.py").write_text(first)
        return tmp_path

    def test_each_is_applied_once_and_in_order(self, any_empty_database: Database) -> None:
        assert SQL_NAMES
        assert migrate_database(any_empty_database) == SQL_NAMES
        assert migrate_database(any_empty_database) == []

    def test_they_make_the_tables_that_the_code_knows(self, any_empty_database: Database) -> None:
        migrate_database(any_empty_database)
        with any_empty_database.begin() as connection:
            options = {"compare_type": True, "include_name": lambda name, *_: name != "migrations"}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, tables.metadata) == []
            present = set(sqlalchemy.inspect(connection).get_table_names())
        assert present == {*tables.metadata.tables, "migrations", "alembic_version"}

    def test_what_is_new_is_applied_later(self, any_empty_database: Database, directory: Path) -> None:
        assert migrate_database(any_empty_database, directory) == ["0001_first.py"]
        second = SQL_VERSION.format(
            revision="0002", before="0001", body="op.add_column('a', sa.Column('text', sa.Text))"
        )
        (directory / "versions" / "0002_second.py").write_text(second)
        assert migrate_database(any_empty_database, directory) == ["0002_second.py"]
        with any_empty_database.begin() as connection:
            connection.exec_driver_sql("INSERT INTO a (n, text) VALUES (1, 'x')")

    def test_one_that_was_edited_is_refused_by_name(self, any_empty_database: Database, directory: Path) -> None:
        migrate_database(any_empty_database, directory)
        with (directory / "versions" / "0001_first.py").open("a") as file:
            file.write("# a comment is an edit\n")
        with pytest.raises(MigrationEdited, match=r"0001_first\.py"):
            migrate_database(any_empty_database, directory)

    def test_a_newer_store_is_refused(self, any_database: Database, directory: Path) -> None:
        with pytest.raises(StoreNewer, match=SQL_NAMES[0]):
            migrate_database(any_database, directory)

    def test_one_that_fails_leaves_nothing_behind(self, any_empty_database: Database, directory: Path) -> None:
        second = directory / "versions" / "0002_second.py"
        body = "op.create_table('b', sa.Column('n', sa.Integer)); 1 / 0"
        second.write_text(SQL_VERSION.format(revision="0002", before="0001", body=body))
        with pytest.raises(ZeroDivisionError):
            migrate_database(any_empty_database, directory)
        with any_empty_database.begin() as connection:
            assert sqlalchemy.inspect(connection).get_table_names() == []
        second.unlink()
        assert migrate_database(any_empty_database, directory) == ["0001_first.py"]

    def test_several_at_once(self, any_empty_database: Database) -> None:
        url = any_empty_database.engine.url.render_as_string(hide_password=False)
        databases = [Database.open(url) for _ in range(4)]
        with ThreadPoolExecutor(4) as threads:
            applied = list(threads.map(migrate_database, databases))
        assert sorted(applied) == [[], [], [], SQL_NAMES]
        for database in databases:
            database.close()


def test_a_copy_of_the_files_elsewhere_is_the_same_to_a_store(database: Database, tmp_path: Path) -> None:
    shutil.copytree(SQL, tmp_path / "moved")
    assert migrate_database(database, tmp_path / "moved") == []
