"""What could slip past the evaluator: inserts seen late, clocks set back, history beside live events, long lives."""

from dataclasses import replace

import pytest

from rules.evaluate.evaluator import Evaluator
from rules.ruleset import rules_of
from rules.spec import Orphans, Step
from store import cursors
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import LeaseLost, StoreUnavailable
from store.event import DAY, HOUR, MINUTE, SECOND
from tests.rules.evaluate.test_evaluator import SETTINGS, Bench, Interrupting
from tests.rules.shop import FULFILMENT, NOON, event, named, paid, placed

OTHER = replace(FULFILMENT, name="other", steps=FULFILMENT.steps[:1])


@pytest.fixture
def bench(clickhouse: ClickHouse, database: Database) -> Bench:
    return Bench(clickhouse, database)


def store_seen(bench: Bench, ago: int, *orders: str) -> None:
    """As inserts leave them that began `ago` µs before now, and became visible only now."""
    bench.clickhouse.command("DETACH TABLE events_touch")
    bench.store(*map(placed, orders))
    bench.clickhouse.command("ATTACH TABLE events_touch")
    columns = {"correlation_id": list(orders), "name": ["OrderPlaced"] * len(orders)}
    bench.clickhouse.insert("touched", {"seen_at": [bench.clickhouse.now() - ago] * len(orders), **columns})


def cut_off() -> None:
    raise StoreUnavailable("cut off")


def run(bench: Bench, at: int, evaluator: Evaluator | None = None) -> None:
    while bench.tick(at, evaluator).more:
        pass


def test_an_insert_that_began_before_others_and_ended_after_them_is_seen_by_the_next_round(bench: Bench) -> None:
    bench.store(placed("before"))
    run(bench, MINUTE)
    store_seen(bench, 10 * SECOND, "slow")
    run(bench, 2 * MINUTE)
    assert bench.states() == {"before": "running", "slow": "running"}


def test_events_that_become_visible_after_what_tells_of_them_are_judged_once_they_are_there(bench: Bench) -> None:
    """As on a replica that has fetched the one part and not yet the other; nobody is told a second time."""
    evaluator = bench.another(settings=replace(SETTINGS, overlap=0))
    told = "SELECT now64(6, 'UTC') AS seen_at, 'a' AS correlation_id, 'OrderPlaced' AS name, 1 AS event_count"
    bench.clickhouse.command(f"INSERT INTO touched {told}")
    bench.tick(0, evaluator)
    assert bench.states() == {}
    bench.clickhouse.command("DETACH TABLE events_touch")
    bench.store(placed("a"))
    run(bench, SECOND, evaluator)
    assert bench.states() == {"a": "running"}


def test_what_was_opened_before_a_cut_and_never_recorded_is_closed_by_who_comes_next(bench: Bench) -> None:
    """By a rule of which it has no instance: nothing has changed, so that no verdict tells of it."""
    flagging = replace(FULFILMENT, orphans=Orphans.FLAG)
    cut = Interrupting(bench.clickhouse)
    bench.store(paid("a", MINUTE))

    cut.before("instances", cut_off)
    with pytest.raises(StoreUnavailable):
        run(bench, HOUR, bench.another([flagging], cut))
    assert bench.findings() == {("a", "", "orphan"): True}
    run(bench, 2 * HOUR, bench.another([FULFILMENT], holder="two"))
    assert bench.findings() == {("a", "", "orphan"): False}
    assert bench.states() == {}


def test_what_was_opened_before_a_cut_stays_open_whichever_version_is_judged_first(bench: Bench) -> None:
    """It is never closed in between: whoever is told of it is told once."""
    second = replace(FULFILMENT, version=2, effective_from=NOON + HOUR)
    rules = [FULFILMENT, second]
    cut = Interrupting(bench.clickhouse)
    bench.store(placed("a"), placed("b", 2 * HOUR))

    run(bench, 3 * HOUR, bench.another(rules))
    bench.store(placed("c", 30 * MINUTE), placed("d", 2 * HOUR))
    cut.before("instances", lambda: cut.before("instances", cut_off))
    with pytest.raises(StoreUnavailable):
        run(bench, 4 * HOUR, bench.another(rules, cut, holder="two"))
    assert bench.findings()["d", "PaymentReceived", "missing"] and "d" not in bench.states()
    third = bench.another(rules, holder="three")
    ticks = [bench.tick(4 * HOUR + MINUTE, third)]
    while ticks[-1].more:
        ticks.append(bench.tick(4 * HOUR + MINUTE, third))
    assert sum(it.written.closed for it in ticks) == 0
    assert bench.findings() == {(order, "PaymentReceived", "missing"): True for order in "abcd"}


def test_one_that_took_longer_than_any_may_is_found_by_the_sweep(bench: Bench) -> None:
    with bench.database.begin() as connection:
        cursors.move(connection, "evaluator.touched", bench.clickhouse.now() - MINUTE)
    run(bench, 0)
    slow = [f"slow-{number}" for number in range(20)]
    store_seen(bench, HOUR, *slow)
    run(bench, MINUTE)
    assert bench.states() == {}, "the cursor has passed it"
    for hour in range(1, SETTINGS.sweep_slices + 2):
        run(bench, hour * HOUR)
    assert bench.states().keys() == {*slow}


