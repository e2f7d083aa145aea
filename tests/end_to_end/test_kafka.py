"""A real `noshow serve` that consumes, killed in between: every message is judged once."""

import json
import time
from pathlib import Path

import httpx
import pytest

from tests.collector.kafka.cluster import PARTITIONS, QUICK, TOPIC, Cluster
from tests.end_to_end.process import PATIENCE, Noshow, noshow

RULE = """\
workflow: orders
noun: order
owner: shop
start: OrderPlaced
steps:
  OrderPaid: {within: 1h}
"""
MAPPING = {
    "correlation_id": "$message.key",
    "name": "/type",
    "time": "/at",
    "time_unit": "ms",
    "rename": {"placed": "OrderPlaced", "paid": "OrderPaid"},
}
ORDERS = 400


def send(cluster: Cluster, kind: str, orders: range) -> None:
    for number in orders:
        document = {"type": kind, "at": time.time_ns() // 1_000_000, "order": number}
        key = f"o-{number}".encode()
        cluster.send(json.dumps(document).encode(), partition=number % PARTITIONS, key=key)


def until_committed(cluster: Cluster, count: int) -> None:
    for _ in range(PATIENCE * 4):
        if sum(cluster.committed().values()) >= count:
            return
        time.sleep(0.25)
    raise AssertionError(cluster.committed())


def states(server: Noshow) -> dict[str, int]:
    found: dict[str, int] = {}
    after = ""
    while True:
        page = httpx.get(f"{server.url}/v1/instances", params={"limit": 500, **({"after": after} if after else {})})
        for item in page.json()["items"]:
            found[item["state"]] = found.get(item["state"], 0) + 1
        after = page.json()["next"]
        if not after:
            return found


@pytest.mark.processes
def test_what_is_killed_while_it_consumes_goes_on_where_it_had_stored(tmp_path: Path) -> None:
    cluster = Cluster()
    options = {**QUICK, "session.timeout.ms": "2000"}  # after which its partitions are free once it is killed
    kafka = {"brokers": cluster.address, "topics": {TOPIC: {"source": "shop"}}, "options": options}
    collector = {"grpc_port": 0, "sources": {"shop": MAPPING}}
    with noshow(tmp_path / "noshow", {"rule.yaml": RULE}, kafka=kafka, collector=collector) as server:
        send(cluster, "placed", range(ORDERS))
        cluster.send(b"no event")
        until_committed(cluster, 1)
        send(cluster, "paid", range(ORDERS // 2))
        server.kill()
        send(cluster, "paid", range(ORDERS // 2, ORDERS))
        server.start()
        until_committed(cluster, 2 * ORDERS + 1)
        for _ in range(PATIENCE * 4):
            if states(server) == {"complete": ORDERS}:
                break
            time.sleep(0.25)
        assert states(server) == {"complete": ORDERS}, server.log()
        server.stop()
        assert len(server.stored()["events"]) == 2 * ORDERS
        assert server.stored()["findings"] == []
