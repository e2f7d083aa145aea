"""The one way to ClickHouse, embedded or a server: the same SQL, the same errors."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import clickhouse_connect
from clickhouse_connect.datatypes.base import ClickHouseType
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, Error
from clickhouse_connect.driver.insert import InsertContext

from store.clickhouse_clients import Clients
from store.clickhouse_errors import UNKNOWN_DATABASE
from store.clickhouse_parameters import fitting
from store.clickhouse_reads import count_reads, reading
from store.clickhouse_text import Feed, Reader, by_file, by_request
from store.cluster import LOCAL, quoted
from store.errors import StoreRefused, StoreUnavailable
from store.event import SECOND
from store.spending import Spent, spend

NOTHING: Mapping[str, object] = {}

Watch = Callable[[str, int], AbstractContextManager[object]]
"""What is to be around an insert into a table, of so many rows."""

QUERY_TIMEOUT = 300 * SECOND
INSERT_TIMEOUT = 10 * SECOND
CONNECT_TIMEOUT = 5 * SECOND

# The answer to a synchronous insert means that it is stored, and what the views on the table make of it. If only a view
# failed, the same token again does not store the rows twice, but does feed the view.
_INSERT_SETTINGS = {
    "async_insert": 0,
    "materialized_views_ignore_errors": 0,
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 0,
}

# What the driver raises, undisguised, about values that do not fit their column.
_DOES_NOT_FIT = (TypeError, ValueError, AttributeError)


class ClickHouse:
    """One database of one engine. Safe to share among threads, which do not wait for each other.

    Nothing is opened before the first call, which also creates the database if it is absent.
    Every method raises `StoreUnavailable` (try again) or `StoreRefused` (don't).
    """

    def __init__(
        self, queries: Clients, inserts: Clients, database: str, insert_timeout: int, feed: Feed = by_file
    ) -> None:
        self.database = database
        self.cluster: str | None = None  # over all shards of which the tables are Distributed
        self.watch: Watch = _unwatched
        self._queries = queries
        self._inserts = inserts
        self._insert_timeout = insert_timeout
        self._feed = feed
        self._tables: dict[str, _Columns] = {}

    @classmethod
    def embedded(
        cls, path: Path | None, database: str = "noshow", *, insert_timeout: int = INSERT_TIMEOUT
    ) -> "ClickHouse":
        """The engine inside this process, its files under `path` (`None`: in memory). A process has one path only.

        `insert_timeout` (µs) is the longest an insert may take.
        """
        clients = Clients(partial(_embedded, path, database))
        return cls(clients, clients, database, insert_timeout, by_file)

    @classmethod
    def server(cls, url: str, database: str = "noshow", *, insert_timeout: int = INSERT_TIMEOUT) -> "ClickHouse":
        """A server or cluster at `http(s)://user:password@host:port`.

        `insert_timeout` (µs) is the longest an insert may take: the server gives up then, and so do we.
        """
        queries = Clients(partial(_server, url, database, QUERY_TIMEOUT))
        inserts = Clients(partial(_server, url, database, insert_timeout))
        return cls(queries, inserts, database, insert_timeout, by_request)

    def query(self, sql: str, parameters: Mapping[str, object] = NOTHING) -> list[tuple[Any, ...]]:
        """All rows of a SELECT. `{name:Type}` in the SQL takes the parameter of that name."""
        sql, bound = fitting(sql, parameters)
        with self._queries.one() as client, reading(client) as told:
            result = client.query(sql, parameters=bound)
            told.summary = result.summary
            return [tuple(row) for row in result.result_rows]

    def stream(self, sql: str, parameters: Mapping[str, object] = NOTHING) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a SELECT, block by block. Other calls may be made meanwhile, from the same thread too."""
        sql, bound = fitting(sql, parameters)
        with (
            self._queries.one() as client,
            reading(client) as told,
            client.query_row_block_stream(sql, parameters=bound) as blocks,
        ):
            told.summary = blocks.source.summary
            for block in blocks:
                yield [tuple(row) for row in block]

    def insert(self, table: str, columns: Mapping[str, Sequence[object]], token: str | None = None) -> None:
        """Store rows, given as column name -> values: all of them or none. DateTime64 columns take integer µs.

        If the table remembers the `token` of an earlier insert, nothing is stored. An insert that takes too long fails
        with `StoreUnavailable`: it may or may not be stored then.
        """
        if len(set(map(len, columns.values()))) > 1:
            raise StoreRefused(f"insert into {table}: the columns differ in length")
        if not _rows(columns):
            return
        with self.watch(table, _rows(columns)), self._inserts.one() as client:
            try:
                client.insert(context=self._insert_context(client, table, columns, token))
            except ClickHouseError:
                self._tables.pop(table, None)  # it may have been altered
                raise
            except _DOES_NOT_FIT as error:
                raise StoreRefused(f"insert into {table}: {error}") from error
        spend(Spent(statements=1, inserted=_rows(columns)))

    def insert_text(
        self, reader: Reader, text: Iterable[bytes], rows: int, parameters: Mapping[str, object] = NOTHING
    ) -> None:
        """Store the `rows` that the engine reads in the text: all of them or none.

        Raises `StoreRefused` where the text is not as the reader has it.
        """
        settings = {**_INSERT_SETTINGS, "max_execution_time": self._insert_timeout / SECOND}
        with self.watch(reader.table, rows), self._inserts.one() as client:
            stored = self._feed(client, reader, text, parameters, settings)
        if stored is not None and stored < rows:
            raise StoreUnavailable(f"insert into {reader.table}: of {rows} rows only {stored} were stored")
        spend(Spent(statements=1, inserted=rows))

    def insert_from(self, sql: str, parameters: Mapping[str, object] = NOTHING) -> None:
        """An INSERT … SELECT, whose parameters may be as long as those of a query."""
        sql, bound = fitting(sql, parameters)
        with self._queries.one() as client, reading(client):
            client.raw_query(sql, parameters=bound)

    def command(self, sql: str, parameters: Mapping[str, object] = NOTHING) -> None:
        """A statement without a result: DDL and the like."""
        with self._queries.one() as client, reading(client) as told:
            told.by(client.command(sql, parameters=dict(parameters)))

    def alter(self, table: str, how: str, parameters: Mapping[str, object] = NOTHING) -> None:
        """Change or delete rows in place, on a cluster in all shards."""
        name = table if self.cluster is None else f"{LOCAL}.{table} ON CLUSTER {quoted(self.cluster)}"
        self.command(f"ALTER TABLE {name} {how}", parameters)

    def now(self) -> int:
        """What time it is where the engine is, µs UTC."""
        [(now,)] = self.query("SELECT toUnixTimestamp64Micro(now64(6, 'UTC'))")
        return int(now)

    def close(self) -> None:
        self._queries.close()
        self._inserts.close()

    def _insert_context(
        self, client: Client, table: str, columns: Mapping[str, Sequence[object]], token: str | None
    ) -> InsertContext:
        settings: dict[str, object] = {**_INSERT_SETTINGS, "max_execution_time": self._insert_timeout / SECOND}
        if token is not None:
            settings["insert_deduplication_token"] = token
        known = self._tables.get(table)
        if known is None or known.lacks(columns):
            known = self._tables[table] = _Columns(client, table)
        return InsertContext(
            known.table,
            list(columns),
            known.types(columns),
            data=list(columns.values()),
            column_oriented=True,
            settings=settings,
            block_size=_rows(columns),  # one block becomes one part (of each partition), which makes the insert atomic
        )


# A rule of many steps has a long query: bytes, and nodes of its syntax tree before and after aliases are filled in.
_OF_A_QUERY = {"max_query_size": 16 << 20, "max_ast_elements": 5_000_000, "max_expanded_ast_elements": 5_000_000}


class _Columns:
    """What the driver needs to know of a table."""

    def __init__(self, client: Client, table: str) -> None:
        described = client.create_insert_context(table)
        self.table = described.table
        self._types = dict(zip(described.column_names, described.column_types, strict=True))

    def lacks(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name not in self._types]

    def types(self, names: Iterable[str]) -> list[ClickHouseType]:
        if lacking := self.lacks(names):
            raise StoreRefused(f"{self.table} has no column {', '.join(lacking)}")
        return [self._types[name] for name in names]


def _embedded(path: Path | None, database: str) -> Client:
    place = None if path is None else str(path)
    client = count_reads(clickhouse_connect.get_client(interface="chdb", path=place))
    for name, limit in _OF_A_QUERY.items():
        client.command(f"SET {name} = {limit}")
    return _created(client, database)


def _server(url: str, database: str, timeout: int) -> Client:
    connect = partial(
        clickhouse_connect.get_client,
        dsn=url,
        compress="lz4",
        autogenerate_session_id=False,
        settings=_OF_A_QUERY,
        connect_timeout=_whole_seconds(CONNECT_TIMEOUT),
        send_receive_timeout=_whole_seconds(timeout),
    )
    try:
        return connect(database=database)
    except Error as error:
        # Not every account that may use a database may create it: so only where there is need.
        if error.code != UNKNOWN_DATABASE:
            raise
    return _created(connect(), database)


def _created(client: Client, database: str) -> Client:
    """The client, moved to the database, which is made if it is absent."""
    try:
        client.command("CREATE DATABASE IF NOT EXISTS {name:Identifier}", parameters={"name": database})
    except Error:
        client.close()
        raise
    client.database = database
    return client


def _unwatched(_table: str, _rows: int) -> AbstractContextManager[object]:
    return nullcontext()


def _rows(columns: Mapping[str, Sequence[object]]) -> int:
    return len(next(iter(columns.values()), ()))


def _whole_seconds(micros: int) -> int:
    """Rounded up: the driver's limits are in whole seconds."""
    return -(-micros // SECOND)
