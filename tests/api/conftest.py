"""A shop, and a server in front of its stores."""

from collections.abc import Iterator

import httpx
import pytest

from api.app import create_app
from store.clickhouse import ClickHouse
from store.database import Database
from tests.api.server import serving
from tests.api.shop import Shop
from tests.store.clock import ManualClock
from tests.web_server import client_of


@pytest.fixture
def shop(clickhouse: ClickHouse, database: Database) -> Shop:
    return Shop(clickhouse, database)


@pytest.fixture
def address(shop: Shop, clock: ManualClock) -> Iterator[str]:
    with serving(create_app(shop.clickhouse, shop.database, clock)) as address:
        yield address


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with client_of(address) as http:
        yield http


@pytest.fixture
def any_shop(clickhouse: ClickHouse, any_database: Database) -> Shop:
    """With its cases in SQLite, then in PostgreSQL."""
    return Shop(clickhouse, any_database)


@pytest.fixture
def any_http(any_shop: Shop, clock: ManualClock) -> Iterator[httpx.Client]:
    with (
        serving(create_app(any_shop.clickhouse, any_shop.database, clock)) as address,
        client_of(address) as http,
    ):
        yield http
