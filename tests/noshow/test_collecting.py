"""The way of accepted events, wired: since when, and until when, judgement waits for a collector."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from collector.recorder import SILENT
from noshow.collecting import collecting
from noshow.stores import Stores
from rules.evaluate.hold import Holds
from store import collectors, leases
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import MINUTE, SECOND
from store.settings import Settings, load
from store.settings_kafka import KafkaSettings, TopicSettings
from store.shares import ALL
from tests.collector.kafka.cluster import QUICK, Cluster
from tests.conftest import NOON
from tests.store.clock import ManualClock


@pytest.fixture
def stores(clickhouse: ClickHouse, database: Database) -> Stores:
    return Stores(clickhouse, database, None)


def settings(place: Path) -> Settings:
    return load({}, overrides={"data": str(place)})


def registered(stores: Stores) -> int:
    with stores.database.read() as connection:
        return len(collectors.registered(connection))


@pytest.mark.parametrize("fault", [None, OSError("the port is in use")])
def test_a_collector_is_waited_for_until_it_ends_however_it_ends(
    stores: Stores, tmp_path: Path, clock: ManualClock, fault: Exception | None
) -> None:
    raised = nullcontext() if fault is None else pytest.raises(OSError, match="in use")
    with raised, collecting(stores, settings(tmp_path), clock, SILENT):
        assert registered(stores) == 1
        if fault is not None:
            raise fault
    assert registered(stores) == 0


def test_what_came_to_kafka_while_nobody_was_there_is_waited_for(
    stores: Stores, tmp_path: Path, clock: ManualClock
) -> None:
    lease = leases.acquire(stores.database, ALL.lease, "before", clock.now(), SECOND)
    assert lease is not None
    leases.advance(stores.database, lease, NOON, clock.now(), SECOND)
    clock.sleep(300)
    cluster = Cluster()
    event = b'{"correlation_id": "o-1", "name": "A", "time": "2025-11-20T12:00:00Z"}'
    cluster.send(event, timestamp=(NOON + MINUTE) // 1_000)
    kafka = KafkaSettings(cluster.address, {"orders.v1": TopicSettings("shop")}, options=QUICK)
    with collecting(stores, replace(settings(tmp_path), kafka=kafka), clock, SILENT) as taken:
        assert taken.kafka is not None
        assert Holds(MINUTE).look(stores.database, clock.now()).as_of == NOON
        for _ in range(300):
            taken.kafka.step(clock.now())
            taken.registration.step(clock.now())
            if Holds(MINUTE).look(stores.database, clock.now()).as_of == clock.now():
                break
        assert stores.clickhouse.query("SELECT correlation_id FROM events") == [("o-1",)]
        taken.kafka.close()
