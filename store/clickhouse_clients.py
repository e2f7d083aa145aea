"""Driver clients, as many as are in use at once: none is ever used by two callers at the same time."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock

from clickhouse_connect.driver import options
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from store.clickhouse_errors import translated
from store.errors import StoreRefused

# Whatever the driver logs it also raises, and we pass on: its tracebacks in the log would only repeat that.
logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)

# It would import pandas at the first insert, only to see that our columns are no data frame: a second, and 50 MB.
options.pd = None

_CLOSED = "this ClickHouse has been closed"


class Clients:
    """A pool, which grows to as many as are in use at once."""

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._idle: list[Client] = []
        self._open: set[Client] = set()
        self._lock = RLock()  # reentrant, because a forgotten stream may be collected while it is held
        self._closed = False

    @contextmanager
    def one(self) -> Iterator[Client]:
        """A client that is nobody else's until the end of the block. The driver's errors become ours."""
        try:
            client = self._take()
            try:
                yield client
            finally:
                self._give_back(client)
        except (ClickHouseError, OSError) as error:
            raise translated(error) from error

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._idle.clear()
            clients, self._open = self._open, set()
        for client in clients:
            client.close()

    def _take(self) -> Client:
        with self._lock:
            if self._closed:
                raise StoreRefused(_CLOSED)
            if self._idle:
                return self._idle.pop()
        client = self._connect()
        with self._lock:
            if not self._closed:
                self._open.add(client)
                return client
        client.close()
        raise StoreRefused(_CLOSED)

    def _give_back(self, client: Client) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(client)
