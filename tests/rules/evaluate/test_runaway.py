"""A correlation ID with too many events: flagged once, and no burden any more."""

import logging
from dataclasses import replace

import pytest

from rules.evaluate.evaluator import Evaluator
from rules.evaluate.work import Work
from rules.spec import Orphans, Step
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, MINUTE, SECOND, Event
from tests.rules.evaluate.test_evaluator import SETTINGS, Bench
from tests.rules.shop import FULFILMENT, event, named, placed

AT_MOST = replace(SETTINGS, most_events=20)
PAID = Step("Paid", named("PaymentReceived"), within=MINUTE)
OTHER = replace(FULFILMENT, name="other", steps=(PAID,), cancel=None)

FLAG = """
SELECT kind, sentence, owner, severity, open FROM findings
WHERE correlation_id = 'a' AND kind = 'runaway' ORDER BY version
"""


def run(bench: Bench, at: int, evaluator: Evaluator) -> int:
    """Ticks until there is nothing left to do; how many rows were read to judge."""
    read, more = 0, True
    while more:
        tick = bench.tick(at, evaluator)
        more = tick.more
        read += sum(tick.spent[work].rows for work in (Work.CONCERN, Work.JUDGE) if work in tick.spent)
    return read


@pytest.fixture
def bench(clickhouse: ClickHouse, database: Database) -> Bench:
    bench = Bench(clickhouse, database)
    bench.evaluator = bench.another(settings=AT_MOST)
    return bench


def payments(first: int, count: int, order: str = "a") -> list[Event]:
    return [event(order, "PaymentReceived", SECOND, id=f"{number}") for number in range(first, first + count)]


def test_what_has_too_many_events_is_flagged_once_and_its_owner_is_told_who_sends_them(bench: Bench) -> None:
    bench.store(placed("a"), *payments(0, 19))
    bench.tick(MINUTE)
    assert bench.findings() == {}, "as many as it may have"
    bench.store(*payments(19, 1))
    bench.tick(2 * MINUTE)
    for number in range(20, 24):
        bench.store(*payments(number, 1))
        bench.tick(3 * MINUTE + number * SECOND)
    assert bench.findings() == {("a", "", "runaway"): True}
    [(kind, sentence, owner, severity, open_)] = bench.clickhouse.query(FLAG)
    assert (kind, owner, severity, open_) == ("runaway", "orders", "critical", True)
    assert sentence == (
        "It has 21 events, most of them PaymentReceived from test: more than the 20 that anything may have. "
        "It is judged no more; somebody may send a constant in the place of a correlation ID."
    )


def test_further_events_cost_nothing_nor_do_its_deadlines_and_others_are_judged(bench: Bench) -> None:
    evaluator = bench.another([FULFILMENT, OTHER], settings=AT_MOST)
    bench.store(placed("a"), *payments(0, 50_000))
    assert run(bench, MINUTE, evaluator) > 50_000
    for minute in range(2, 30):
        bench.store(*payments(50_000 + 100 * minute, 100), placed(f"b-{minute}", minute * MINUTE))
        assert run(bench, minute * MINUTE, evaluator) < 20_000
    assert bench.findings()["b-2", "PaymentReceived", "missing"]


def test_another_evaluator_knows_of_it(bench: Bench) -> None:
    bench.store(placed("a"), *payments(0, 50_000))
    bench.tick(MINUTE)
    other = bench.another(holder="two", settings=AT_MOST)
    bench.store(*payments(50_000, 30))
    assert run(bench, 2 * MINUTE, other) < 20_000
    assert bench.findings() == {("a", "", "runaway"): True}


def test_it_stays_flagged_through_sweeps_and_changed_rules(bench: Bench) -> None:
    bench.store(placed("a"), *payments(0, 30))
    bench.tick(MINUTE)
    changed = replace(FULFILMENT, description="Changed.")
    evaluator = bench.another([changed], settings=AT_MOST)
    for hour in range(1, 2 * SETTINGS.sweep_slices):
        bench.store(*payments(100 * hour, 1))
        while bench.tick(hour * HOUR, evaluator).more:
            pass
    assert bench.findings() == {("a", "", "runaway"): True}
    assert len(bench.clickhouse.query(FLAG)) == 1


def test_once_more_events_are_allowed_it_is_judged_again(bench: Bench) -> None:
    bench.store(placed("a"), *payments(0, 30))
    bench.tick(MINUTE)
    patient = bench.another(settings=replace(SETTINGS, most_events=100))
    for hour in range(1, 2 * SETTINGS.sweep_slices):
        while bench.tick(hour * HOUR, patient).more:
            pass
    assert bench.findings() == {("a", "", "runaway"): False}


def test_what_begins_nothing_is_left_out_too_and_the_log_says_so(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.store(*payments(0, 50_000))
    with caplog.at_level(logging.ERROR):
        bench.tick(MINUTE)
        bench.store(*payments(50_000, 10))
        assert run(bench, 2 * MINUTE, bench.evaluator) < 20_000
    assert caplog.text.count("'a' has 50000 events, most of them PaymentReceived from test, and begins nothing") == 1


def test_what_begins_nothing_yet_is_flagged_when_it_does(bench: Bench) -> None:
    bench.store(*payments(0, 5_000))
    bench.tick(MINUTE)
    bench.store(placed("a"))
    bench.tick(3 * MINUTE)
    for hour in range(1, 2 * SETTINGS.sweep_slices):
        while bench.tick(hour * HOUR).more:
            pass
    assert bench.findings() == {("a", "", "runaway"): True}


def test_an_orphan_can_be_one(bench: Bench) -> None:
    flags = replace(FULFILMENT, orphans=Orphans.FLAG)
    bench.store(*(event("a", "PaymentReceived", SECOND, id=f"{number}") for number in range(30)))
    evaluator = bench.another([flags], settings=AT_MOST)
    bench.tick(HOUR, evaluator)
    assert bench.findings() == {("a", "", "orphan"): True, ("a", "", "runaway"): True}
