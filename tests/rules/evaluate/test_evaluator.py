"""The evaluator on the real engine: what it writes, when, and what it survives."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from rules.evaluate.evaluator import Evaluator, Tick
from rules.judge import judge
from rules.ruleset import rules_of
from rules.spec import Workflow
from rules.verdict import Verdict
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import LeaseLost, StoreRefused, StoreUnavailable
from store.event import DAY, HOUR, MINUTE, SECOND, Event
from store.events import write
from store.settings import EvaluatorSettings
from tests.rules.shop import FULFILMENT, NOON, event, paid, placed

SETTINGS = EvaluatorSettings(
    tick=SECOND,
    overlap=15 * SECOND,
    insert_timeout=10 * SECOND,
    sweep_every=HOUR,
    sweep_slices=4,
    batch=20_000,
)

FINDINGS = """
SELECT correlation_id, step, kind, argMax(open, version), argMax(sentence, version), uniqExact(version)
FROM findings GROUP BY correlation_id, step, kind ORDER BY correlation_id, step, kind
"""

INSTANCES = """
SELECT correlation_id, argMax(state, version) AS now FROM instances GROUP BY correlation_id
HAVING now != '' ORDER BY correlation_id
"""


class Bench:
    """An evaluator beside its stores; `tick(at)` is in µs after noon."""

    def __init__(self, clickhouse: ClickHouse, database: Database) -> None:
        self.clickhouse = clickhouse
        self.database = database
        self.evaluator = self.another()

    def another(
        self,
        workflows: Sequence[Workflow] = (FULFILMENT,),
        clickhouse: ClickHouse | None = None,
        holder: str = "one",
        settings: EvaluatorSettings = SETTINGS,
    ) -> Evaluator:
        return Evaluator(clickhouse or self.clickhouse, self.database, rules_of(workflows), settings, holder)

    def store(self, *events: Event) -> None:
        write(self.clickhouse, events)

    def tick(self, at: int, evaluator: Evaluator | None = None) -> Tick:
        tick = (evaluator or self.evaluator).tick(NOON + at)
        assert tick is not None
        return tick

    def findings(self) -> dict[tuple[str, str, str], bool]:
        return {(order, step, kind): open_ for order, step, kind, open_, _, _ in self.clickhouse.query(FINDINGS)}

    def states(self) -> dict[str, str]:
        return dict(self.clickhouse.query(INSTANCES))


@pytest.fixture
def bench(clickhouse: ClickHouse, database: Database) -> Bench:
    return Bench(clickhouse, database)


def test_a_missing_payment_is_flagged_after_its_grace_and_closes_when_it_comes_late(bench: Bench) -> None:
    bench.store(placed("a"))
    bench.tick(MINUTE)
    assert (bench.states(), bench.findings()) == ({"a": "running"}, {})
    bench.tick(17 * MINUTE)
    assert bench.findings() == {}, "due and grace have not passed"
    bench.tick(17 * MINUTE + 1)
    assert bench.findings() == {("a", "PaymentReceived", "missing"): True}
    assert bench.states() == {"a": "incomplete"}
    bench.store(paid("a", 20 * MINUTE))
    bench.tick(21 * MINUTE)
    assert bench.findings() == {("a", "PaymentReceived", "missing"): False, ("a", "PaymentReceived", "late"): True}
    assert bench.states() == {"a": "running"}


def test_a_finding_says_what_was_due_when_and_why(bench: Bench) -> None:
    bench.store(placed("a"))
    bench.tick(18 * MINUTE)
    bench.store(paid("a", 20 * MINUTE))
    bench.tick(21 * MINUTE)
    sentences = {kind: sentence for _, _, kind, _, sentence, _ in bench.clickhouse.query(FINDINGS)}
    assert sentences == {
        "missing": "PaymentReceived was due 2025-11-20 12:15 UTC, 15 min after OrderPlaced; "
        "nothing had arrived by 2025-11-20 12:18 UTC.",
        "late": "PaymentReceived was due 2025-11-20 12:15 UTC, 15 min after OrderPlaced; it came 5 min late.",
    }


def test_an_instance_carries_what_is_at_stake(bench: Bench) -> None:
    bench.store(placed("a"))
    bench.tick(MINUTE)
    [row] = bench.clickhouse.query(
        "SELECT at_risk, unit, customer, stored, rule_hash, `steps.name`, `steps.state`, "
        "arrayMap(t -> toUnixTimestamp64Micro(t), `steps.due`), toUnixTimestamp64Micro(wake_at) FROM instances"
    )
    assert row == (
        12.5,
        "EUR",
        "c-1",
        1,
        FULFILMENT.content_hash,
        ["PaymentReceived", "ItemShipped", "ComplianceCheckDone"],
        ["pending", "waiting", "waiting"],
        [NOON + 15 * MINUTE, None, None],
        NOON + 17 * MINUTE + 1,
    )


def test_what_has_not_changed_is_not_written_again(bench: Bench) -> None:
    bench.store(placed("a"))
    assert bench.tick(MINUTE).written.instances == 1
    bench.store(placed("a"))
    again = bench.tick(2 * MINUTE)
    assert (again.looked_at, again.written.instances) == (1, 0)
    assert bench.tick(3 * MINUTE).looked_at == 0


def test_an_event_slightly_in_the_future_counts_when_its_time_has_come(bench: Bench) -> None:
    bench.store(placed("a", at=5 * MINUTE))
    bench.tick(MINUTE)
    assert bench.states() == {}
    bench.tick(5 * MINUTE)
    assert bench.states() == {"a": "running"}


def test_as_of_never_goes_back(bench: Bench) -> None:
    bench.store(placed("a"))
    bench.tick(18 * MINUTE)
    assert bench.tick(MINUTE).as_of == NOON + 18 * MINUTE
    assert bench.findings() == {("a", "PaymentReceived", "missing"): True}


def test_only_the_holder_of_the_lease_works(bench: Bench) -> None:
    bench.tick(0)
    other = bench.another(holder="two")
    assert other.tick(NOON + SECOND) is None
    assert other.tick(NOON + MINUTE) is not None, "the first has let its lease run out"


def test_an_evaluator_that_was_paused_cannot_write_over_a_newer_verdict(bench: Bench) -> None:
    bench.store(placed("a"))
    paused = Interrupting(bench.clickhouse)
    first = bench.another(clickhouse=paused)

    def take_over() -> None:
        bench.store(paid("a", 10 * MINUTE))
        second = bench.another(holder="two")
        bench.tick(20 * MINUTE, second)

    paused.before("findings", take_over)
    with pytest.raises(LeaseLost):
        first.tick(NOON + 18 * MINUTE)
    assert bench.states() == {"a": "running"}
    [(step, state)] = bench.clickhouse.query(
        "SELECT argMax(`steps.name`[1], version), argMax(`steps.state`[1], version) FROM instances"
    )
    assert (step, state) == ("PaymentReceived", "on_time")


@pytest.mark.parametrize("table", ["findings", "deadlines", "instances"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_tick_that_is_cut_off_is_done_again_whole(bench: Bench, table: str, when: str) -> None:
    bench.store(placed("a"), placed("b"), paid("b", 20 * MINUTE))
    broken = Interrupting(bench.clickhouse)

    def fail() -> None:
        raise StoreUnavailable("cut off")

    getattr(broken, when)(table, fail)
    with pytest.raises(StoreUnavailable):
        bench.another(clickhouse=broken).tick(NOON + 25 * MINUTE)
    after_restart = bench.another(holder="two")
    bench.tick(26 * MINUTE, after_restart)
    assert bench.findings() == {("a", "PaymentReceived", "missing"): True, ("b", "PaymentReceived", "late"): True}
    assert bench.states() == {"a": "incomplete", "b": "running"}
    bench.tick(2 * DAY + 23 * MINUTE, after_restart)
    assert bench.findings()["b", "ItemShipped", "missing"], "its deadline was not lost"


def test_a_rule_that_the_store_refuses_does_not_keep_it_from_judging_the_others(bench: Bench) -> None:
    refused = replace(FULFILMENT, name="refused")

    class Picky(Interrupting):
        def insert_from(self, sql: str, parameters: Mapping[str, object] = {}) -> None:
            if "refused" in parameters.values():
                raise StoreRefused("not this one")
            super().insert_from(sql, parameters)

    evaluator = bench.another([refused, FULFILMENT], Picky(bench.clickhouse))
    bench.store(placed("a"))
    while bench.tick(18 * MINUTE, evaluator).more:
        pass
    assert bench.findings() == {("a", "PaymentReceived", "missing"): True}


def test_what_was_refused_is_judged_again_when_the_overlap_has_passed(bench: Bench) -> None:
    class Once(Interrupting):
        refusals = 0

        def insert_from(self, sql: str, parameters: Mapping[str, object] = {}) -> None:
            if self.refusals:
                self.refusals -= 1
                raise StoreRefused("not now")
            super().insert_from(sql, parameters)

    once = Once(bench.clickhouse)
    evaluator = bench.another(clickhouse=once, settings=replace(SETTINGS, overlap=0))
    while bench.tick(0, evaluator).more:
        pass
    bench.store(placed("a"))
    once.refusals = 1
    bench.tick(SECOND, evaluator)
    assert (bench.states(), once.refusals) == ({}, 0)
    for second in range(2, 4):
        while bench.tick(second * SECOND, evaluator).more:
            pass
    assert bench.states() == {"a": "running"}


def test_the_sweep_finds_events_that_the_view_never_told_of(bench: Bench) -> None:
    bench.tick(0)
    bench.clickhouse.command("DETACH TABLE events_touch")
    bench.store(*(placed(f"order-{number}") for number in range(20)))
    for hour in range(1, 6):
        while bench.tick(hour * HOUR).more:
            pass
    assert set(bench.states().values()) == {"incomplete"}
    assert len(bench.states()) == 20


def test_a_changed_rule_judges_all_its_instances_again(bench: Bench) -> None:
    bench.store(placed("a"), paid("a", 10 * MINUTE))
    bench.tick(12 * MINUTE)
    strict = replace(FULFILMENT, steps=(replace(FULFILMENT.steps[0], within=5 * MINUTE), *FULFILMENT.steps[1:]))
    changed = bench.another(workflows=[strict])
    bench.tick(13 * MINUTE, changed)
    assert bench.findings() == {("a", "PaymentReceived", "late"): True}
    unchanged = bench.another(workflows=[strict])
    assert bench.tick(14 * MINUTE, unchanged).written.instances == 0


def test_an_instance_whose_start_turns_out_to_be_another_event_is_no_more(bench: Bench) -> None:
    bench.store(event("a", "OrderPlaced", MINUTE, id="1"))
    bench.tick(30 * MINUTE)
    assert bench.findings() == {("a", "PaymentReceived", "missing"): True}
    bench.store(event("a", "OrderCancelled", 0, id="1"))
    bench.tick(31 * MINUTE)
    assert (bench.states(), bench.findings()) == ({}, {("a", "PaymentReceived", "missing"): False})
    assert bench.tick(32 * MINUTE).written.instances == 0


def test_the_sweep_finds_a_copy_under_a_name_that_no_rule_asks_for(bench: Bench) -> None:
    """Nobody is woken for such a name; but the earlier copy counts, and it is no start."""
    bench.store(event("a", "OrderPlaced", MINUTE, id="1"))
    bench.tick(30 * MINUTE)
    bench.store(event("a", "OrderDrafted", 0, id="1"))
    bench.tick(31 * MINUTE)
    assert bench.states() == {"a": "incomplete"}
    for hour in range(2, 2 + SETTINGS.sweep_slices):
        while bench.tick(hour * HOUR).more:
            pass
    assert (bench.states(), bench.findings()) == ({}, {("a", "PaymentReceived", "missing"): False})


def test_many_ids_are_judged_in_parts(bench: Bench) -> None:
    small = bench.another(settings=replace(SETTINGS, batch=7))
    bench.store(*(placed(f"order-{number}") for number in range(50)))
    while bench.tick(20 * MINUTE, small).more:
        pass
    recorded = dict.fromkeys((f"order-{number}" for number in range(50)), "incomplete")
    assert bench.states() == recorded
    judged = judge(bench.clickhouse, FULFILMENT, NOON + 20 * MINUTE)
    assert {it.correlation_id: it.state.value for it in judged if isinstance(it, Verdict)} == recorded


class Interrupting(ClickHouse):
    """A store that calls back around the first insert into a table, of rows or of what a query gives."""

    def __init__(self, real: ClickHouse) -> None:
        self._real = real
        self._calls: dict[tuple[str, str], Callable[[], object]] = {}

    def before(self, table: str, call: Callable[[], object]) -> None:
        self._calls["before", table] = call

    def after(self, table: str, call: Callable[[], object]) -> None:
        self._calls["after", table] = call

    def insert(self, table: str, columns: Mapping[str, Sequence[object]], token: str | None = None) -> None:
        self._calls.pop(("before", table), lambda: None)()
        self._real.insert(table, columns, token)
        self._calls.pop(("after", table), lambda: None)()

    def query(self, sql: str, parameters: Mapping[str, object] = {}) -> list[tuple[Any, ...]]:
        return self._real.query(sql, parameters)

    def stream(self, sql: str, parameters: Mapping[str, object] = {}) -> Any:
        return self._real.stream(sql, parameters)

    def command(self, sql: str, parameters: Mapping[str, object] = {}) -> None:
        with self._around(sql):
            self._real.command(sql, parameters)

    def insert_from(self, sql: str, parameters: Mapping[str, object] = {}) -> None:
        with self._around(sql):
            self._real.insert_from(sql, parameters)

    @contextmanager
    def _around(self, sql: str) -> Iterator[None]:
        table = sql.split()[2]  # INSERT INTO it
        self._calls.pop(("before", table), lambda: None)()
        yield
        self._calls.pop(("after", table), lambda: None)()
