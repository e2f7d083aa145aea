"""The spool: what was acknowledged while ClickHouse was away or slow, on the disk until ClickHouse has it.

What goes to ClickHouse by one insert is a batch: all groups of one token. A group that may have reached ClickHouse
already keeps the token it was sent with; others are joined, and their common token is written down before the insert.
So a repeat of a batch is always the same batch.
"""

import logging
import secrets
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import msgspec

from collector.errors import SpoolFull
from collector.intake.parcel import Parcel, joined
from collector.intake.spool_file import SpoolFile
from store.event import HOUR

logger = logging.getLogger(__name__)

RETRY_REFUSED = HOUR

_BATCH_GROUPS = 5_000
_BATCH_ROWS = 50_000
_BATCH_BYTES = 32 << 20
_RETRIED_AT_ONCE = 100

_BATCH = "SELECT number, payload FROM groups JOIN payloads USING (number) WHERE token = ? ORDER BY number"
_UNSENT = "SELECT number, rows, size FROM groups WHERE token IS NULL ORDER BY number LIMIT ?"
_PUT_ASIDE = """
INSERT INTO refused (token, rows, size, refused_at, reason, payload)
SELECT token, rows, size, ?, ?, payload FROM groups JOIN payloads USING (number) WHERE number = ?
"""
_REFUSED = "SELECT number, token, rows, size, payload FROM refused WHERE refused_at <= ? ORDER BY refused_at LIMIT ?"


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes to ClickHouse by one insert, made of these groups of the spool."""

    token: str
    groups: Sequence[int]
    parcel: Parcel


@dataclass(frozen=True, slots=True)
class Held:
    """Rows that wait for ClickHouse, and rows that it refused; when the oldest that waits was accepted (µs UTC)."""

    waiting: int
    refused: int
    oldest: int | None


class Spool:
    """Safe to share among the threads of one process. Every method may raise SpoolFull, when the disk has trouble."""

    def __init__(self, file: SpoolFile, size: int) -> None:
        self._file = file
        self._size = size
        self.collector = self._identity()
        """The id of the collector whose spool this is: it lives as long as the file."""
        self._counting = Lock()
        self._waiting, self._refused = self._counted()  # to count them all takes long where they are many

    @classmethod
    def open(cls, folder: Path, size: int, *, synced: bool = False) -> "Spool":
        """The spool in this folder, of about `size` bytes at most. `synced`: it outlives a loss of power too.

        Raises StoreInUse where another process has it, DataDirectoryError where it can't be opened.
        """
        return cls(SpoolFile.open(folder / "spool.sqlite", synced=synced), size)

    def close(self) -> None:
        self._file.close()

    def put(self, parcel: Parcel, size: int, token: str | None = None) -> None:
        """Keep what requests of `size` bytes brought; `token` where ClickHouse may have seen it by that already.

        On return it is safe from `kill -9`. Raises SpoolFull where there is no room: then nothing of it is kept.
        """
        packed = parcel.packed()
        with self._file.transaction() as connection:
            if self._file.used() + len(packed) > self._size:
                raise SpoolFull("the event store is away and the spool is full: send it again")
            _insert(connection, (token, parcel.accepted_at, len(parcel), size), packed)
        self._count(waiting=len(parcel))

    def batch(self, now: int) -> Batch | None:
        """The oldest that waits, the same until it is forgotten or split; `None` where nothing does.

        What can't be read, because the disk or another version wrote it otherwise, is put aside at `now` (µs UTC).
        """
        with self._file.transaction() as connection:
            first = connection.execute("SELECT token FROM groups ORDER BY number LIMIT 1").fetchone()
            if first is None:
                return None
            token = first[0] or _join(connection)
            rows = connection.execute(_BATCH, (token,)).fetchall()
        parcels = {number: _unpacked(packed) for number, packed in rows}
        if unreadable := [number for number, parcel in parcels.items() if parcel is None]:
            self._put_aside(unreadable, now)
            return self.batch(now)
        return Batch(token, list(parcels), joined([parcel for parcel in parcels.values() if parcel is not None]))

    def forget(self, token: str) -> None:
        """ClickHouse has what was sent by this token."""
        with self._file.transaction() as connection:
            groups = connection.execute("SELECT number, rows FROM groups WHERE token = ?", (token,)).fetchall()
            _drop(connection, [number for number, _ in groups])
        self._count(waiting=-sum(rows for _, rows in groups))

    def split(self, batch: Batch, reason: str, now: int) -> None:
        """ClickHouse refuses the batch: it goes in halves from now on, and a single row is put aside."""
        with self._file.transaction() as connection:
            if len(batch.groups) > 1:
                middle = len(batch.groups) // 2
                _share_token(connection, batch.groups[:middle])
                _share_token(connection, batch.groups[middle:])
                return
            if len(batch.parcel) > 1:
                for half in batch.parcel.halves():
                    _insert(connection, (_token(), half.accepted_at, len(half), 0), half.packed())
            else:
                connection.execute(_PUT_ASIDE, (now, reason, *batch.groups))
            _drop(connection, batch.groups)
        if len(batch.parcel) == 1:
            self._count(waiting=-1, refused=1)

    def retry_refused(self, now: int) -> bool:
        """What was put aside an hour ago waits again; whether there is any."""
        with self._file.transaction() as connection:
            due = connection.execute(_REFUSED, (now - RETRY_REFUSED, _RETRIED_AT_ONCE)).fetchall()
            for number, token, rows, size, packed in due:
                _insert(connection, (token, None, rows, size), packed)
                connection.execute("DELETE FROM refused WHERE number = ?", (number,))
        rows = sum(rows for _, _, rows, _, _ in due)
        self._count(waiting=rows, refused=-rows)
        return bool(due)

    def held(self) -> Held:
        """What was refused is not waited for, so it is never the oldest."""
        with self._file.transaction() as connection:
            [(oldest,)] = connection.execute("SELECT min(accepted_at) FROM groups").fetchall()
            return Held(self._waiting, self._refused, oldest)

    def used(self) -> int:
        """Bytes of what it holds, of those that it may have."""
        with self._file.transaction():
            return self._file.used()

    def shrink(self) -> bool:
        """Give some of the room that is no longer needed back to the disk; whether there may be more."""
        return self._file.shrink()

    def _put_aside(self, groups: Sequence[int], now: int) -> None:
        with self._file.transaction() as connection:
            rows = 0
            for number in groups:
                logger.error("a group of the spool cannot be read; it stays there, and is tried hourly")
                [(more,)] = connection.execute("SELECT rows FROM groups WHERE number = ?", (number,)).fetchall()
                connection.execute(_PUT_ASIDE, (now, "it cannot be read", number))
                rows += more
            _drop(connection, groups)
        self._count(waiting=-rows, refused=rows)

    def _identity(self) -> str:
        with self._file.transaction() as connection:
            row = connection.execute("SELECT id FROM collector").fetchone()
            if row is None:
                row = (f"c-{secrets.token_hex(4)}",)
                connection.execute("INSERT INTO collector (id) VALUES (?)", row)
        return str(row[0])

    def _count(self, waiting: int = 0, refused: int = 0) -> None:
        """So many rows more, or fewer; once that is written, and not undone."""
        with self._counting:
            self._waiting, self._refused = self._waiting + waiting, self._refused + refused

    def _counted(self) -> tuple[int, int]:
        with self._file.transaction() as connection:
            [(waiting,)] = connection.execute("SELECT total(rows) FROM groups").fetchall()
            [(refused,)] = connection.execute("SELECT total(rows) FROM refused").fetchall()
        return int(waiting), int(refused)


def _join(connection: sqlite3.Connection) -> str:
    """Give the oldest groups that were never sent a token, as many as one insert may have."""
    return _share_token(connection, _fitting(connection.execute(_UNSENT, (_BATCH_GROUPS,)).fetchall()))


def _share_token(connection: sqlite3.Connection, groups: Iterable[int]) -> str:
    token = _token()
    for number in groups:
        connection.execute("UPDATE groups SET token = ? WHERE number = ?", (token, number))
    return token


def _fitting(groups: Iterable[tuple[int, int, int]]) -> Iterator[int]:
    """The numbers of the first groups that one insert may have; one at least."""
    rows = size = 0
    for number, more_rows, more_size in groups:
        if rows and (rows + more_rows > _BATCH_ROWS or size + more_size > _BATCH_BYTES):
            return
        rows, size = rows + more_rows, size + more_size
        yield number


def _insert(connection: sqlite3.Connection, group: tuple[object, ...], packed: bytes) -> None:
    row = connection.execute("INSERT INTO groups (token, accepted_at, rows, size) VALUES (?, ?, ?, ?)", group)
    connection.execute("INSERT INTO payloads (number, payload) VALUES (?, ?)", (row.lastrowid, packed))


def _drop(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    for number in numbers:
        connection.execute("DELETE FROM payloads WHERE number = ?", (number,))
        connection.execute("DELETE FROM groups WHERE number = ?", (number,))


def _unpacked(packed: bytes) -> Parcel | None:
    try:
        return Parcel.unpacked(packed)
    except (msgspec.MsgspecError, RuntimeError):  # of the encoding, and of its compression
        return None


def _token() -> str:
    return uuid.uuid4().hex
