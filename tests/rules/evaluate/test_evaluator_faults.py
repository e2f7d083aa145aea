"""What could be lost or doubled: by an evaluator that was paused, a round that takes long, rules that change back."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rules.evaluate.evaluator import Evaluator
from rules.expression import START, Attribute
from rules.spec import Step
from store import leases
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import LeaseLost, StoreUnavailable
from store.event import DAY, HOUR, MINUTE, SECOND
from store.shares import ALL
from tests.rules.evaluate.test_evaluator import SETTINGS, Bench, Interrupting
from tests.rules.shop import FULFILMENT, NOON, event, named, paid, placed

SMALL = replace(SETTINGS, batch=7)
AT_ONCE = replace(SETTINGS, overlap=0)  # a block is looked at once


@pytest.fixture
def bench(clickhouse: ClickHouse, database: Database) -> Bench:
    return Bench(clickhouse, database)


def paused_before(bench: Bench, table: str, meanwhile: Callable[[], object]) -> Evaluator:
    """An evaluator that stands still before it first writes to the table, while something else happens."""
    paused = Interrupting(bench.clickhouse)
    paused.before(table, meanwhile)
    return bench.another(clickhouse=paused)


def sweep(bench: Bench, evaluator: Evaluator, begin: int) -> None:
    """Every slice once, an hour each from `begin` (µs after noon)."""
    for hour in range(SETTINGS.sweep_slices + 1):
        while bench.tick(begin + hour * HOUR, evaluator).more:
            pass


def flags_too_late(bench: Bench, second: Evaluator) -> Evaluator:
    """Who does so, after the second has judged."""
    bench.store(placed("a"))

    def take_over() -> None:
        bench.store(paid("a", 10 * MINUTE))
        bench.tick(20 * MINUTE, second)

    paused = paused_before(bench, "findings", take_over)
    with pytest.raises(LeaseLost):
        paused.tick(NOON + 18 * MINUTE)
    assert bench.findings() == {("a", "PaymentReceived", "missing"): True}
    return paused


def test_what_a_paused_evaluator_flagged_too_late_is_taken_back_at_once(bench: Bench) -> None:
    paused = flags_too_late(bench, bench.another(holder="two"))
    paused.overtaken.take_back(bench.clickhouse, NOON + 20 * MINUTE)
    assert bench.findings() == {("a", "PaymentReceived", "missing"): False}
    assert bench.states() == {"a": "running"}


def test_what_was_flagged_too_late_by_one_that_died_of_it_is_closed_by_the_sweep(bench: Bench) -> None:
    second = bench.another(holder="two")
    flags_too_late(bench, second)
    sweep(bench, second, HOUR)
    assert bench.findings() == {("a", "PaymentReceived", "missing"): False}
    assert bench.states() == {"a": "running"}


def fail() -> None:
    raise StoreUnavailable("gone")


def test_what_nobody_has_judged_since_is_taken_back_only_when_somebody_has(bench: Bench) -> None:
    """It may be right; and who is about to judge it may not have seen it."""
    bench.store(placed("a"))
    bench.tick(MINUTE)
    at = NOON + 20 * MINUTE
    paused = Interrupting(bench.clickhouse)
    paused.before("findings", lambda: leases.take(bench.database, ALL.lease, "two", at, HOUR))
    paused.before("instances", fail)
    evaluator = bench.another(clickhouse=paused)
    with pytest.raises(StoreUnavailable):
        evaluator.tick(NOON + 18 * MINUTE)
    evaluator.forget()
    assert evaluator.tick(at) is None
    evaluator.overtaken.take_back(bench.clickhouse, at)
    assert bench.findings() == {("a", "PaymentReceived", "missing"): True}
    bench.clickhouse.command(
        "INSERT INTO instances SELECT * REPLACE (bitShiftLeft(toUInt64(99), 32) AS version) FROM instances FINAL"
    )
    evaluator.overtaken.take_back(bench.clickhouse, at + SECOND)
    assert bench.findings() == {("a", "PaymentReceived", "missing"): False}


def test_what_is_begun_again_under_the_same_lease_is_not_taken_back(bench: Bench) -> None:
    """Else a failure in the middle would close a finding and open it anew."""
    bench.store(placed("a"))
    bench.tick(MINUTE)
    failing = Interrupting(bench.clickhouse)
    failing.after("findings", fail)
    evaluator = bench.another(clickhouse=failing)
    with pytest.raises(StoreUnavailable):
        evaluator.tick(NOON + 18 * MINUTE)
    evaluator.forget()
    bench.tick(18 * MINUTE, evaluator)
    evaluator.overtaken.take_back(bench.clickhouse, NOON + 18 * MINUTE)
    assert bench.clickhouse.query("SELECT count() FROM findings WHERE NOT open") == [(0,)]
    assert bench.findings() == {("a", "PaymentReceived", "missing"): True}


def test_a_verdict_that_a_paused_evaluator_could_write_no_more_is_found(bench: Bench) -> None:
    """Of an order that only a sweep had found: whoever took over knows nothing of it."""
    bench.tick(0)
    bench.clickhouse.command("DETACH TABLE events_touch")
    bench.store(*(placed(f"order-{number}", 59 * MINUTE) for number in range(20)))
    second = bench.another(holder="two")
    first = paused_before(bench, "deadlines", lambda: [bench.tick(at, second) for at in (HOUR + MINUTE, 2 * HOUR)])
    bench.tick(0, first)
    with pytest.raises(LeaseLost):
        while bench.tick(HOUR, first).more:
            pass
    assert len(bench.states()) < 20
    sweep(bench, second, 3 * HOUR)
    assert list(bench.states().values()) == ["incomplete"] * 20


def test_a_round_that_takes_longer_than_the_lease_is_not_taken_over(bench: Bench) -> None:
    """Else two evaluators would take it from each other without end."""
    bench.store(*(placed(f"order-{number}") for number in range(50)))
    first, second = bench.another(settings=SMALL), bench.another(holder="two", settings=SMALL)
    at, more = 20 * MINUTE, True
    while more:
        more = bench.tick(at, first).more
        assert second.tick(NOON + at + 8 * SECOND) is None
        at += 10 * SECOND
    assert at > 20 * MINUTE + 60 * SECOND
    assert len(bench.states()) == 50


def test_a_rule_that_was_half_applied_and_taken_back_leaves_nothing(bench: Bench) -> None:
    bench.store(*(placed(f"order-{number}") for number in range(40)))
    while bench.tick(MINUTE, bench.another(settings=AT_ONCE)).more:
        pass
    strict = replace(FULFILMENT, steps=(replace(FULFILMENT.steps[0], within=SECOND), *FULFILMENT.steps[1:]))
    changing = bench.another([strict], settings=replace(AT_ONCE, batch=2))
    assert bench.tick(4 * MINUTE, changing).more
    assert "incomplete" in bench.states().values()
    back = bench.another(settings=AT_ONCE)
    while bench.tick(5 * MINUTE, back).more:
        pass
    assert set(bench.states().values()) == {"running"}
    assert not any(bench.findings().values())


def test_who_gets_the_lease_back_applies_its_rule_again(bench: Bench) -> None:
    bench.store(placed("a"), paid("a", 10 * MINUTE))
    first = bench.another(settings=AT_ONCE)
    bench.tick(12 * MINUTE, first)
    strict = replace(FULFILMENT, steps=(replace(FULFILMENT.steps[0], within=5 * MINUTE), *FULFILMENT.steps[1:]))
    other = bench.another([strict], holder="two", settings=AT_ONCE)
    bench.tick(13 * MINUTE, other)
    assert bench.findings() == {("a", "PaymentReceived", "late"): True}
    with pytest.raises(LeaseLost):
        bench.tick(14 * MINUTE, first)
    other.release()
    bench.tick(15 * MINUTE, first)
    assert bench.findings() == {("a", "PaymentReceived", "late"): False}


def test_restarts_do_not_keep_any_slice_from_being_swept(bench: Bench) -> None:
    bench.tick(0)
    bench.clickhouse.command("DETACH TABLE events_touch")
    bench.store(*(placed(f"order-{number}") for number in range(20)))
    for hour in range(0, 12, 2):
        restarted = bench.another()
        bench.tick(hour * HOUR, restarted)
        while bench.tick((hour + 1) * HOUR, restarted).more:
            pass
    assert len(bench.states()) == 20


def test_a_copy_that_changes_an_event_which_had_copies_already_is_seen(bench: Bench) -> None:
    """The quick way does not tell such copies apart, and must not take the verdict for the recorded one."""
    bench.store(placed("a"), paid("a", 10 * MINUTE), paid("a", 11 * MINUTE), event("a", "ItemShipped", 12 * MINUTE))
    bench.tick(13 * MINUTE)
    assert bench.states() == {"a": "running"}
    bench.store(event("a", "ItemShipped", 9 * MINUTE, id="a-PaymentReceived"))
    bench.tick(14 * MINUTE)
    bench.tick(30 * MINUTE)
    assert bench.findings()["a", "PaymentReceived", "missing"]
    assert bench.states() == {"a": "incomplete"}


def test_deadlines_in_many_months_are_written_at_once(bench: Bench) -> None:
    promised = Step("Paid", named("Paid"), due=Attribute(START, ("promised",)))
    dates = [f"{year}-{month:02}-01" for year in range(2026, 2040) for month in range(1, 13)]
    bench.store(*(event(date, "OrderPlaced", 0, f'{{"promised": "{date}"}}') for date in dates))
    patient = bench.another([replace(FULFILMENT, steps=(promised,))])
    bench.tick(MINUTE, patient)
    assert list(bench.states().values()) == ["running"] * len(dates)
    bench.tick(9 * 365 * DAY, patient)
    assert set(bench.states().values()) == {"running", "incomplete"}


def test_many_findings_with_long_ids_close_at_once_over_the_network(
    server_clickhouse: ClickHouse, database: Database
) -> None:
    bench = Bench(server_clickhouse, database)
    orders = [f"{number}-{'%ü' * 120}" for number in range(600)]
    bench.store(*map(placed, orders))
    bench.tick(20 * MINUTE)
    bench.store(*(paid(order, MINUTE) for order in orders))
    assert bench.tick(21 * MINUTE).written.closed == len(orders)
    assert not any(bench.findings().values())
