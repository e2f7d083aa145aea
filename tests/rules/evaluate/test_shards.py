"""Two ClickHouse servers as the shards of a cluster, each with evaluators of its own, and one SQL database."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from store.clickhouse import ClickHouse
from store.database import Database
from store.event import MINUTE, SECOND, Event
from store.events import write
from store.migrate import migrate_clickhouse
from store.shard import Shard, sharding_key
from store.shares import judged_until
from tests.clickhouse_server import ClickHouseServer, start
from tests.rules.evaluate.test_evaluators import Party
from tests.rules.shop import NOON, paid, placed

SHARDS = 2


@pytest.fixture
def shards(tmp_path: Path, clickhouse_server: ClickHouseServer, database: Database) -> Iterator[list[Party]]:
    with ExitStack() as stack:
        second = start(tmp_path / "second")
        stack.callback(second.stop)
        parties = []
        for server in (clickhouse_server, second):
            clickhouse = ClickHouse.server(server.url, database="shard")
            stack.callback(clickhouse.close)
            migrate_clickhouse(clickhouse)
            parties.append(Party(clickhouse, database))
        yield parties
        parties[0].clickhouse.command("DROP DATABASE shard")


def store(shards: list[Party], *events: Event) -> None:
    """Each where a Distributed table with this sharding key would take it."""
    ids = sorted({event.correlation_id for event in events})
    rows = shards[0].clickhouse.query(
        f"SELECT id, {sharding_key(SHARDS, 'id')} FROM (SELECT arrayJoin({{ids:Array(String)}}) AS id)", {"ids": ids}
    )
    shard_of = dict(rows)
    for number, shard in enumerate(shards):
        write(shard.clickhouse, [event for event in events if shard_of[event.correlation_id] == number])


def test_events_wake_ups_and_verdicts_of_an_id_meet_on_its_shard(shards: list[Party]) -> None:
    orders = [f"order-{number}" for number in range(80)]
    for number, shard in enumerate(shards):
        for name in ("a", "b"):
            shard.join(name, of=6, shard=Shard(number + 1, SHARDS))
    store(shards, *map(placed, orders))
    for at in range(3):
        for shard in shards:
            shard.go_on(at * SECOND)
    assert [sorted(len(it.all) for it in shard.members.values()) for shard in shards] == [[1, 2], [1, 2]]
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
    with shards[0].database.read() as connection:
        assert judged_until(connection) == NOON + 20 * MINUTE, "by the slowest share of all shards"


def test_nobody_takes_a_share_of_another_shard(shards: list[Party]) -> None:
    shards[0].join("a", of=4, shard=Shard(1, SHARDS))
    for at in range(3):
        shards[0].go_on(at * SECOND)
    assert sorted(it.share.which for it in shards[0].members["a"].all) == [0, 1]
    with shards[0].database.read() as connection:
        assert judged_until(connection) is None, "the other shard has yet to be judged"
