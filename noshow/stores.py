"""Opening the two stores as the settings say, migrated; the embedded ones under the lock of their directory."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from store.clickhouse import ClickHouse
from store.database import Database
from store.migrate import migrate_clickhouse, migrate_database
from store.settings import Settings
from store.tenancy import Tenancy, occupy


@dataclass(frozen=True, slots=True)
class Stores:
    """`tenancy` is there if one of the stores is embedded."""

    clickhouse: ClickHouse
    database: Database
    tenancy: Tenancy | None


@contextmanager
def stores(settings: Settings) -> Iterator[Stores]:
    """Both stores for the length of the block. Raises a StoreError that says what is in the way."""
    with ExitStack() as stack:
        embedded = settings.clickhouse is None or settings.database is None
        tenancy = stack.enter_context(occupy(settings.data)) if embedded else None
        clickhouse, database = _clickhouse(settings), _database(settings)
        stack.callback(clickhouse.close)
        stack.callback(database.close)
        migrate_clickhouse(clickhouse)
        migrate_database(database)
        yield Stores(clickhouse, database, tenancy)


def _clickhouse(settings: Settings) -> ClickHouse:
    timeout = settings.evaluator.insert_timeout
    if settings.clickhouse is None:
        return ClickHouse.embedded(settings.data / "clickhouse", insert_timeout=timeout)
    return ClickHouse.server(settings.clickhouse.reveal(), insert_timeout=timeout)


def _database(settings: Settings) -> Database:
    if settings.database is None:
        return Database.open(f"sqlite:///{settings.data}/noshow.sqlite")
    return Database.open(settings.database.reveal())
