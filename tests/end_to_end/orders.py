"""Orders with the truth about them: what goes wrong is decided first, and the events follow from it."""

import json
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

RULES = """\
workflow: order-fulfilment
noun: order
owner: orders
start: OrderPlaced
at_risk: {value: start.amount, unit: start.currency}
steps:
  payment: {event: PaymentReceived, within: 15m}
  shipment: {event: ItemShipped, after: payment, within: 48h}
  compliance: {event: ComplianceCheckDone, after: payment, within: 24h}
"""

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
LIMITS = {"payment": timedelta(minutes=15), "shipment": timedelta(hours=48), "compliance": timedelta(hours=24)}
EVENTS = {"payment": "PaymentReceived", "shipment": "ItemShipped", "compliance": "ComplianceCheckDone"}

Findings = Counter[tuple[str, str]]
"""How many findings of each (step, kind) are open in the end."""


@dataclass(frozen=True)
class Orders:
    """NDJSON lines sorted by time, and what must be found of them."""

    lines: list[bytes]
    findings: Findings


def orders(count: int, seed: int = 1) -> Orders:
    """Each step of each order is in time (94 %), late or missing (3 % each)."""
    chance = random.Random(seed)
    events: list[tuple[datetime, str, str]] = []
    found: Findings = Counter()
    for number in range(count):
        order, placed = f"order-{chance.getrandbits(64):016x}", BEGIN + timedelta(seconds=number)
        events.append((placed, order, "OrderPlaced"))
        life = Life(order, chance, events, found)
        paid = _step(life, "payment", placed)
        if paid is not None:
            _step(life, "shipment", paid)
            _step(life, "compliance", paid)
    return Orders([_line(event) for event in sorted(events)], found)


def read(events: Path, truth: Path) -> Orders:
    """Those that `gen_orders.py` has written."""
    told = json.loads(truth.read_text())["steps"]
    found = Counter({(step, kind): count for step, kinds in told.items() for kind, count in kinds.items()})
    return Orders(events.read_bytes().splitlines(), found)


@dataclass(frozen=True)
class Life:
    """One order in the making."""

    order: str
    chance: random.Random
    events: list[tuple[datetime, str, str]]
    found: Findings


def _step(life: Life, step: str, after: datetime) -> datetime | None:
    chance = life.chance
    fate = chance.random()
    if fate < 0.03:
        life.found[step, "missing"] += 1
        return None
    share = chance.uniform(1.01, 2) if fate < 0.06 else chance.uniform(0.01, 1)
    at = after + LIMITS[step] * share
    life.events.append((at, life.order, EVENTS[step]))
    if fate < 0.06:
        life.found[step, "late"] += 1
    return at


def _line(event: tuple[datetime, str, str]) -> bytes:
    at, order, name = event
    return json.dumps(
        {
            "id": f"{order}-{name}",
            "correlation_id": order,
            "name": name,
            "time": at.isoformat(),
            "source": "shop",
            "attributes": {"amount": 12.5, "currency": "EUR"},
        }
    ).encode()
