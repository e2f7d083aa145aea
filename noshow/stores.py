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
from store.cluster import EVERYWHERE, LOCAL
from store.database import Database
from store.errors import StoreBehind, StoreUnavailable
from store.migrate import alone, migrate_clickhouse, migrate_database, not_applied
from store.migrate_cluster import migrate_cluster, number_of_shards
from store.settings import Settings
from store.shard import Shard
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


@dataclass(frozen=True, slots=True)
class Use:
    """What the stores are for. `shared`: by several processes, so that neither may be an embedded one; `kept`: what is
    for ClickHouse is kept while that is away, which is then no reason not to begin; `judging`: on a cluster one shard
    is asked, and not all of them."""

    shared: bool = False
    kept: bool = False
    judging: bool = False


ANY = Use()


@contextmanager
def stores(settings: Settings, use: Use = ANY) -> Iterator[Stores]:
    """Both stores for the length of the block. Raises WrongUsage, or a StoreError that says what is in the way."""
    embedded = settings.clickhouse is None or settings.database is None
    if use.shared and embedded:
        raise WrongUsage(
            "a process of its own needs stores that others can open too: set clickhouse.url and database.url, "
            "or run everything in one process with `noshow serve`"
        )
    with ExitStack() as stack:
        tenancy = stack.enter_context(occupy(settings.data)) if embedded else None
        clickhouse, database = _clickhouse(settings, use), _database(settings)
        stack.callback(clickhouse.close)
        stack.callback(database.close)
        try:
            with alone(database):
                _bring_up(clickhouse, settings, use)
        except StoreUnavailable as error:
            if not use.kept:
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


def migrate(settings: Settings) -> list[str]:
    """Bring both stores to this version and say the names of what was applied. Raises WrongUsage or a StoreError."""
    with ExitStack() as stack:
        if settings.clickhouse is None or settings.database is None:
            stack.enter_context(occupy(settings.data))
        clickhouse, database = _clickhouse(settings, Use(judging=True)), _database(settings)
        stack.callback(clickhouse.close)
        stack.callback(database.close)
        with alone(database):
            if settings.cluster is None:
                applied = migrate_clickhouse(clickhouse)
            else:
                applied = migrate_cluster(clickhouse, settings.cluster)
        return applied + migrate_database(database)


def _bring_up(clickhouse: ClickHouse, settings: Settings, use: Use) -> None:
    """A cluster is migrated by `noshow migrate` alone: which of its servers would a process wait for?"""
    if settings.cluster is None:
        migrate_clickhouse(clickhouse)
        return
    if use.judging:
        _has_shard(clickhouse, settings.cluster, settings.evaluator.shard)
    if lacking := not_applied(clickhouse):
        raise StoreBehind(lacking)


def _has_shard(clickhouse: ClickHouse, cluster: str, shard: Shard) -> None:
    """Who took another number of shards for granted would judge orders where their events are not."""
    if (number := number_of_shards(clickhouse, cluster)) != shard.of:
        raise WrongUsage(f"the cluster {cluster} has {number} shards, but evaluator.shard is {shard}")


def _clickhouse(settings: Settings, use: Use) -> ClickHouse:
    timeout = settings.evaluator.insert_timeout
    if settings.clickhouse is None:
        return ClickHouse.embedded(settings.data / "clickhouse", insert_timeout=timeout)
    everywhere = settings.cluster is not None and not use.judging
    name = EVERYWHERE if everywhere else LOCAL
    clickhouse = ClickHouse.server(settings.clickhouse.reveal(), name, insert_timeout=timeout)
    clickhouse.cluster = settings.cluster if everywhere else None
    return clickhouse


def _database(settings: Settings) -> Database:
    if settings.database is None:
        return Database.open(URL.create("sqlite", database=str(_file(settings))).render_as_string())
    return Database.open(settings.database.reveal())


def _file(settings: Settings) -> Path:
    return settings.data / "noshow.sqlite"
