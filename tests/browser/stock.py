"""A server with something on every page, and the addresses of its pages."""

import json

from sqlalchemy import insert

from store.event import HOUR, MINUTE, Event
from store.incidents import Because
from store.tables import rule_texts
from tests.api.incident_rows import put_back, put_let_go, put_silent
from tests.api.rule_rows import in_force, put, put_stories, refused, told
from tests.api.shop import Order, Shop, arrived_late, cancelled, half_undone, orphan, running, unpaid, unshipped
from tests.conftest import NOON

LONG = "order/" + "0123456789abcdef" * 12
PATHS = (
    "/",
    "/?state=all&sort=risk",
    "/?q=nothing",
    "/orders",
    "/orders?state=held&sort=risk",
    "/search?q=A-1",
    "/search?q=nothing",
    "/rules",
    "/rules/order-fulfilment",
    "/silences",
    "/notifications",
    "/discrepancies",
    "/audit",
    "/quarantine",
    "/incidents",
    "/sources",
    "/health",
    "/workflows",
    "/workflows/order-fulfilment",
    "/workflows/order-fulfilment?span=24h",
    "/orders/order-fulfilment/A-1",
    "/orders/order-fulfilment/A-2",
    "/orders/order-fulfilment/A-3",
    "/orders/order-fulfilment/A-5",
    "/orders/order-fulfilment/A-6",
    "/orders/order-fulfilment/A-7",
    "/orders/order-fulfilment/sixty",
    "/orders/order-fulfilment/woven",
    f"/orders/order-fulfilment/{LONG}",
)


def stock(shop: Shop) -> Shop:
    steps = [
        (f"Step{number:02}WithARatherLongNameThatGoesOnAndOn", "late", NOON - HOUR + number * MINUTE, NOON - HOUR)
        for number in range(60)
    ]
    history = [Event(LONG, LONG, "OrderPlaced", NOON, "shop", '{"' + "x" * 300 + '": "' + "y" * 300 + '"}', LONG)]
    shop.add(
        *(unpaid("A-1"), unshipped("A-2"), arrived_late("A-3"), running("A-4"), cancelled("A-5")),
        *(half_undone("A-6"), orphan("A-7")),
        Order("sixty", "complete", NOON - 2 * HOUR, steps),
        Order("woven", "complete", NOON - 2 * HOUR, history=woven()),
        Order(LONG, history=history, flags=unpaid("A-1").flags, customer=LONG, at_risk=123456789.5, unit="credits"),
    )
    put_back(shop.database, put_silent(shop.database, LONG, LONG, held=10**9))
    put_let_go(shop.database, put_silent(shop.database, LONG, LONG, held=10**9), Because.DISMISSED, "anna", "x" * 600)
    put_silent(shop.database, "payments, " * 40, *(name for name, *_ in steps), held=10**9)
    put(
        shop.database,
        in_force("order-fulfilment", done=34, total=120, outdated=12),
        in_force("order-fulfilment", 2, effective_from=NOON, steps=json.dumps([name for name, *_ in steps])),
        in_force("w" * 60, refused_at=NOON, diagnostics="x" * 600, owner="o" * 60),
        refused(f"rules/{LONG}.yaml"),
    )
    put_stories(
        shop.database,
        told("order-fulfilment"),
        told("order-fulfilment", LONG, failed=3, told=f"{LONG}: " + "x" * 600),
        told("", "broken", stories=0, checks=0, failed=None, told="y" * 600),
    )
    texts = {1: "start: OrderPlaced\n", 2: "start: OrderPlaced\n# " + "x" * 600 + "\n"}
    about = {"workflow": "order-fulfilment", "rule_hash": "0123456789abcdef", "file": f"rules/{LONG}.yaml"}
    rows = [{**about, "version": it, "taken_at": NOON + it, "text": text} for it, text in texts.items()]
    with shop.database.begin() as connection:
        connection.execute(insert(rule_texts), rows)
    return shop


def woven() -> list[Event]:
    """Events that one another caused in a tangle: as many at once as have arrows and more, and some from below."""
    causes = [-1, 0, 1, 0, 3, 2, 4, 2, 1, 0, 12, 9, 9, 3, 4, 10, 0, 17, 10, 19, *[18] * 4, *range(23, 30), 40]
    return [
        Event(f"{row:02}", "woven", f"Event{row}" + "Long" * (row % 13), NOON + row, "shop", "{}", f"{cause:02}")
        for row, cause in enumerate(causes)
    ]
