"""Opening the two stores as the settings say, migrated; the embedded ones under the lock of their directory."""

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from noshow.errors import WrongUsage
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import StoreUnavailable
from store.migrate import alone, migrate_clickhouse, migrate_database
from store.settings import Settings
from store.tenancy import Tenancy, occupy

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stores:
    """`tenancy` is there if one of the stores is embedded."""

    clickhouse: ClickHouse
    database: Database
    tenancy: Tenancy | None

    @property
    def holder(self) -> str:
        """Of leases. Where the data directory is ours alone, one that was killed there is gone, and its leases are
        taken up at once; elsewhere it is waited for until they run out."""
        return process() if self.tenancy is None else f"{socket.gethostname()}:{self.tenancy.data.resolve()}"

    @property
    def clocks(self) -> list[Callable[[], int]]:
        """Of servers, where both are: an embedded store has that of this host."""
        return [self.clickhouse.now, self.database.now] if self.tenancy is None else []


def process() -> str:
    """This one, told apart from all others that use the same stores."""
    return f"{socket.gethostname()}:{os.getpid()}"


@contextmanager
def stores(settings: Settings, *, shared: bool = False, kept: bool = False) -> Iterator[Stores]:
    """Both stores for the length of the block; with `shared` neither may be an embedded one.

    `kept`: what is for ClickHouse is kept while that is away, which is then no reason not to begin.

    Raises WrongUsage, or a StoreError that says what is in the way.
    """
    embedded = settings.clickhouse is None or settings.database is None
    if shared and embedded:
        raise WrongUsage(
            "a process of its own needs stores that others can open too: set clickhouse.url and database.url, "
            "or run everything in one process with `noshow serve`"
        )
    with ExitStack() as stack:
        tenancy = stack.enter_context(occupy(settings.data)) if embedded else None
        clickhouse, database = _clickhouse(settings), _database(settings)
        stack.callback(clickhouse.close)
        stack.callback(database.close)
        try:
            with alone(database):
                migrate_clickhouse(clickhouse)
        except StoreUnavailable as error:
            if not kept:
                raise
            log.warning("the event store is away, and was not migrated; what comes is kept: %s", error)
        migrate_database(database)
        yield Stores(clickhouse, database, tenancy)


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """The SQL database alone, migrated, for the length of the block; a server may have it open as well.

    Raises WrongUsage where an embedded one is not there yet, or a StoreError.
    """
    if settings.database is None and not _file(settings).exists():
        raise WrongUsage(
            f"{settings.data}: no database is there; start a server, or name another directory with --data"
        )
    opened = _database(settings)
    try:
        migrate_database(opened)
        yield opened
    finally:
        opened.close()


def _clickhouse(settings: Settings) -> ClickHouse:
    timeout = settings.evaluator.insert_timeout
    if settings.clickhouse is None:
        return ClickHouse.embedded(settings.data / "clickhouse", insert_timeout=timeout)
    return ClickHouse.server(settings.clickhouse.reveal(), insert_timeout=timeout)


def _database(settings: Settings) -> Database:
    if settings.database is None:
        return Database.open(URL.create("sqlite", database=str(_file(settings))).render_as_string())
    return Database.open(settings.database.reveal())


def _file(settings: Settings) -> Path:
    return settings.data / "noshow.sqlite"
