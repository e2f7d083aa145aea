"""A shop whose orders fall due within seconds, and that tells of them over a socket until it is acknowledged.

What becomes of an order is drawn when it is placed; its events are sent when their time has come, some of them late or
twice. So what must be found in the end follows from what was sent, and what may be found meanwhile from when.
"""

import heapq
import itertools
import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from store.event import SECOND, Event
from store.instant import rfc3339
from tests.web_server import client_of

RULES = {
    "orders.yaml": """\
workflow: orders
noun: order
owner: orders
start: OrderPlaced
grace: 1s
cancel: OrderCancelled
at_risk: {value: start.amount, unit: start.currency}
steps:
  payment: {event: PaymentReceived, within: 3s, at_most: 1}
  shipment: {event: ItemShipped, after: payment, within: 4s, late: case}
  compliance: {event: ComplianceCheckDone, after: payment, within: 3s}
""",
    "refunds.yaml": """\
workflow: refunds
owner: payments
start: OrderCancelled
grace: 1s
steps:
  refund: {event: RefundIssued, within: 2s}
""",
}
LONGEST = 30 * SECOND  # after its last event nothing of an order changes any more

NDJSON = {"Content-Type": "application/x-ndjson"}
_BATCH = 500
_REST = 0.05  # seconds, between looks at what is to be sent


@dataclass
class Told:
    """What was sent: when each event first may have been stored, and from when on it must be (µs UTC, by id)."""

    orders: dict[str, list[Event]] = field(default_factory=dict)
    tried_at: dict[str, int] = field(default_factory=dict)
    acknowledged_at: dict[str, int] = field(default_factory=dict)


class Shop:
    """Open from `open` to `close`, which returns when everything is acknowledged. `rate`: orders a second."""

    def __init__(self, url: str, seed: int, rate: int) -> None:
        self.told = Told()
        self._chance = random.Random(seed)
        self._every = SECOND // rate
        self._parcels: list[tuple[int, int, Event]] = []  # when to send what; the number settles ties
        self._numbers = itertools.count()
        self._closed = threading.Event()
        self._client = client_of(url, timeout=10)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self, patience: float) -> None:
        self._closed.set()
        self._thread.join(patience)
        assert not self._thread.is_alive(), "not everything was acknowledged"
        self._client.close()

    def _run(self) -> None:
        placed = micros()
        while self._parcels or not self._closed.is_set():
            now = micros()
            while placed <= now and not self._closed.is_set():
                self._place(placed)
                placed += self._every
            batch = [event for _, _, event in self._due(now)]
            if batch:
                self._send(batch)
            else:
                time.sleep(_REST)

    def _place(self, placed: int) -> None:
        order = f"o-{self._chance.getrandbits(48):012x}"
        events = list(life(order, placed, self._chance))
        self.told.orders[order] = events
        for event in events:
            for sent_at in transits(event, self._chance):
                heapq.heappush(self._parcels, (sent_at, next(self._numbers), event))

    def _due(self, now: int) -> Iterator[tuple[int, int, Event]]:
        for _ in range(_BATCH):
            if not self._parcels or self._parcels[0][0] > now:
                return
            yield heapq.heappop(self._parcels)

    def _send(self, batch: Sequence[Event]) -> None:
        """Until it is acknowledged. What is sent again is in this batch, or in another one that carries the same."""
        now = micros()
        self.told.tried_at |= {event.id: now for event in batch if event.id not in self.told.tried_at}
        content = b"\n".join(line(event) for event in batch)
        while not self._takes(content, len(batch)):
            time.sleep(_REST)
        now = micros()
        known = self.told.acknowledged_at
        known |= {event.id: now for event in batch if event.id not in known}

    def _takes(self, content: bytes, count: int) -> bool:
        with suppress(httpx.TransportError):
            answer = self._client.post("/v1/events", content=content, headers=NDJSON)
            if answer.status_code == 200:
                assert answer.json()["accepted"] == count, answer.text
                return True
        return False


def life(order: str, placed: int, chance: random.Random) -> Iterator[Event]:
    """The events of an order: most as they should be, and something of everything that can go wrong."""
    yield _event(order, "OrderPlaced", placed)
    if chance.random() < 0.06:
        cancelled = placed + _seconds(chance, 0.5, 6)
        yield _event(order, "OrderCancelled", cancelled)
        if chance.random() < 0.6:
            yield _event(order, "RefundIssued", cancelled + _seconds(chance, 0.2, 4))
    if chance.random() < 0.05:
        return
    paid = placed + _step(chance, 3)
    yield _event(order, "PaymentReceived", paid)
    if chance.random() < 0.03:
        yield _event(order, "PaymentReceived", paid + _seconds(chance, 0.1, 3), "again")
    if chance.random() < 0.95:
        early = chance.random() < 0.02
        yield _event(order, "ItemShipped", paid - SECOND // 4 if early else paid + _step(chance, 4))
    if chance.random() < 0.95:
        yield _event(order, "ComplianceCheckDone", paid + _step(chance, 3))


def transits(event: Event, chance: random.Random) -> Iterator[int]:
    """When it is sent: mostly within the grace, sometimes long after, sometimes once more."""
    late = chance.random() < 0.05
    sent_at = event.time + (_seconds(chance, 1, 7) if late else _seconds(chance, 0, 0.6))
    yield sent_at
    if chance.random() < 0.1:
        yield sent_at + _seconds(chance, 0, 10)


def micros() -> int:
    return time.time_ns() // 1_000


def _step(chance: random.Random, within: float) -> int:
    late = chance.random() < 0.05
    return _seconds(chance, within * 1.01, within * 1.5) if late else _seconds(chance, 0.2, within * 0.95)


def _seconds(chance: random.Random, least: float, most: float) -> int:
    return round(chance.uniform(least, most) * SECOND)


def _event(order: str, name: str, at: int, which: str = "") -> Event:
    attributes = '{"amount": 12.5, "currency": "EUR"}' if name == "OrderPlaced" else "{}"
    return Event(f"{order}-{name}{which}", order, name, at, "shop", attributes)


def line(event: Event) -> bytes:
    return json.dumps(
        {
            "id": event.id,
            "correlation_id": event.correlation_id,
            "name": event.name,
            "time": rfc3339(event.time),
            "source": event.source,
            "attributes": json.loads(event.attributes),
        }
    ).encode()
