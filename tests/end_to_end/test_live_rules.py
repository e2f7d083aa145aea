"""Rules change while events flow: what the server says in the end is what `noshow check` says of the same events."""

import json
import random
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.drill import everything, send, until
from tests.end_to_end.orders import BEGIN, RULES, orders
from tests.end_to_end.process import PATIENCE, noshow
from tests.noshow.command import noshow as command
from tests.rules.rule_folder import RuleFolder

ORDERS, BATCH, STAGES = 300, 20, 6
LATER = "2026-06-01T00:00:00Z"  # when everything that can fall due has
HALFWAY = (BEGIN + timedelta(seconds=ORDERS // 2)).isoformat()

STRICTER = RULES.replace("within: 15m", "within: 5m")
SECOND = f"version: 2\neffective_from: {HALFWAY}\n" + RULES.replace("within: 15m", "within: 1h")
BAD = SECOND + "colour: red\n"
REPAIRED = SECOND.replace("within: 48h", "within: 24h")
PAYMENTS = "workflow: payments\nstart: OrderPlaced\nsteps: {PaymentReceived: {within: 10m}}\n"

Verdicts = dict[tuple[str, str], dict[str, Any]]
"""What `check` and `/v1/instances` say alike, by workflow and correlation ID."""


@dataclass
class Shop:
    """A server with live rules; its events come in as many shares as there are stages."""

    client: httpx.Client
    rules: RuleFolder
    good: RuleFolder  # the rules as they should be in force
    shares: list[list[bytes]]
    sent: list[bytes] = field(default_factory=list)

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """The next share of the events comes in meanwhile."""
        share = self.shares.pop(0)
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(self._send, share)
            yield
            sending.result()
        self.sent += share

    def put(self, name: str, text: str) -> None:
        self.good.put(name, text)
        self.rules.put(name, text)

    def drop(self, name: str) -> None:
        self.good.drop(name)
        self.rules.drop(name)

    def served(self) -> Verdicts:
        return by_id(everything(self.client, "/v1/instances"))

    def checked(self) -> Verdicts:
        file = self.good.path.parent / "sent.ndjson"
        file.write_bytes(b"\n".join(self.sent))
        options = ("--as-of", LATER, "--format", "jsonl")
        done = command("check", "--rules", self.good.path, "--events", file, *options)
        assert done.code in (0, 1), done.err
        return by_id(json.loads(line) for line in done.out.splitlines())

    def agrees(self) -> Verdicts:
        """The verdicts, once the server says of all that was sent what `check` says by the rules in force."""
        expected = self.checked()
        until(lambda: self.served() == expected)
        return expected

    def file(self, name: str) -> Mapping[str, Any]:
        """What is told of one rule file."""
        items = self.client.get("/v1/rules").json()["items"]
        return next((item for item in items if Path(item["file"]).name == name), {})

    def _send(self, share: list[bytes]) -> None:
        for start in range(0, len(share), BATCH):
            send(self.client, share[start : start + BATCH])


def by_id(items: Iterator[dict[str, Any]]) -> Verdicts:
    return {(item["workflow"], item["correlation_id"]): item for item in items}


def paid_late(verdicts: Verdicts) -> set[str]:
    """Orders of the order workflow whose payment is late."""
    late = {"step": "payment", "kind": "late"}
    return {order for (_, order), verdict in verdicts.items() if late in verdict["findings"]}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    lines = orders(ORDERS).lines
    random.Random(7).shuffle(lines)
    shares = [lines[number::STAGES] for number in range(STAGES)]
    files = {"orders.yaml": RULES, "payments.yaml": PAYMENTS}
    good = RuleFolder(tmp_path / "good")
    for name, text in files.items():
        good.put(name, text)
    with (
        noshow(tmp_path / "noshow", files) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
    ):
        yield Shop(client, RuleFolder(tmp_path / "noshow" / "rules"), good, shares)
        server.stop()
        assert "Traceback" not in server.log()


@pytest.mark.processes
def test_rules_change_while_events_flow(shop: Shop) -> None:
    with shop.flowing():
        pass
    before = shop.agrees()

    with shop.flowing():
        shop.put("orders.yaml", STRICTER)
    after = shop.agrees()
    assert paid_late({key: after[key] for key in before}) > paid_late(before), "old instances are judged again"

    with shop.flowing():
        shop.put("orders-2.yaml", SECOND)
    versions = {verdict["version"] for verdict in shop.agrees().values() if verdict["workflow"] == "order-fulfilment"}
    assert versions == {1, 2}, "pinned by their start"

    with shop.flowing():
        (shop.rules.path / "orders-2.yaml").write_text(BAD)
        until(lambda: bool(shop.file("orders-2.yaml").get("refused_at")))
    shop.agrees()
    refused = shop.file("orders-2.yaml")
    assert (refused["workflow"], refused["version"]) == ("order-fulfilment", 2), "the old one goes on"
    assert "\n    colour: red\n    ^" in refused["diagnostics"]
    assert "1 rule file is refused" in shop.client.get("/").text

    with shop.flowing():
        shop.put("orders-2.yaml", REPAIRED)
    shop.agrees()
    assert shop.file("orders-2.yaml")["refused_at"] is None
    assert "refused" not in shop.client.get("/").text

    with shop.flowing():
        shop.drop("payments.yaml")
    remaining = shop.agrees()
    assert {workflow for workflow, _ in remaining} == {"order-fulfilment"}
    assert shop.file("payments.yaml") == {}
    until(lambda: not list(everything(shop.client, "/v1/cases", workflow="payments", state="open")))
    closed = list(everything(shop.client, "/v1/cases", workflow="payments"))
    assert "rule_removed" in {case["reason"] for case in closed}


@pytest.mark.processes
def test_the_stories_beside_the_rules_are_played_while_the_server_runs(shop: Shop) -> None:
    def told() -> list[tuple[str, int | None]]:
        items = shop.client.get("/v1/rules/stories").json()["items"]
        return [(Path(item["file"]).name, item["failed"]) for item in items]

    story = "{name: unpaid, events: [+0m OrderPlaced], at: +12m, expect: {findings: [PaymentReceived missing]}}"
    shop.rules.put("payments.test.yml", f"tests: [{story}]\n")
    until(lambda: told() == [("payments.test.yml", 0)])
    shop.rules.put("payments.yaml", PAYMENTS.replace("10m", "1h"))
    until(lambda: told() == [("payments.test.yml", 1)])
    assert "- findings: PaymentReceived missing" in shop.client.get("/v1/rules/stories").json()["items"][0]["told"]
