"""A server that fails: what the caller is told, and what is stored."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store import events
from store.clickhouse import ClickHouse
from store.errors import StoreRefused, StoreUnavailable
from store.event import Event
from tests.clickhouse_server import ClickHouseServer, Fault, start

BATCH = [Event(str(number), "order-1", "OrderPlaced", number, "shop") for number in range(10)]


def stored(clickhouse: ClickHouse) -> int:
    count: int = clickhouse.query("SELECT count() FROM events")[0][0]
    return count


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.UNAVAILABLE])
def test_a_server_that_is_away(
    server_clickhouse: ClickHouse, clickhouse_server: ClickHouseServer, fault: Fault
) -> None:
    events.write(server_clickhouse, BATCH[:1])
    with clickhouse_server.fault(fault):
        with pytest.raises(StoreUnavailable):
            events.write(server_clickhouse, BATCH[1:])
        with pytest.raises(StoreUnavailable):
            server_clickhouse.query("SELECT 1")
        with pytest.raises(StoreUnavailable):
            next(server_clickhouse.stream("SELECT 1"))
        with pytest.raises(StoreUnavailable):
            ClickHouse.server(clickhouse_server.url).command("SELECT 1")
    assert stored(server_clickhouse) == 1
    events.write(server_clickhouse, BATCH[1:])
    assert stored(server_clickhouse) == 10


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.CUT])
def test_an_answer_that_is_lost_after_the_batch_was_stored(
    server_clickhouse: ClickHouse, clickhouse_server: ClickHouseServer, fault: Fault
) -> None:
    with clickhouse_server.fault(fault), pytest.raises(StoreUnavailable):
        events.write(server_clickhouse, BATCH, token="batch-1")
    events.write(server_clickhouse, BATCH, token="batch-1")
    parts = "SELECT sum(rows) FROM system.parts WHERE database = currentDatabase() AND table = 'events'"
    assert server_clickhouse.query(parts) == [(10,)]
    assert server_clickhouse.query("SELECT DISTINCT correlation_id FROM touched") == [("order-1",)]


def test_a_server_that_does_not_answer(server_clickhouse: ClickHouse, clickhouse_server: ClickHouseServer) -> None:
    hasty = ClickHouse.server(clickhouse_server.url, server_clickhouse.database, insert_timeout=1_000_000)
    events.write(hasty, BATCH[:1])
    with clickhouse_server.fault(Fault.HANG), pytest.raises(StoreUnavailable):
        events.write(hasty, BATCH)
    events.write(hasty, BATCH[1:])
    assert stored(hasty) == 10
    hasty.close()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    server = start(tmp_path_factory.mktemp("guarded"), password="p@ss/wörd%")
    yield server
    server.stop()


def test_a_password_may_have_any_characters(guarded: ClickHouseServer) -> None:
    clickhouse = ClickHouse.server(guarded.url)
    assert clickhouse.query("SELECT currentDatabase()") == [("noshow",)]
    clickhouse.close()


def test_a_wrong_password_is_no_fault_of_the_data_and_is_not_told(guarded: ClickHouseServer) -> None:
    address = guarded.url.rpartition("@")[2]
    with pytest.raises(StoreUnavailable, match="Authentication failed") as caught:
        ClickHouse.server(f"http://noshow:swordfish@{address}").query("SELECT 1")
    assert "swordfish" not in str(caught.value)


def test_an_engine_at_a_path_that_cannot_be(tmp_path: Path, clickhouse: ClickHouse) -> None:
    with pytest.raises(StoreRefused, match="Unable to open"):
        ClickHouse.embedded(tmp_path / "second path in one process").query("SELECT 1")
    assert clickhouse.query("SELECT 1") == [(1,)]
