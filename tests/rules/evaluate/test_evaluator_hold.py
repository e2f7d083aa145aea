"""The evaluator beside collectors that have not stored everything: held, not invented."""

import pytest

from rules.evaluate.evaluator import Evaluator
from rules.ruleset import rules_of
from store import collectors
from store.clickhouse import ClickHouse
from store.collectors import Report
from store.database import Database
from store.event import HOUR, MINUTE, SECOND
from tests.rules.evaluate.test_evaluator import SETTINGS, Bench
from tests.rules.shop import FULFILMENT, NOON, paid, placed

SENTENCES = "SELECT correlation_id, argMax(sentence, version) FROM findings GROUP BY correlation_id"


@pytest.fixture
def bench(clickhouse: ClickHouse, database: Database) -> Bench:
    return Bench(clickhouse, database)


def tell(bench: Bench, now: int, watermark: int) -> None:
    """The collector at `now`, in µs after noon."""
    with bench.database.begin() as connection:
        collectors.report(connection, Report("c-1", "here:1", NOON + watermark, 1, 0), NOON + now)


def test_what_a_collector_has_not_stored_is_not_missing(bench: Bench) -> None:
    bench.store(placed("a"), placed("b"))
    tell(bench, MINUTE, MINUTE)
    bench.tick(MINUTE)
    for minute in range(2, 40):  # it holds the payment of a, and gets nothing stored
        tell(bench, minute * MINUTE, 5 * MINUTE)
        assert bench.tick(minute * MINUTE).as_of == min(NOON + 5 * MINUTE, NOON + minute * MINUTE)
    assert bench.findings() == {}
    bench.store(paid("a", 5 * MINUTE))
    tell(bench, 41 * MINUTE, 41 * MINUTE)
    assert bench.tick(41 * MINUTE).as_of == NOON + 41 * MINUTE
    assert bench.findings() == {("b", "PaymentReceived", "missing"): True}
    assert "lost" not in dict(bench.clickhouse.query(SENTENCES))["b"]


def test_the_instant_never_goes_back_when_a_collector_does(bench: Bench) -> None:
    assert bench.tick(HOUR).as_of == NOON + HOUR
    tell(bench, HOUR, MINUTE)
    assert bench.tick(HOUR + SECOND).as_of == NOON + HOUR


def test_after_a_hold_of_a_lost_collector_flags_rise_and_say_why(bench: Bench) -> None:
    bench.store(placed("a"))
    tell(bench, MINUTE, MINUTE)
    for second in range(60, 60 * 17, 10):
        bench.tick(second * SECOND)
    assert bench.findings() == {}, "it is waited for"
    bench.store(placed("b", at=20 * MINUTE))
    for second in range(60 * 17, 60 * 60, 10):
        bench.tick(second * SECOND)
    sentences = dict(bench.clickhouse.query(SENTENCES))
    assert sentences["a"].endswith(
        "But collector c-1 (here:1) is lost: nothing was heard of it since 2025-11-20 12:01 UTC."
    )
    assert "lost" not in sentences["b"], "it began when the collector was gone already"


def test_another_evaluator_goes_on_waiting_where_the_first_was(bench: Bench) -> None:
    bench.store(placed("a"))
    tell(bench, MINUTE, MINUTE)
    for second in range(60, 60 * 12, 10):
        bench.tick(second * SECOND)
    bench.evaluator.release()
    other = Evaluator(bench.clickhouse, bench.database, rules_of((FULFILMENT,)), SETTINGS, "two")
    for second in range(60 * 12, 60 * 20, 10):
        bench.tick(second * SECOND, other)
    assert bench.findings() == {("a", "PaymentReceived", "missing"): True}
