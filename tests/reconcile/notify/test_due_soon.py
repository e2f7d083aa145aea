"""Early warning, from events to a message, with the real evaluator."""

from pathlib import Path

import pytest

from reconcile.notify.dispatcher import Dispatcher
from reconcile.notify.due_soon import DueSoon
from reconcile.rulebook import Rulebook
from rules.evaluate.evaluator import Evaluator
from rules.ruleset import rules_of
from rules.spec import Match, Matcher, Share, Step, Workflow
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, MINUTE, SECOND, Event
from store.events import write
from store.settings import load
from tests.reconcile.desk import NOON, OVERLAP, PUBLIC
from tests.reconcile.notify.newsroom import WAIT, Newsroom


def on(name: str) -> Matcher:
    return Matcher((Match(name),))


RULE = Workflow(
    name="fulfilment",
    noun="order",
    owner="orders",
    start=on("OrderPlaced"),
    steps=(
        Step(
            "Paid", on("Paid"), within=HOUR, warn=Share(50), owner="payments", runbook="https://wiki.example.org/paid"
        ),
        Step("Shipped", on("Shipped"), after=("Paid",), within=HOUR, owner="shipping"),
    ),
    labels={"tier": "gold"},
)


class Shop:
    """The evaluator and a dispatcher that looks for what is due soon."""

    def __init__(self, clickhouse: ClickHouse, database: Database, place: Path) -> None:
        settings = load({}, overrides={"data": str(place)}).evaluator
        self.clickhouse = clickhouse
        self.evaluator = Evaluator(clickhouse, database, rules_of([RULE]), settings, "one")
        self.room = Newsroom(database)
        self.due_soon = DueSoon(clickhouse, database, Rulebook(lambda: [RULE]), OVERLAP)
        self.dispatcher = Dispatcher(database, self.room.routing, PUBLIC)

    def happens(self, name: str, *orders: str, at: int) -> None:
        events = [Event(f"{name}-{it}", it, name, NOON + at, "shop", received_at=NOON + at) for it in orders]
        write(self.clickhouse, events)

    def look(self, at: int) -> None:
        self.evaluator.tick(NOON + at)
        self.due_soon.step(NOON + at)
        while self.dispatcher.step(NOON + at):
            pass


@pytest.fixture
def shop(clickhouse: ClickHouse, any_database: Database, tmp_path: Path) -> Shop:
    return Shop(clickhouse, any_database, tmp_path)


def test_the_owner_of_a_step_is_told_once_before_it_is_late(shop: Shop) -> None:
    shop.happens("OrderPlaced", "a", at=0)
    shop.look(MINUTE)
    shop.look(30 * MINUTE + SECOND)
    for later in range(30 * MINUTE + 2 * SECOND, 31 * MINUTE, 5 * SECOND):
        shop.look(later)
    [message] = shop.room.sent()
    assert (message["receiver"], message["type"]) == ("payments", "step.due_soon")
    data = message["data"]
    assert data["title"] == "order a: Paid is due in 29 min 48 s"
    assert (data["due"], data["runbook"]) == ("2025-11-20T13:00:00Z", "https://wiki.example.org/paid")
    assert (data["labels"], data["url"]) == ({"tier": "gold"}, f"{PUBLIC}/orders/fulfilment/a")


def test_what_came_in_time_is_not_warned_of(shop: Shop) -> None:
    shop.happens("OrderPlaced", "a", "b", at=0)
    shop.look(MINUTE)
    shop.happens("Paid", "b", at=2 * MINUTE)
    shop.look(3 * MINUTE)
    shop.look(31 * MINUTE)
    shop.look(31 * MINUTE + WAIT)
    assert [it["data"]["correlation_id"] for it in shop.room.sent()] == ["a"]


def test_warnings_of_one_owner_go_together(shop: Shop) -> None:
    shop.happens("OrderPlaced", "a", "b", "c", at=0)
    shop.look(MINUTE)
    shop.look(31 * MINUTE)
    shop.look(31 * MINUTE + WAIT)
    [message] = shop.room.sent()
    assert (message["type"], message["data"]["title"]) == ("cases.changed", "3 orders due soon: Paid is due soon")
    assert [it["type"] for it in message["data"]["items"]] == ["step.due_soon"] * 3


def test_what_another_looks_through_again_is_not_told_again(shop: Shop) -> None:
    shop.happens("OrderPlaced", "a", at=0)
    shop.look(MINUTE)
    shop.look(31 * MINUTE)
    shop.look(31 * MINUTE + WAIT)
    for again in range(3):
        shop.due_soon.step(NOON + 32 * MINUTE + again)
    shop.dispatcher = Dispatcher(shop.room.database, shop.room.routing, PUBLIC)
    shop.look(40 * MINUTE)
    shop.look(50 * MINUTE)
    assert len(shop.room.sent()) == 1
