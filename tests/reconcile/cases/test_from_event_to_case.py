"""What the evaluator really writes of called-off and orphaned orders, as cases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rules.evaluate.evaluator import Evaluator
from rules.ruleset import rules_of
from rules.spec import Match, Matcher, Orphans, Step, Workflow
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, MINUTE, Event
from store.events import write
from store.settings import load
from tests.reconcile.desk import NOON, Desk


def on(name: str) -> Matcher:
    return Matcher((Match(name),))


def undoable(name: str, by: str) -> Step:
    return Step(name, on(name), undone_by=on(by), undo_within=HOUR, owner="payments")


RULE = Workflow(
    name="fulfilment",
    noun="order",
    owner="payments",
    start=on("OrderPlaced"),
    steps=(undoable("Paid", "Refunded"), undoable("Reserved", "Released")),
    cancel=on("Cancelled"),
    orphans=Orphans.FLAG,
)


class Shop:
    """The evaluator and a reconciler, told of one order."""

    def __init__(self, evaluator: Evaluator, desk: Desk) -> None:
        self.evaluator = evaluator
        self.desk = desk

    def happens(self, now: int, **times: int) -> None:
        """Events of these names at these instants arrive, and everybody looks at `now`; µs after noon."""
        events = [Event(name, "A-17", name, NOON + at, "shop", received_at=NOON + at) for name, at in times.items()]
        write(self.desk.clickhouse, events)
        self.evaluator.tick(NOON + now)
        self.desk.take(NOON + now)


@pytest.fixture
def shop(clickhouse: ClickHouse, any_database: Database, tmp_path: Path) -> Iterator[Shop]:
    settings = load({}, overrides={"data": str(tmp_path)}).evaluator
    evaluator = Evaluator(clickhouse, any_database, rules_of([RULE]), settings, "one")
    yield Shop(evaluator, Desk(clickhouse, any_database))
    evaluator.release()


def test_what_was_called_off_is_a_case_until_all_of_it_is_undone(shop: Shop) -> None:
    shop.happens(2 * HOUR, OrderPlaced=0, Paid=1, Reserved=2, Cancelled=MINUTE, Released=2 * MINUTE)
    case = shop.desk.case()
    assert (case["state"], case["step"], case["kind"], case["severity"]) == ("open", "Paid", "not_undone", "critical")
    assert [(it["step"], it["kind"]) for it in shop.desk.findings()] == [("", "half_undone"), ("Paid", "not_undone")]
    shop.happens(3 * HOUR, Refunded=3 * HOUR)
    assert (shop.desk.case()["state"], shop.desk.case()["reason"]) == ("resolved", "condition_ceased")
    assert shop.desk.told()[-1]["title"] == (
        "order A-17 is settled: it is no longer half undone; Paid is undone, or need not be"
    )


def test_an_orphan_is_a_case_until_its_start_comes(shop: Shop) -> None:
    shop.happens(MINUTE, Paid=0)
    shop.happens(HOUR, OrderPlaced=1)
    opened, settled = shop.desk.told()
    assert (opened["title"], opened["step"]) == ("order A-17: it never began", None)
    assert opened["started_at"] == "2025-11-20T12:00:00Z", "when its first event came"
    assert settled["title"] == "order A-17 is settled: it has a beginning now"
