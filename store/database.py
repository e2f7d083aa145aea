"""The SQL database: SQLite in a file, or PostgreSQL."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from store.errors import StoreUnavailable

Insert = sqlite.Insert | postgresql.Insert

_WAIT_FOR_A_LOCK = 10  # seconds

_NOW = {
    "sqlite": "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000",
    "postgresql": "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
}

# The low byte of SQLite's error codes; it calls almost everything an operational error.
_SQLITE_TRY_AGAIN = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}


also: ContextVar[Callable[[Connection], None] | None] = ContextVar("also", default=None)
"""What whoever set it wants written in each transaction of theirs as well. If it raises, there is none."""


class Database:
    """Safe to share among threads; every block below has a connection to itself.

    A database that is away or locked for too long shows as `StoreUnavailable`; other SQLAlchemy errors pass through.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        # SQLite lets one transaction write at a time, and whoever waits for it asks again and again, for seconds where
        # others are always quicker. Here they are woken.
        self._turn: AbstractContextManager[object] = threading.Lock() if self.dialect == "sqlite" else nullcontext()

    @classmethod
    def open(cls, url: str) -> "Database":
        """`sqlite:///path/to/file` or `postgresql+psycopg://user:password@host/name`. Connects at first use."""
        parsed = sqlalchemy.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            engine = sqlalchemy.create_engine(parsed, connect_args={"timeout": _WAIT_FOR_A_LOCK})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            parsed = parsed.set(drivername="postgresql+psycopg")
            engine = sqlalchemy.create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": 5})
        return cls(engine)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that may write: committed at the end of the block, rolled back if it raises."""
        with self._turn, _clear_errors(), self.engine.connect() as connection, connection.begin():
            yield connection
            if (more := also.get()) is not None:
                more(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot: every statement of the block sees the same state, and none may write."""
        with _clear_errors(), self.engine.connect() as connection, self._read_only(connection).begin():
            yield connection

    def upsert(self, table: Table) -> Insert:
        """The dialect's own `insert()`, which has `on_conflict_do_update` and `on_conflict_do_nothing`."""
        return upsert(self.dialect, table)

    def now(self) -> int:
        """What time it is where the database is (µs UTC). Raises StoreUnavailable."""
        with self.read() as connection:
            return int(connection.exec_driver_sql(_NOW[self.dialect]).scalar_one())

    def close(self) -> None:
        self.engine.dispose()

    def _read_only(self, connection: Connection) -> Connection:
        if self.dialect == "sqlite":
            return connection.execution_options(noshow_read_only=True)
        return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def upsert(dialect: str, table: Table) -> Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if isinstance(error.orig, sqlite3.Error) and not _worth_another_try(error.orig):
            raise
        raise StoreUnavailable(f"SQL database: {error.orig}") from error
    except NoConnectionLeft as error:
        raise StoreUnavailable("SQL database: all connections are in use") from error


def _worth_another_try(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & 0xFF in _SQLITE_TRY_AGAIN


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The sqlite3 module must not begin transactions by itself: `_begin_sqlite` does.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A write transaction takes the lock at once: one that read first and then failed to get it could not go on.
    read_only = connection.get_execution_options().get("noshow_read_only", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
