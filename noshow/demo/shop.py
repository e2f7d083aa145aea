"""A simulated shop: four services that send their events with `noshow_sdk`, and sometimes do not.

Run as `python -m noshow.demo.shop URL PROVIDER`, by the demo. What goes wrong: payments that are never made, made late,
or made and never heard of, parcels that leave late or never, checks that are forgotten; some orders are cancelled, some
come back.
"""

import heapq
import itertools
import logging
import random
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import httpx

from noshow_sdk import Client, Configuration, handling

ORDERS_A_SECOND = 1.5
COUNTRIES = ("DE", "FR", "NL", "PL", "AT")
SERVICES = ("shop", "payments", "warehouse", "compliance")
PROVIDER = "payment provider"

CAUSES: Mapping[str, str] = {
    "OrderCancelled": "OrderPlaced",
    "PaymentReceived": "OrderPlaced",
    "ComplianceCheckDone": "PaymentReceived",
    "ItemShipped": "PaymentReceived",
    "ParcelReturned": "ReturnRequested",
    "RefundIssued": "ParcelReturned",
}
"""What a service was told of when it did what it sends."""

Attributes = Mapping[str, str | int | float]


@dataclass(frozen=True, order=True)
class Planned:
    """An event that a service will send at `at` (seconds of the monotonic clock). `cause`: the ID of what caused it."""

    at: float
    number: int
    service: str = field(compare=False)
    name: str = field(compare=False)
    correlation_id: str = field(compare=False)
    attributes: Attributes = field(compare=False)
    id: str = field(compare=False, default_factory=lambda: str(uuid.uuid4()))
    cause: str = field(compare=False, default="")


class Service:
    """One service of the shop. A real one would have its process to itself, and just `configure()` and `emit()`."""

    def __init__(self, name: str, url: str) -> None:
        self._client = Client(Configuration(service=name, endpoint=url, interval=0.3))

    def emit(self, event: Planned) -> None:
        with handling(correlation_id=event.correlation_id, causation_id=event.cause):
            self._client.emit(event.name, event.attributes, event_id=event.id)

    def close(self) -> None:
        self._client.shutdown(timeout=1)


class Provider:
    """The payment provider, as the payments service sees it: no service of the shop, and sends no events."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=5)

    def emit(self, charge: Planned) -> None:
        with suppress(httpx.TransportError):  # when the demo ends, it is gone
            self._http.post("/charges", json={"order": charge.correlation_id})

    def close(self) -> None:
        self._http.close()


class Shop:
    """Plans what happens to each order; time runs in the seconds of the demo's deadlines."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._numbers = itertools.count()
        self._orders = itertools.count(1001)

    def orders(self, start: float) -> Iterator[list[Planned]]:
        """The plans of order after order; the first is placed at `start`."""
        at = start
        while True:
            yield _with_causes(list(self._order(at)))
            at += self._random.expovariate(ORDERS_A_SECOND)

    def _order(self, at: float) -> Iterator[Planned]:
        chance = self._random.random
        order = f"order-{next(self._orders)}-{uuid.UUID(int=self._random.getrandbits(128), version=4).hex[:6]}"
        basket: dict[str, str | int | float] = {
            "customer": f"c-{self._random.randrange(500):03d}",
            "country": self._random.choice(COUNTRIES),
            "amount": round(self._random.lognormvariate(4, 0.8), 2),
            "currency": "EUR",
        }
        yield self._event(at, "shop", "OrderPlaced", order, basket)
        if chance() < 0.05:
            yield self._event(at + self._between(1, 6), "shop", "OrderCancelled", order, {"reason": "changed my mind"})
            return
        if chance() < 0.025:
            return  # the payment is never made, and nobody notices: that is what Noshow is for
        paid = at + (self._between(12, 20) if chance() < 0.06 else self._between(0.5, 6))
        yield self._event(paid, PROVIDER, "Charge", order, {})
        if chance() > 0.04:  # else it is made, and the event of it gets lost: only the provider knows
            yield self._event(paid, "payments", "PaymentReceived", order, {"charge_id": f"ch_{order[6:10]}"})
        yield from self._fulfilment(paid, order, basket)

    def _fulfilment(self, paid: float, order: str, basket: Attributes) -> Iterator[Planned]:
        chance = self._random.random
        if basket["country"] in ("DE", "FR") and chance() > 0.05:
            yield self._event(paid + self._between(1, 8), "compliance", "ComplianceCheckDone", order, {"result": "ok"})
        if chance() < 0.04:
            return
        shipped = paid + (self._between(16, 25) if chance() < 0.08 else self._between(2, 10))
        yield self._event(shipped, "warehouse", "ItemShipped", order, {"parcels": 1, "carrier": "Postal"})
        if chance() < 0.1:
            yield from self._return(shipped + self._between(2, 5), f"return-{order[6:]}", basket)

    def _return(self, at: float, correlation_id: str, basket: Attributes) -> Iterator[Planned]:
        chance = self._random.random
        yield self._event(at, "shop", "ReturnRequested", correlation_id, basket)
        back = at + (self._between(14, 20) if chance() < 0.15 else self._between(2, 8))
        yield self._event(back, "warehouse", "ParcelReturned", correlation_id, {})
        if chance() < 0.8:
            refunded = back + self._between(1, 6)
            yield self._event(refunded, "payments", "RefundIssued", correlation_id, {"amount": basket["amount"]})

    def _event(self, at: float, service: str, name: str, correlation_id: str, attributes: Attributes) -> Planned:
        return Planned(at, next(self._numbers), service, name, correlation_id, attributes)

    def _between(self, least: float, most: float) -> float:
        return self._random.uniform(least, most)


def _with_causes(plan: Sequence[Planned]) -> list[Planned]:
    """What is not sent causes nothing that can be seen."""
    ids = {event.name: event.id for event in plan}
    return [replace(event, cause=ids.get(CAUSES.get(event.name, ""), "")) for event in plan]


def run(url: str, payments: str) -> None:
    """Until interrupted or told to stop."""
    services: dict[str, Service | Provider] = {name: Service(name, url) for name in SERVICES}
    services[PROVIDER] = Provider(payments)
    plans = Shop(seed=7).orders(time.monotonic())
    waiting: list[Planned] = []
    try:
        for plan in plans:
            for event in plan:
                heapq.heappush(waiting, event)
            _work_until(plan[0].at, waiting, services)
    except KeyboardInterrupt:
        pass
    finally:
        for service in services.values():
            service.close()


def _work_until(at: float, waiting: list[Planned], services: Mapping[str, Service | Provider]) -> None:
    """Send what falls due up to and at the next order's placing."""
    while waiting and waiting[0].at <= at:
        event = heapq.heappop(waiting)
        time.sleep(max(0.0, event.at - time.monotonic()))
        services[event.service].emit(event)


if __name__ == "__main__":
    logging.disable()  # when the demo ends, exporters find nobody to send to: no news
    run(*sys.argv[1:])
