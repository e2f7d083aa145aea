"""Who tells of orders, over a socket, until each event is acknowledged: what does not get through waits.

A few orders come every second, for as long as the drill lasts; a rush of many more comes once, and is paid when nothing
gets through any more. Some of both are never paid. Instants: µs UTC.
"""

import heapq
import itertools
import secrets
import threading
import time
from collections import deque
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import httpx

from store.event import SECOND, Event
from tests.faults.live_shop import NDJSON, line, micros
from tests.web_server import client_of

PLACED, PAID = "OrderPlaced", "PaymentReceived"
GRACE = SECOND
_EVERY = SECOND // 5  # an order
_SOON = SECOND // 2  # after it was placed it is paid
_UNPAID, _UNPAID_OF_RUSH = 40, 1_000  # one in so many
_AT_ONCE, _REST = 500, 0.05  # events, seconds
_NOTES = 1 << 20  # bytes, of all payments of the rush


@dataclass(frozen=True)
class Trade:
    """`orders` of the rush are placed within `placing`, and due, as all are, `within` (µs) after that."""

    begin: int
    orders: int
    placing: int
    within: int

    def placed(self) -> Iterator[Event]:
        """For ever."""
        for number in itertools.count(1):
            yield _event("live", number, PLACED, self.begin + number * _EVERY)

    def paid(self) -> Iterator[Event]:
        for number in itertools.count(1):
            if number % _UNPAID:
                yield _event("live", number, PAID, self.begin + number * _EVERY + _SOON)

    def rush_placed(self, at: int) -> Iterator[Event]:
        for number in range(self.orders):
            yield _event("rush", number, PLACED, at + number * self.placing // self.orders)

    def rush_paid(self, at: int) -> Iterator[Event]:
        """In time, and after the last one was placed. What they say fills a spool."""
        first, lasts = at + self.placing + SECOND, self.within - self.placing - 2 * SECOND
        note = secrets.token_hex(_NOTES // self.orders)
        for number in range(self.orders):
            if number % self.unpaid_of_rush:
                yield _event("rush", number, PAID, first + number * lasts // self.orders, note)

    @property
    def unpaid_of_rush(self) -> int:
        return min(_UNPAID_OF_RUSH, self.orders // 10)

    def unpaid(self, sent: Iterable[str]) -> set[str]:
        """Among the orders of these events."""
        return {order for order in map(_order, sent) if not self._is_paid(order)}

    def is_open(self, sent: Container[str]) -> bool:
        """The whole rush is placed."""
        return f"rush-{self.orders - 1}-{PLACED}" in sent

    def _is_paid(self, order: str) -> bool:
        kind, number = order.split("-")
        return int(number) % (self.unpaid_of_rush if kind == "rush" else _UNPAID) != 0


class Sent(NamedTuple):
    """When it happened, when it was acknowledged, and at which address."""

    time: int
    at: int
    by: str


class Sender:
    """Tells of what has happened. `acknowledged`: by the id of the event; `refused`: requests that were answered, but
    not taken."""

    def __init__(self, url: str, live: Iterator[Event]) -> None:
        self.url = url
        self.acknowledged: dict[str, Sent] = {}
        self.refused = 0
        self._live = live
        self._next = next(live)
        self._planned: list[tuple[int, str, Event]] = []
        self._waiting: deque[Event] = deque()
        self._last: int | None = None
        self._lock = threading.Lock()
        self._client = client_of("", timeout=10)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def plan(self, events: Iterable[Event]) -> None:
        with self._lock:
            for it in events:
                heapq.heappush(self._planned, (it.time, it.id, it))

    def has_told(self, until: int) -> bool:
        """Everything that happened before that."""
        with self._lock:
            self._notice(micros())
            return not self._waiting or self._waiting[0].time >= until

    def close(self, last: int, patience: float) -> None:
        """Nothing happens after that instant; returns when everything is acknowledged."""
        self._last = last
        self._thread.join(patience)
        assert not self._thread.is_alive(), "not everything was acknowledged"
        self._client.close()

    def _run(self) -> None:
        while True:
            with self._lock:
                self._notice(micros())
                batch = list(itertools.islice(self._waiting, _AT_ONCE))
            if batch and self._takes(batch):
                with self._lock:
                    for _ in batch:
                        self._waiting.popleft()
            elif self._last is not None and micros() > self._last and not self._waiting:
                return
            else:
                time.sleep(_REST)

    def _notice(self, now: int) -> None:
        until = now if self._last is None else min(now, self._last)
        while self._planned and self._planned[0][0] <= until:
            self._waiting.append(heapq.heappop(self._planned)[2])
        while self._next.time <= until:
            self._waiting.append(self._next)
            self._next = next(self._live)

    def _takes(self, batch: list[Event]) -> bool:
        url, content = self.url, b"\n".join(map(line, batch))
        with suppress(httpx.TransportError):
            answer = self._client.post(f"{url}/v1/events", content=content, headers=NDJSON)
            if answer.status_code == 200:
                assert answer.json()["accepted"] == len(batch), answer.text
                self.acknowledged |= {it.id: Sent(it.time, micros(), url) for it in batch}
                return True
            self.refused += 1
        return False


def _order(id: str) -> str:
    return id.rpartition("-")[0]


def _event(kind: str, number: int, name: str, at: int, note: str = "") -> Event:
    order = f"{kind}-{number}"
    attributes = f'{{"note": "{note}"}}' if note else "{}"
    return Event(f"{order}-{name}", order, name, at, "shop" if name == PLACED else "payments", attributes)
