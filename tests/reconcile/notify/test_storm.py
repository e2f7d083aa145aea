"""Ten thousand orders go wrong at once: each owner gets one message, in time, and every case is there."""

import json
from collections import Counter
from dataclasses import replace

from sqlalchemy import func, select

from reconcile.cases.casebook import Casebook
from reconcile.cases.intake import Intake
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import SECOND
from store.tables import cases
from tests.reconcile.desk import NOON, OVERLAP, finding, write_findings
from tests.reconcile.notify.newsroom import WAIT, Newsroom

MANY = 10_000


def outage(clickhouse: ClickHouse, orders: int = MANY) -> None:
    """Payments are missing in all orders; in every hundredth the shipment is, too."""
    payment, shipment = finding(), finding("ItemShipped", owner="shipping")
    write_findings(clickhouse, [replace(payment, correlation_id=f"o-{number:05}") for number in range(orders)])
    write_findings(clickhouse, [replace(shipment, correlation_id=f"o-{number:05}") for number in range(0, orders, 100)])


def test_each_owner_gets_one_message_and_every_case_is_there(clickhouse: ClickHouse, any_database: Database) -> None:
    outage(clickhouse)
    room = Newsroom(any_database)
    intake = Intake(clickhouse, any_database, Casebook(any_database), OVERLAP)
    second = 0
    while intake.step(NOON + second * SECOND):
        room.dispatch(second * SECOND)
        second += 1
    for later in range(second, 2 * WAIT // SECOND):
        room.dispatch(later * SECOND)
    told = {row["receiver"]: row for row in room.sent()}
    assert Counter(row["receiver"] for row in room.sent()) == {"payments": 1, "shipping": 1}
    assert {row["created_at"] for row in told.values()} == {NOON + WAIT}
    assert {row["type"] for row in told.values()} == {"cases.storm"}
    payments = told["payments"]["data"]
    assert payments["title"] == "10,000 orders flagged: PaymentReceived is missing"
    assert (payments["count"], payments["omitted"], payments["step"]) == (MANY, MANY - 5, "PaymentReceived")
    assert payments["at_risk"] == [{"value": MANY * 120.5, "unit": "EUR"}]
    assert [it["correlation_id"] for it in payments["items"]] == sorted(
        it["correlation_id"] for it in payments["items"]
    )
    assert len(json.dumps(payments)) < 10_000
    assert told["shipping"]["data"]["count"] == 100
    with any_database.read() as connection:
        assert connection.execute(select(func.count()).select_from(cases)).scalar_one() == MANY
