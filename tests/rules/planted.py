"""Histories of a shop whose rule is known: what a proposal made from them has to find."""

import json
import random
from collections.abc import Iterator

from store.event import DAY, HOUR, MINUTE, Event
from store.instant import rfc3339
from tests.rules.shop import NOON

SOURCES = {
    "OrderPlaced": "shop",
    "OrderCancelled": "shop",
    "PaymentReceived": "payments",
    "PaymentDeclined": "payments",
    "Risk Check": "risk",
    "ComplianceCheckDone": "compliance",
}
OTHERS = "warehouse"
EVERY = 10 * MINUTE  # from one order to the next


def orders(count: int, seed: int = 7) -> Iterator[Event]:
    """Orders of which 4 % are cancelled, 3 % declined, and 1 % lose what comes behind the payment."""
    chance = random.Random(seed)
    for number in range(count):
        yield from _order(f"order-{number}", NOON + number * EVERY, chance)


def _order(order: str, placed: int, chance: random.Random) -> Iterator[Event]:
    by_invoice = chance.random() < 0.3
    promised = placed + chance.randint(5, 6) * DAY
    attributes = {
        "amount": round(chance.uniform(5, 500), 2),
        "currency": "EUR",
        "customer_id": f"c-{chance.randrange(500)}",
        "method": "invoice" if by_invoice else chance.choice(["card", "wallet"]),
        "country": chance.choice(["DE", "FR", "NL"]),
        "promised_at": rfc3339(promised),
    }
    yield _event(order, "OrderPlaced", placed, chance, attributes)
    fate = chance.random()
    if fate < 0.07:
        name = "OrderCancelled" if fate < 0.04 else "PaymentDeclined"
        yield _event(order, name, placed + chance.randint(MINUTE, 5 * MINUTE), chance)
        return
    checked = placed + chance.randint(MINUTE, 3 * MINUTE)
    if by_invoice:
        yield _event(order, "Risk Check", checked, chance)
    paid = checked + chance.randint(MINUTE, 9 * MINUTE)
    yield _event(order, "PaymentReceived", paid, chance)
    if fate > 0.99:
        return
    yield from _behind_payment(order, paid, promised, chance)


def _behind_payment(order: str, paid: int, promised: int, chance: random.Random) -> Iterator[Event]:
    yield _event(order, "ComplianceCheckDone", paid + chance.randint(MINUTE, 20 * HOUR), chance)
    packed = paid + chance.randint(10 * MINUTE, 11 * HOUR)
    yield _event(order, "ItemPacked", packed, chance)
    if chance.random() < 0.3:
        yield _event(order, "Gift wrapped", packed + chance.randint(MINUTE, HOUR), chance)
    if chance.random() < 0.01:
        yield _event(order, "AddressChanged", packed + MINUTE, chance)
    shipped = packed + chance.randint(2 * HOUR, 40 * HOUR)
    yield _event(order, "ItemShipped", shipped, chance)
    late = chance.random() < 0.05
    delivered = promised + chance.randint(HOUR, DAY) if late else chance.randint(shipped + HOUR, promised)
    yield _event(order, "ItemDelivered", delivered, chance)


def _event(order: str, name: str, at: int, chance: random.Random, attributes: dict[str, object] | None = None) -> Event:
    key = f"{chance.getrandbits(64):x}"
    return Event(key, order, name, at, SOURCES.get(name, OTHERS), json.dumps(attributes or {}), received_at=at)
