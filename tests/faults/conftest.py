"""One collector, and ClickHouse behind HTTP, for all the faults of a module: their stores are never emptied."""

from collections.abc import Iterator

import pytest

from store.clickhouse import ClickHouse
from tests.clickhouse_server import ClickHouseServer
from tests.faults.collector_line import Line


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, clickhouse_server: ClickHouseServer) -> Iterator[Line]:
    clickhouse = ClickHouse.server(clickhouse_server.url)
    clickhouse.command("DROP DATABASE IF EXISTS noshow")
    line = Line(tmp_path_factory.mktemp("line"), clickhouse_server)
    line.start()
    yield line
    line.close()
    clickhouse.command("DROP DATABASE IF EXISTS noshow")
    clickhouse.close()
