"""The drill: events in shuffled order, twice, in batches, while the evaluator runs and the process is killed.

By hand: `python -m tests.end_to_end.drill EVENTS.ndjson TRUTH.json [KILLS [SEED]]`.
"""

import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from standardwebhooks import Webhook

from tests.end_to_end.orders import RULES, Findings, Orders, read
from tests.end_to_end.process import PATIENCE, SECRET, Noshow, noshow
from tests.reconcile.receiver import Received, receiver

BATCH = 500


@dataclass(frozen=True)
class Outcome:
    """What was acknowledged, what is stored in the end, and what the owner got."""

    acknowledged: set[str]
    stored: dict[str, object]
    received: list[Received]
    kills: int


def drill(orders: Orders, place: Path, kills: int, seed: int = 1) -> Outcome:
    """Run it; returns when the findings are what the orders say, or when patience has ended."""
    chance = random.Random(seed)
    batches = list(_batches(orders.lines, chance))
    fatal = set(chance.sample(range(len(batches) // 10, len(batches)), kills))
    acknowledged: set[str] = set()
    with receiver() as owner, noshow(place, {"orders.yaml": RULES}, owner.url) as server:
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
            for number, batch in enumerate(batches):
                if number in fatal:
                    _send_and_kill(client, server, batch, chance)
                send(client, batch)
                acknowledged |= {json.loads(line)["id"] for line in batch}
            until(lambda: found(client) == orders.findings)
            until(lambda: lacking(client) <= told_of(owner.received))
        server.stop()
        return Outcome(acknowledged, server.stored(), list(owner.received), len(fatal))


def check(outcome: Outcome, orders: Orders) -> None:
    """Nothing acknowledged is lost, the findings are the truth, and nothing is doubled."""
    stored = outcome.stored
    events, findings, cases, notices = (stored[key] for key in ("events", "findings", "cases", "notices"))
    assert isinstance(events, list)
    assert isinstance(findings, list)
    assert isinstance(cases, dict)
    assert isinstance(notices, dict)
    assert outcome.acknowledged <= set(events)
    assert {(step, kind): count for step, kind, count in findings} == dict(orders.findings)
    assert set(cases.values()) <= {1}
    about = [tuple(what) for what in notices.values()]
    assert len(about) == len(set(about)), "a notification under two ids"
    bodies: dict[str, str] = {}
    for received in outcome.received:
        Webhook(SECRET).verify(received.body, received.headers)
        id = received.headers["webhook-id"]
        assert id in notices, "an owner was told what nothing is known of"
        assert bodies.setdefault(id, received.body) == received.body, "one id with two contents"


def _batches(lines: Sequence[bytes], chance: random.Random) -> Iterator[list[bytes]]:
    for _ in range(2):
        shuffled = list(lines)
        chance.shuffle(shuffled)
        yield from (shuffled[start : start + BATCH] for start in range(0, len(shuffled), BATCH))


def send(client: httpx.Client, batch: Sequence[bytes]) -> None:
    headers = {"Content-Type": "application/x-ndjson"}
    response = client.post("/v1/events", content=b"\n".join(batch), headers=headers)
    assert response.status_code == 200, response.text
    assert response.json()["accepted"] == len(batch), response.text


def _send_and_kill(client: httpx.Client, server: Noshow, batch: Sequence[bytes], chance: random.Random) -> None:
    """The kill comes at some instant while the batch is on its way; what is not acknowledged is sent again."""
    timer = threading.Timer(chance.uniform(0, 0.05), server.kill)
    timer.start()
    with suppress(httpx.TransportError):
        send(client, batch)
    timer.join()
    server.start()


def until(holds: Callable[[], bool]) -> None:
    """Looks once a second, and fails when patience has ended."""
    for _ in range(PATIENCE):
        if holds():
            return
        time.sleep(1)
    assert holds()


def lacking(client: httpx.Client) -> set[str]:
    """The orders that lack a step."""
    return {instance["correlation_id"] for instance in everything(client, "/v1/instances", state="incomplete")}


def told_of(received: list[Received]) -> set[str]:
    """The orders that the owner has heard of."""
    return {json.loads(it.body)["data"]["correlation_id"] for it in list(received)}


def found(client: httpx.Client) -> Findings:
    """The open findings, as the dashboard and everybody else reads them."""
    instances = everything(client, "/v1/instances", workflow="order-fulfilment")
    return Counter((it["step"], it["kind"]) for instance in instances for it in instance["findings"])


def everything(client: httpx.Client, path: str, **parameters: str) -> Iterator[dict[str, Any]]:
    """Every item of a list, page by page."""
    after: dict[str, str] = {}
    while True:
        page = client.get(path, params={**parameters, "limit": "500", **after}).json()
        yield from page["items"]
        if page["next"] is None:
            return
        after = {"after": page["next"]}


if __name__ == "__main__":
    known = read(Path(sys.argv[1]), Path(sys.argv[2]))
    count, seed = (int(argument) for argument in [*sys.argv[3:], "3", "1"][:2])
    with tempfile.TemporaryDirectory(prefix="noshow-drill-") as folder:
        result = drill(known, Path(folder), count, seed)
        check(result, known)
    print(
        f"{result.kills} kills, {len(result.acknowledged)} events acknowledged, findings {dict(known.findings)}: equal"
    )
    print(f"{len(result.received)} notices received, none under two ids")
