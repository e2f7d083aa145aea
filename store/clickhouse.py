"""The one way to ClickHouse, embedded or a server: the same SQL, the same errors."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, Error
from clickhouse_connect.driver.insert import InsertContext

from store.clickhouse_errors import UNKNOWN_DATABASE, translated
from store.errors import StoreRefused
from store.event import SECOND

NOTHING: Mapping[str, object] = {}
QUERY_TIMEOUT = 300 * SECOND
INSERT_TIMEOUT = 10 * SECOND

# Synchronous, so that an answer means stored; a materialized view that fails must fail the insert.
INSERT_SETTINGS = {"async_insert": 0, "materialized_views_ignore_errors": 0, "insert_deduplicate": 1}


class ClickHouse:
    """One database of one engine. Safe to share among threads: every call has a driver client to itself.

    Nothing is opened before the first call, which also creates the database if it is absent.
    Every method raises `StoreUnavailable` (try again) or `StoreRefused` (don't).
    """

    def __init__(self, connect: Callable[..., Client], database: str, insert_timeout: int) -> None:
        self.database = database
        self._connect = connect
        self._insert_timeout = insert_timeout
        self._idle: deque[Client] = deque()
        self._open: set[Client] = set()
        self._lock = Lock()
        self._closed = False
        self._types: dict[str, dict[str, str]] = {}

    @classmethod
    def embedded(
        cls, path: Path | None, database: str = "noshow", *, insert_timeout: int = INSERT_TIMEOUT
    ) -> "ClickHouse":
        """The engine inside this process, its files under `path` (`None`: in memory). A process has one path only.

        `insert_timeout` (µs) is the longest an insert may take.
        """

        def connect(database: str | None) -> Client:
            place = None if path is None else os.fspath(path)
            return clickhouse_connect.get_client(interface="chdb", path=place, database=database)

        return cls(connect, database, insert_timeout)

    @classmethod
    def server(cls, url: str, database: str = "noshow", *, insert_timeout: int = INSERT_TIMEOUT) -> "ClickHouse":
        """A server or cluster at `http(s)://user:password@host:port`. `insert_timeout` (µs) bounds an insert."""

        def connect(database: str | None) -> Client:
            return clickhouse_connect.get_client(
                dsn=url, database=database, compress="lz4", autogenerate_session_id=False, connect_timeout=5
            )

        return cls(connect, database, insert_timeout)

    def query(self, sql: str, parameters: Mapping[str, object] = NOTHING) -> list[tuple[Any, ...]]:
        """All rows of a SELECT. `{name:Type}` in the SQL takes the parameter of that name."""
        with self._client() as client:
            return [tuple(row) for row in client.query(sql, parameters=dict(parameters)).result_rows]

    def stream(self, sql: str, parameters: Mapping[str, object] = NOTHING) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a SELECT, block by block. Other calls may be made meanwhile, from the same thread too."""
        with self._client() as client, client.query_row_block_stream(sql, parameters=dict(parameters)) as blocks:
            for block in blocks:
                yield list(block)

    def insert(self, table: str, columns: Mapping[str, Sequence[object]], token: str | None = None) -> None:
        """Store rows, given as column name -> values: all of them or none. DateTime64 columns take integer µs.

        A `token` that was seen lately on this table makes the insert do nothing. An insert that takes longer than
        the time limit fails with `StoreUnavailable`, whether or not it was stored.
        """
        rows = len(next(iter(columns.values()), ()))
        if any(len(values) != rows for values in columns.values()):
            raise StoreRefused(f"insert into {table}: columns of different lengths")
        if not rows:
            return
        with self._client() as client:
            context = InsertContext(
                table,
                list(columns),
                client.create_insert_context(table, list(columns)).column_types,
                column_oriented=True,
                settings=self._insert_settings(token),
                block_size=rows,
            )
            client.insert(context=context, data=list(columns.values()))

    def command(self, sql: str, parameters: Mapping[str, object] = NOTHING) -> None:
        """A statement without a result: DDL and the like."""
        with self._client() as client:
            client.command(sql, parameters=dict(parameters))

    def close(self) -> None:
        with self._lock:
            self._closed = True
            clients, self._open = self._open, set()
            self._idle.clear()
        for client in clients:
            client.close()

    def _insert_settings(self, token: str | None) -> dict[str, object]:
        settings: dict[str, object] = {**INSERT_SETTINGS, "max_execution_time": self._insert_timeout / SECOND}
        if token is not None:
            settings["insert_deduplication_token"] = token
        return settings

    @contextmanager
    def _client(self) -> Iterator[Client]:
        """A client that nobody else uses until the end of the block; driver errors become ours."""
        try:
            client = self._take()
            try:
                yield client
            finally:
                self._give_back(client)
        except (ClickHouseError, OSError) as error:
            raise translated(error) from error

    def _take(self) -> Client:
        if self._closed:
            raise StoreRefused("this ClickHouse has been closed")
        try:
            return self._idle.pop()
        except IndexError:
            client = self._opened()
        with self._lock:
            self._open.add(client)
        return client

    def _give_back(self, client: Client) -> None:
        with self._lock:
            if client in self._open:
                self._idle.append(client)

    def _opened(self) -> Client:
        try:
            return self._connect(self.database)
        except Error as error:
            if error.code != UNKNOWN_DATABASE:
                raise
        client = self._connect(None)
        try:
            client.command("CREATE DATABASE IF NOT EXISTS {name:Identifier}", parameters={"name": self.database})
        finally:
            client.close()
        return self._connect(self.database)
