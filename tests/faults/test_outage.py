"""The outage drill: collectors accept while ClickHouse is away past a thousand deadlines; nothing is flagged for it.

In simulated time, and for real, a small one: `python -m tests.faults.outage` does ten thousand, by hand."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from collector.intake.drainer import Drainer
from collector.intake.group import Bounds
from collector.intake.intake import Intake
from collector.intake.registration import Registration
from collector.intake.spool import Spool
from rules.evaluate.evaluator import Evaluator
from rules.ruleset import rules_of
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import StoreUnavailable
from store.event import HOUR, MINUTE, SECOND, Event, EventColumns
from tests.end_to_end.process import PATIENCE
from tests.faults.outage import Plan, check, run
from tests.faults.outage_rooms import FORMS
from tests.rules.evaluate.test_evaluator import SETTINGS
from tests.rules.shop import FULFILMENT, NOON, event

ORDERS, UNPAID = 1_000, 10
MISSING = "SELECT DISTINCT correlation_id FROM findings WHERE kind = 'missing' ORDER BY correlation_id"


class Away(ClickHouse):
    """The real one, but while `away` it does not answer."""

    away = False

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        self._ask()
        return super().query(sql, parameters or {})

    def insert(self, table: str, columns: Mapping[str, Sequence[object]], token: str | None = None) -> None:
        self._ask()
        super().insert(table, columns, token)

    def _ask(self) -> None:
        if self.away:
            raise StoreUnavailable("away")


class Simulation:
    """A collector and an evaluator on one ClickHouse; time is what the test says, in µs after noon."""

    def __init__(self, clickhouse: Away, database: Database, spool: Spool, intake: Intake) -> None:
        self.clickhouse = clickhouse
        self.intake = intake
        self.drainer = Drainer(spool, clickhouse, intake.resume)
        self.registration = Registration(database, intake, spool, "here:1")
        self.evaluator = Evaluator(clickhouse, database, rules_of((FULFILMENT,)), SETTINGS, "one")

    def send(self, name: str, orders: range, at: int) -> None:
        """One request, which is acknowledged."""
        events = EventColumns.of(_accepted(event(f"o-{number}", name, at), NOON + at) for number in orders)
        self.intake.submit(events, 200 * len(events)).result(PATIENCE)

    def tick(self, at: int) -> int | None:
        """What the two do in a second; the instant that was judged, if one was."""
        self.registration.step(NOON + at)
        try:
            while (tick := self.evaluator.tick(NOON + at)) is None or tick.more:
                pass
        except StoreUnavailable:
            self.evaluator.forget()
            return None
        return tick.as_of - NOON

    def missing(self) -> list[str]:
        return [str(order) for (order,) in ClickHouse.query(self.clickhouse, MISSING)]


def _accepted(it: Event, now: int) -> Event:
    return Event(it.id, it.correlation_id, it.name, it.time, it.source, it.attributes, received_at=now)


@pytest.fixture
def simulation(clickhouse: ClickHouse, engine_path: Path, database: Database, tmp_path: Path) -> Iterator[Simulation]:
    away = Away.embedded(engine_path, clickhouse.database)
    assert isinstance(away, Away)
    spool = Spool.open(tmp_path / "spool", 64 << 20)
    with Intake(away, Bounds(), spool, 600) as intake:
        yield Simulation(away, database, spool, intake)
    spool.close()
    away.close()


def test_an_outage_of_an_hour_past_a_thousand_deadlines_flags_nothing_that_came(simulation: Simulation) -> None:
    here = simulation
    here.tick(0)
    here.send("OrderPlaced", range(ORDERS), 0)
    assert here.tick(MINUTE) == MINUTE
    here.clickhouse.away = True
    for share in range(0, ORDERS - UNPAID, 99):
        here.send("PaymentReceived", range(share, share + 99), 2 * MINUTE + share * SECOND // 2)
    for minute in range(10, 70, 5):
        assert here.tick(minute * MINUTE) is None
    here.clickhouse.away = False
    back = HOUR + 10 * MINUTE
    for second in range(0, 10 * 60, 30):
        assert here.tick(back + second * SECOND) == 2 * MINUTE, "it is judged, but not beyond what was stored"
        assert here.missing() == []
    while here.drainer.step(NOON + back):
        here.tick(back + 10 * MINUTE)
        assert set(here.missing()) <= set(_unpaid())
    assert here.tick(back + 10 * MINUTE) == back + 10 * MINUTE
    assert here.missing() == _unpaid()


def _unpaid() -> list[str]:
    return [f"o-{number}" for number in range(ORDERS - UNPAID, ORDERS)]


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumps_loses_and_doubles_nothing(simulation: Simulation, jump: int) -> None:
    here = simulation
    here.tick(2 * HOUR)
    here.send("OrderPlaced", range(10), 2 * HOUR)
    here.clickhouse.away = True
    here.send("OrderPlaced", range(10, 20), 2 * HOUR + SECOND)
    after = 2 * HOUR + jump
    here.send("OrderPlaced", range(20, 30), after)
    here.registration.step(NOON + after)
    here.clickhouse.away = False
    assert here.tick(after) == 2 * HOUR + (jump > 0) * SECOND, "never back, and not beyond what is not stored"
    while here.drainer.step(NOON + after):
        pass
    here.tick(4 * HOUR)
    rows = ClickHouse.query(here.clickhouse, "SELECT correlation_id, argMax(stored, version) FROM instances GROUP BY 1")
    assert sorted(rows) == sorted((f"o-{number}", 1) for number in range(30))


QUICK = Plan(300, placing=1, within=6, cut=9, before=1, behind=2)


@pytest.mark.processes
@pytest.mark.parametrize("form", ["senders", "killed"])
def test_the_same_with_real_processes(tmp_path: Path, form: str) -> None:
    check(run(FORMS[form], tmp_path / form, QUICK))
