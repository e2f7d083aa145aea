"""A real `noshow collector`, ClickHouse behind its protocol, and senders: what is acknowledged must be judged, once.

The stores stay as they are over all kills; every order has one event, and an id that no other test uses.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import yaml

from rules.evaluate.evaluator import Evaluator
from rules.parse.rule import parse
from rules.ruleset import rules_of
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, MINUTE, SECOND
from store.instant import rfc3339
from store.settings import EvaluatorSettings
from tests.clickhouse_server import ClickHouseServer
from tests.end_to_end.process import PATIENCE, free_port, until_ready

RULE = "workflow: orders\nowner: orders\nstart: OrderPlaced\nsteps:\n  payment: {event: PaymentReceived, within: 1h}\n"
SETTINGS = EvaluatorSettings(SECOND, 15 * SECOND, 10 * SECOND, HOUR, 4, 20_000)

_STORED = "SELECT id, count() FROM events WHERE id IN {ids:Array(String)} GROUP BY id"
_JUDGED = """
SELECT correlation_id, argMax(stored, version), argMax(state, version)
FROM instances WHERE correlation_id IN {ids:Array(String)} GROUP BY correlation_id
"""


@dataclass
class Line:
    """`acknowledged`: ids of events, which are those of their orders too."""

    place: Path
    server: ClickHouseServer
    port: int = field(default_factory=free_port)
    acknowledged: set[str] = field(default_factory=set)
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = Database.open(f"sqlite:///{self.place}/noshow.sqlite")
        self.clickhouse = ClickHouse.server(self.server.url)

    def start(self, **collector: object) -> None:
        """With these settings of the collector; returns when it takes events."""
        config = {
            "data": "data",
            "port": self.port,
            "clickhouse": {"url": self.server.url},
            "database": {"url": f"sqlite:///{self.place}/noshow.sqlite"},
            "collector": {"grpc_port": "off", "patience": "300ms", **collector},
        }
        (self.place / "noshow.yaml").write_text(yaml.safe_dump(config))
        until_ready(self.url, self.spawn(), self.place / "log")

    def spawn(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "noshow", "collector", "--config", str(self.place / "noshow.yaml")]
        with (self.place / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={"PATH": "/"}
            )
        return self.process

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def wait(self) -> int:
        assert self.process is not None
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        if self.runs:
            self.kill()
        self.clickhouse.close()
        self.database.close()

    def send(self, ids: Iterable[str], encode: "Encode | None" = None) -> int:
        """One request; the status of its answer, 0 where there was none."""
        named = list(ids)
        content = (encode or body)(named)
        try:
            answer = httpx.post(f"{self.url}/v1/events", content=content, headers=NDJSON, timeout=PATIENCE)
        except httpx.TransportError:
            return 0
        if answer.status_code == 200:
            assert answer.json()["accepted"] == len(named)
            self.acknowledged.update(named)
        return answer.status_code

    def send_all(self, batches: Iterable[list[str]], encode: "Encode | None" = None) -> None:
        """By many at once, each batch again and again until it is acknowledged."""
        with ThreadPoolExecutor(CLIENTS) as threads:
            list(threads.map(lambda ids: until(lambda: self.send(ids, encode) == 200), batches))

    def spooled(self) -> int:
        """Rows in the spool, as the collector tells."""
        with self.database.read() as connection:
            return int(connection.exec_driver_sql("SELECT sum(waiting) FROM collectors").scalar_one() or 0)

    def settle(self, id: str) -> None:
        """Until nothing waits any more of what came before: this event comes last."""
        assert self.send([id]) == 200
        until(lambda: self.is_stored(id))

    def is_stored(self, id: str) -> bool:
        return bool(self.clickhouse.query(_STORED, {"ids": [id]}))

    def copies(self, ids: Iterable[str]) -> dict[str, int]:
        """How often each is there."""
        return {id: count for id, count in self.clickhouse.query(_STORED, {"ids": list(ids)})}

    def check(self) -> None:
        """Everything acknowledged gets stored, and is judged once."""
        expected = self.acknowledged
        until(lambda: self.copies(expected).keys() == expected)
        self._judge()
        rows = self.clickhouse.query(_JUDGED, {"ids": list(expected)})
        assert {id for id, _, _ in rows} == expected
        assert {(stored, state) for _, stored, state in rows} == {(1, "running")}

    def _judge(self) -> None:
        workflow = parse(RULE, "orders.yaml").workflow
        assert workflow is not None
        evaluator = Evaluator(self.clickhouse, self.database, rules_of((workflow,)), SETTINGS, "tests")
        now = NOW + MINUTE
        while (tick := evaluator.tick(now)) is None or tick.more:
            pass
        evaluator.release()

    def head(self, length: int) -> bytes:
        """Of a request whose body has so many bytes."""
        lines = (
            "POST /v1/events HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Content-Type: application/x-ndjson",
            f"Content-Length: {length}",
        )
        return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


NDJSON = {"Content-Type": "application/x-ndjson"}
NOW = time.time_ns() // 1_000
PLAIN = b'{"id":"%s","correlation_id":"%s","name":"OrderPlaced","time":"%s","attributes":{"text":"%s"}}'
CLIENTS = 4
Encode = Callable[[Iterable[str]], bytes]


def body(ids: Iterable[str]) -> bytes:
    return b"\n".join(
        json.dumps({"id": id, "correlation_id": id, "name": "OrderPlaced", "time": NOW / SECOND}).encode() for id in ids
    )


def plain(ids: Iterable[str]) -> bytes:
    """Lines for ClickHouse to read, if they are twenty or more."""
    return b"\n".join(PLAIN % (id.encode(), id.encode(), rfc3339(NOW).encode(), b"x" * 1_000) for id in ids)


def until(holds: Callable[[], bool]) -> None:
    """Looks often, and fails when patience has ended."""
    for _ in range(PATIENCE * 20):
        if holds():
            return
        time.sleep(0.05)
    assert holds()
