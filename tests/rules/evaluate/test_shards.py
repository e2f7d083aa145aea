"""Two ClickHouse servers as the shards of a cluster, each with evaluators and a SQL database of its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from store.clickhouse import ClickHouse
from store.database import Database
from store.event import MINUTE, SECOND, Event
from store.events import write
from store.migrate import migrate_clickhouse, migrate_database
from tests.clickhouse_server import ClickHouseServer, start
from tests.rules.evaluate.test_evaluators import Party
from tests.rules.shop import paid, placed

SHARDS = 2


@pytest.fixture
def shards(tmp_path: Path, clickhouse_server: ClickHouseServer) -> Iterator[list[Party]]:
    with ExitStack() as stack:
        second = start(tmp_path / "second")
        stack.callback(second.stop)
        parties = []
        for number, server in enumerate((clickhouse_server, second)):
            clickhouse = ClickHouse.server(server.url, database="shard")
            stack.callback(clickhouse.close)
            migrate_clickhouse(clickhouse)
            database = Database.open(f"sqlite:///{tmp_path}/shard-{number}.sqlite")
            stack.callback(database.close)
            migrate_database(database)
            parties.append(Party(clickhouse, database))
        yield parties
        parties[0].clickhouse.command("DROP DATABASE shard")


def store(shards: list[Party], *events: Event) -> None:
    """Each where a Distributed table with this sharding key would take it."""
    ids = sorted({event.correlation_id for event in events})
    rows = shards[0].clickhouse.query(
        "SELECT id, cityHash64(id) % {shards:UInt8} FROM (SELECT arrayJoin({ids:Array(String)}) AS id)",
        {"ids": ids, "shards": SHARDS},
    )
    shard_of = dict(rows)
    for number, shard in enumerate(shards):
        write(shard.clickhouse, [event for event in events if shard_of[event.correlation_id] == number])


def test_events_wake_ups_and_verdicts_of_an_id_meet_on_its_shard(shards: list[Party]) -> None:
    orders = [f"order-{number}" for number in range(80)]
    for shard in shards:
        for name in ("a", "b"):
            shard.join(name, of=3)
    store(shards, *map(placed, orders))
    for at in range(3):
        for shard in shards:
            shard.go_on(at * SECOND)
    store(shards, *(paid(order, 5 * MINUTE) for order in orders[::2]))
    for shard in shards:
        shard.go_on(20 * MINUTE)
    states = [shard.states() for shard in shards]
    assert all(states)
    assert not states[0].keys() & states[1].keys()
    assert {**states[0], **states[1]} == {
        order: "running" if number % 2 == 0 else "incomplete" for number, order in enumerate(orders)
    }
    found = [id for shard in shards for id, open_, _ in shard.findings() if open_]
    assert sorted(found) == sorted(orders[1::2])
