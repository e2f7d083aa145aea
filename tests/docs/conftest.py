"""The engine that plays the examples: opened once, emptied for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.clickhouse import ClickHouse
from store.migrate import migrate_clickhouse


@pytest.fixture(scope="session")
def engine(engine_path: Path) -> Iterator[ClickHouse]:
    clickhouse = ClickHouse.embedded(engine_path, "docs")
    migrate_clickhouse(clickhouse)
    yield clickhouse
    clickhouse.command("DROP DATABASE docs")
    clickhouse.close()


@pytest.fixture
def stage(engine: ClickHouse) -> ClickHouse:
    engine.command("TRUNCATE TABLE events")
    return engine
