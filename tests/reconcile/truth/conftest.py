"""A provider that is the source of truth, and an office that asks it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.clickhouse import ClickHouse
from store.database import Database
from tests.reconcile.office import Office, office, rule
from tests.reconcile.provider import Provider, provider


@pytest.fixture
def bank() -> Iterator[Provider]:
    with provider() as it:
        yield it


@pytest.fixture
def desk(clickhouse: ClickHouse, any_database: Database, tmp_path: Path, bank: Provider) -> Iterator[Office]:
    """With its cases in SQLite, then in PostgreSQL."""
    with office(clickhouse, any_database, tmp_path, rule(bank.url)) as it:
        yield it
