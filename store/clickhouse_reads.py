"""How much the engine read for a statement: rows and bytes of its tables, which says what the statement costs.

A server tells it in a header, which the driver passes on. The embedded engine tells it with each result, of which the
driver keeps only how many rows came out; so the driver's connection to the engine is put behind one that adds it up.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.summary import QuerySummary

from store.spending import Spent, spend


class Read(NamedTuple):
    rows: int
    bytes: int


class Told:
    """By the engine about one statement; the summary of a server is to be put here."""

    def __init__(self) -> None:
        self.summary: Mapping[str, Any] = {}

    def by(self, answer: object) -> None:
        """The answer to a command, if it is a summary."""
        if isinstance(answer, QuerySummary):
            self.summary = answer.summary


def count_reads(client: Client) -> Client:
    """The same client of the embedded engine; from now on its connection counts."""
    handle = client._backend._handle  # type: ignore[attr-defined]
    handle.conn = Counting(handle.conn)
    return client


@contextmanager
def reading(client: Client) -> Iterator[Told]:
    """Around one statement, which nobody else's may run beside on this client; what it read is accounted for."""
    before, told = _counted(client), Told()
    try:
        yield told
    finally:
        after = _counted(client)
        rows = after.rows - before.rows or int(told.summary.get("read_rows", 0))
        size = after.bytes - before.bytes or int(told.summary.get("read_bytes", 0))
        spend(Spent(statements=1, rows=rows, bytes=size))


class Counting:
    """A connection of chDB that adds up what is read through it; all else is the connection's own."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.read = Read(0, 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def query(self, *args: Any, **kwargs: Any) -> Any:
        result = self._connection.query(*args, **kwargs)
        self.add(result)
        return result

    def send_query(self, *args: Any, **kwargs: Any) -> "_Stream":
        return _Stream(self, self._connection.send_query(*args, **kwargs))

    def add(self, result: Any) -> None:
        rows, size = self.read
        self.read = Read(rows + result.storage_rows_read(), size + result.storage_bytes_read())


class _Stream:
    """Of results, each of which says what was read for it."""

    def __init__(self, counting: Counting, results: Any) -> None:
        self._counting = counting
        self._results = results

    def __getattr__(self, name: str) -> Any:
        return getattr(self._results, name)

    def __iter__(self) -> "_Stream":
        return self

    def __next__(self) -> Any:
        result = next(self._results)
        self._counting.add(result)
        return result


def _counted(client: Client) -> Read:
    backend = getattr(client, "_backend", None)
    connection = getattr(getattr(backend, "_handle", None), "conn", None)
    return connection.read if isinstance(connection, Counting) else Read(0, 0)
