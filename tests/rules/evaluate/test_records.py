"""What is written of an instance and its findings, beyond what every rule has."""

from dataclasses import replace

import pytest

from rules.expression import Literal
from rules.spec import Severity, Share, Step
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, MINUTE
from tests.rules.evaluate.test_evaluator import Bench
from tests.rules.shop import FULFILMENT, NOON, event, named, paid, placed

SHIPPED = Step(
    "Shipped", named("Shipped"), within=HOUR, times=Literal(2), warn=Share(50), owner="depot", escalate_after=HOUR
)
PAID = replace(FULFILMENT.steps[0], undone_by=named("Refunded"), undo_within=MINUTE)
BOOKED = Step("Booked", named("Booked"), within=HOUR, undone_by=named("Unbooked"), undo_within=MINUTE)


@pytest.fixture
def bench(clickhouse: ClickHouse, database: Database) -> Bench:
    return Bench(clickhouse, database)


def go(bench: Bench, at: int, *steps: Step) -> None:
    workflow = replace(FULFILMENT, steps=steps, severity=Severity.INFO, description="Everything is sent.")
    bench.tick(at, bench.another([workflow]))


def test_how_often_a_step_came_and_must_and_since_when_it_is_warned_of(bench: Bench) -> None:
    bench.store(placed("a"), event("a", "Shipped", MINUTE), paid("a", MINUTE))
    go(bench, 31 * MINUTE, SHIPPED, PAID)
    [row] = bench.clickhouse.query(
        "SELECT `steps.count`, `steps.needed`, arrayMap(t -> toUnixTimestamp64Micro(t), `steps.warned`) FROM instances"
    )
    assert row == ([1, None], [2, None], [NOON + 30 * MINUTE, None])


def test_when_a_case_of_a_step_is_raised(bench: Bench) -> None:
    bench.store(placed("a"), paid("a", HOUR))
    go(bench, 2 * HOUR, SHIPPED, PAID)
    assert bench.clickhouse.query("SELECT step, escalate_after FROM findings ORDER BY step") == [
        ("PaymentReceived", None),
        ("Shipped", HOUR),
    ]


def test_an_instance_that_is_half_undone_is_critical_and_its_owners(bench: Bench) -> None:
    bench.store(placed("a"), paid("a", MINUTE), event("a", "Booked", MINUTE))
    bench.store(event("a", "OrderCancelled", 2 * MINUTE), event("a", "Refunded", 3 * MINUTE))
    go(bench, HOUR, PAID, BOOKED)
    columns = "step, owner, severity, description, step_order, at, due"
    assert bench.clickhouse.query(f"SELECT {columns} FROM findings WHERE kind = 'half_undone'") == [
        ("", "orders", "critical", "Everything is sent.", 2, None, None)
    ]