def test_when_the_clock_of_the_store_was_set_back_what_comes_is_seen_all_the_same(bench: Bench) -> None:
    """It was an hour ahead, and the cursor with it."""
    bench.store(placed("before"))
    run(bench, 0)
    with bench.database.begin() as connection:
        cursors.move(connection, "evaluator.touched", bench.clickhouse.now() + HOUR)
    restarted = bench.another()
    bench.store(placed("after"))
    for second in range(1, 4):
        run(bench, second * SECOND, restarted)
    assert bench.states() == {"before": "running", "after": "running"}


def test_a_rule_that_is_added_over_much_history_holds_up_nothing_that_comes(bench: Bench) -> None:
    both, waited = bench.another(settings=replace(SETTINGS, batch=10)), []
    bench.store(*(placed(f"old-{number}") for number in range(1_000)))
    run(bench, MINUTE, both)
    both.use(rules_of([FULFILMENT, OTHER]))
    for second in range(1, 6):
        at = MINUTE + second * SECOND
        bench.store(placed(f"new-{second}", at))
        waited.append(ticks_until(bench, both, f"new-{second}", at))
        assert both.progress(), "there is history left"
    assert max(waited) <= 3, "ticks until both rules have judged it"
    run(bench, 20 * MINUTE, both)
    assert both.progress() == {}
    flagged = bench.clickhouse.query(
        "SELECT workflow, count() FROM (SELECT workflow, correlation_id FROM findings GROUP BY ALL "
        "HAVING argMax(open, version)) GROUP BY workflow ORDER BY workflow"
    )
    assert flagged == [("order-fulfilment", 1_005), ("other", 1_005)]


def ticks_until(bench: Bench, evaluator: Evaluator, order: str, at: int) -> int:
    """How many it takes until both rules have an instance of it."""
    by = "SELECT uniqExact(workflow) FROM instances WHERE correlation_id = {order:String}"
    for count in range(1, 20):
        bench.tick(at, evaluator)
        if bench.clickhouse.query(by, {"order": order}) == [(2,)]:
            return count
    raise AssertionError(f"{order} is not judged")


@pytest.mark.parametrize("table", ["findings", "deadlines", "instances"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_nothing_of_an_evaluator_that_slept_overwrites_what_another_has_written(
    bench: Bench, table: str, when: str
) -> None:
    bench.store(placed("a"), placed("b"), placed("c", 10 * MINUTE), paid("c", 12 * MINUTE))
    sleepy = Interrupting(bench.clickhouse)
    first, second = bench.another(clickhouse=sleepy), bench.another(holder="two")

    def take_over() -> None:
        bench.store(paid("a", 10 * MINUTE), event("a", "ItemShipped", 15 * MINUTE))
        run(bench, 20 * MINUTE, second)

    getattr(sleepy, when)(table, take_over)
    with pytest.raises(LeaseLost):
        run(bench, 18 * MINUTE, first)
    for hour in range(1, 2 + SETTINGS.sweep_slices):
        run(bench, hour * HOUR, second)
    assert {key for key, is_open in bench.findings().items() if is_open} == {("b", "PaymentReceived", "missing")}
    assert bench.states() == {"a": "running", "b": "incomplete", "c": "running"}


LONG = replace(
    FULFILMENT,
    steps=(
        Step("Signed", named("Signed"), within=400 * DAY),
        Step("Deposit", named("Deposit"), within=DAY, undone_by=named("Returned"), undo_within=365 * DAY),
    ),
)


def aged(bench: Bench, weeks: int) -> Evaluator:
    """A tick a week, in which nothing happens, by one evaluator after the other; gives the last."""
    evaluator = bench.another([LONG])
    for week in range(1, weeks + 1):
        evaluator = evaluator if week % 10 else bench.another([LONG])
        run(bench, week * 7 * DAY, evaluator)
    return evaluator


def test_a_deadline_in_four_hundred_days_is_met_to_the_microsecond(bench: Bench) -> None:
    bench.store(placed("a"), event("a", "Deposit", HOUR), placed("b"), event("b", "Deposit", HOUR))
    bench.store(event("b", "OrderCancelled", 30 * DAY))
    long = aged(bench, 56)
    due = 400 * DAY + FULFILMENT.grace
    undue = 395 * DAY + FULFILMENT.grace
    run(bench, undue, long)
    assert bench.findings() == {}
    run(bench, undue + 1, long)
    assert bench.findings() == {("b", "Deposit", "not_undone"): True}
    run(bench, due, long)
    assert ("a", "Signed", "missing") not in bench.findings()
    run(bench, due + 1, long)
    assert bench.findings() == {("b", "Deposit", "not_undone"): True, ("a", "Signed", "missing"): True}


def test_what_is_open_for_longer_than_retention_is_counted_and_no_more_judged(bench: Bench) -> None:
    short = Evaluator(
        bench.clickhouse, bench.database, rules_of([LONG]), replace(SETTINGS, retention=365 * DAY), "short"
    )
    bench.store(placed("a"), event("a", "Deposit", HOUR))
    run(bench, HOUR, short)
    for hour in range(1, 2 + SETTINGS.sweep_slices):
        run(bench, 401 * DAY + hour * HOUR, short)
    assert bench.findings() == {}
    assert short.not_judged()["order-fulfilment"].frozen == 1
