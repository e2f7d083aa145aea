"""Fixtures of the tests of rules."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.clickhouse import ClickHouse
from store.migrate import migrate_clickhouse
from tests.rules.both import Both


@pytest.fixture(scope="session")
def events_of_one(engine_path: Path) -> Iterator[ClickHouse]:
    """A database whose events are emptied whenever anything is judged: to make one for each judgement takes longer."""
    clickhouse = ClickHouse.embedded(engine_path, "judged")
    migrate_clickhouse(clickhouse)
    yield clickhouse
    clickhouse.close()


@pytest.fixture
def both(events_of_one: ClickHouse) -> Both:
    return Both(events_of_one)
