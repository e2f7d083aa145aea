"""The SQLite file of a spool: one process has it, one thread at a time, and what a block writes is written or not."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from collector.errors import SpoolFull
from store.errors import DataDirectoryError, StoreInUse

logger = logging.getLogger(__name__)

_PAGE = 16 << 10
_JOURNAL = 64 << 20  # bytes that the journal beside the file may keep
_VACUUMED_AT_ONCE = 2_000  # pages, so that nobody waits long for the file

# Payloads are apart, so that a group can be given its token without its bytes being written again.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS collector (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS groups (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT,
    accepted_at INTEGER,
    rows INTEGER NOT NULL,
    size INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS groups_by_token ON groups (token, number);
CREATE INDEX IF NOT EXISTS groups_by_time ON groups (accepted_at);
CREATE TABLE IF NOT EXISTS payloads (number INTEGER PRIMARY KEY, payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS refused (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL,
    rows INTEGER NOT NULL,
    size INTEGER NOT NULL,
    refused_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS refused_by_time ON refused (refused_at);
"""


class SpoolFile:
    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._lock = Lock()

    @classmethod
    def open(cls, path: Path, *, synced: bool) -> "SpoolFile":
        """`synced`: what is written is safe from a loss of power too.

        Raises StoreInUse where another process has it, DataDirectoryError where it can't be opened.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
            _prepare(connection, synced)
        except OSError as error:
            raise DataDirectoryError(f"{path.parent} cannot be used for the spool: {error.strerror}") from error
        except sqlite3.Error as error:
            if _code(error) == sqlite3.SQLITE_BUSY:
                taken = f"{path} is in use by another collector: give each a data directory of its own"
                raise StoreInUse(taken) from error
            raise DataDirectoryError(f"the spool {path} cannot be opened: {error}") from error
        return cls(path, connection)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What goes wrong leaves nothing behind. Raises SpoolFull."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise self._full(error) from error
            finally:
                if self._connection.in_transaction:
                    with suppress(sqlite3.Error):  # the next one is refused then, and tries it again
                        self._connection.rollback()

    def used(self) -> int:
        """Bytes of the file that hold something. For use within a transaction."""
        [(pages,)] = self._connection.execute("PRAGMA page_count").fetchall()
        [(free,)] = self._connection.execute("PRAGMA freelist_count").fetchall()
        return int(pages - free) * _PAGE

    def shrink(self) -> bool:
        """Give some of the room that is no longer needed back to the disk; whether there may be more.

        Raises SpoolFull.
        """
        with self._lock:
            try:
                [(free,)] = self._connection.execute("PRAGMA freelist_count").fetchall()
                if free:
                    # As a script: to `execute` it is over after its first page.
                    self._connection.executescript(
                        f"PRAGMA incremental_vacuum({_VACUUMED_AT_ONCE}); PRAGMA wal_checkpoint(TRUNCATE)"
                    )
            except sqlite3.Error as error:
                raise self._full(error) from error
        return bool(free > _VACUUMED_AT_ONCE)

    def _full(self, error: sqlite3.Error) -> SpoolFull:
        logger.error("the spool %s cannot be used: %s", self._path, error)
        return SpoolFull("the event store is away, and so is the disk that stands in for it: send it again")


def _prepare(connection: sqlite3.Connection, synced: bool) -> None:
    pragmas = (
        f"page_size = {_PAGE}",
        "auto_vacuum = INCREMENTAL",
        "locking_mode = EXCLUSIVE",
        "journal_mode = WAL",
        f"journal_size_limit = {_JOURNAL}",
        f"synchronous = {'FULL' if synced else 'NORMAL'}",
    )
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")
    connection.executescript(_SCHEMA)


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
