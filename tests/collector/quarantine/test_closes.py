"""From the wire to the verdict: what was refused makes a step missing, and what is replayed makes it right again."""

from dataclasses import replace

import httpx
import pytest

from collector.quarantine.again import Again
from reconcile.actor import Actor, ActorKind
from reconcile.quarantine.bench import Bench, By, Outcome
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import MINUTE
from store.instant import rfc3339
from store.location import location
from store.quarantine import Wanted
from store.settings_sources import Sources, SourceSettings
from tests.collector.conftest import LIMITS
from tests.rules.evaluate.test_evaluator import Bench as Judge
from tests.rules.shop import NOON, placed

BY = By(Actor(ActorKind.PERSON, "anna"))
BANK = SourceSettings("bank", {"correlation_id": (location("order_no"),)})
PAID = {"name": "PaymentReceived", "source": "bank", "attributes": {"order_no": "a"}}


@pytest.fixture
def judge(clickhouse: ClickHouse, database: Database, client: httpx.Client) -> Judge:
    """An order that was paid in time, by an event that was refused."""
    judge = Judge(clickhouse, database)
    judge.store(placed("a"))
    paid = {**PAID, "time": rfc3339(NOON + 5 * MINUTE)}
    answer = client.post("/v1/events", json=paid)
    assert answer.status_code == 400
    judge.tick(18 * MINUTE)
    assert judge.findings() == {("a", "PaymentReceived", "missing"): True}
    return judge


def test_its_own_time_decides_so_that_it_was_never_late(
    judge: Judge, clickhouse: ClickHouse, database: Database
) -> None:
    bench = Bench(clickhouse, database, Again(LIMITS))
    assert bench.replay(Wanted(), BY, NOON + 19 * MINUTE).taken == 0
    mapped = Bench(clickhouse, database, Again(replace(LIMITS, sources=Sources((BANK,)))))
    assert mapped.replay(Wanted(source="bank"), BY, NOON + 20 * MINUTE) == Outcome(1, {})
    judge.tick(21 * MINUTE)
    assert judge.findings() == {("a", "PaymentReceived", "missing"): False}
    assert judge.states() == {"a": "running"}
