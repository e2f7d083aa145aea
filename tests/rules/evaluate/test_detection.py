"""From when on a finding could have been found, and what does not count as slow."""

from dataclasses import dataclass, field
from typing import NamedTuple

import pytest

from rules.evaluate.detection import Delay
from rules.evaluate.evaluator import Evaluator
from rules.parse.rule import parse
from rules.ruleset import Rule, rules_of
from store import collectors
from store.clickhouse import ClickHouse
from store.collectors import Report
from store.database import Database
from store.event import HOUR, MINUTE, SECOND, Event
from store.events import write
from store.settings import load
from tests.conftest import NOON

RULE = """\
workflow: payment
owner: payments
start: Ordered
grace: 0s
steps:
  Paid: {within: 10m}
"""
DUE = 10 * MINUTE


def rules(text: str = RULE) -> list[Rule]:
    parsed = parse(text, "rule.yaml")
    assert parsed.workflow is not None, parsed.diagnostics
    return list(rules_of([parsed.workflow]))


class Found(NamedTuple):
    """Of one finding, in µs after noon."""

    kind: str
    apparent_at: int
    detected_at: int
    delayed_by: str


@dataclass
class Bench:
    clickhouse: ClickHouse
    database: Database
    evaluator: Evaluator = field(init=False)

    def __post_init__(self) -> None:
        self.evaluator = self.another()

    def another(self, text: str = RULE) -> Evaluator:
        return Evaluator(self.clickhouse, self.database, rules(text), load({}).evaluator, "one")

    def happens(self, name: str, at: int, arrives: int, order: str = "A") -> None:
        event = Event(f"{name}-{order}", order, name, NOON + at, "shop", received_at=NOON + arrives)
        write(self.clickhouse, [event])

    def judge(self, at: int) -> None:
        while (tick := self.evaluator.tick(NOON + at)) is None or tick.more:
            pass

    def report(self, watermark: int, now: int) -> None:
        with self.database.begin() as connection:
            collectors.report(connection, Report("c-3", "host", NOON + watermark, 0, 0), NOON + now)

    def found(self) -> list[Found]:
        rows = self.clickhouse.query(
            "SELECT kind, toUnixTimestamp64Micro(apparent_at), toUnixTimestamp64Micro(detected_at), delayed_by "
            "FROM findings FINAL WHERE open ORDER BY correlation_id, kind"
        )
        return [Found(kind, apparent - NOON, detected - NOON, why) for kind, apparent, detected, why in rows]


@pytest.fixture
def bench(clickhouse: ClickHouse, database: Database) -> Bench:
    bench = Bench(clickhouse, database)
    bench.judge(-HOUR)
    return bench


def test_what_falls_due_could_be_found_from_then_on(bench: Bench) -> None:
    bench.happens("Ordered", 0, SECOND)
    bench.judge(2 * SECOND)
    bench.judge(DUE + 3 * SECOND)
    assert bench.found() == [Found("missing", DUE, DUE + 3 * SECOND, Delay.NONE)]


def test_what_an_event_brings_could_be_found_when_it_had_arrived(bench: Bench) -> None:
    bench.happens("Ordered", 0, SECOND)
    bench.happens("Paid", DUE + 5 * SECOND, DUE + 8 * SECOND)
    bench.judge(DUE + 9 * SECOND)
    assert bench.found() == [Found("late", DUE + 8 * SECOND, DUE + 9 * SECOND, Delay.NONE)]


def test_what_came_afterwards_does_not_make_it_quicker(bench: Bench) -> None:
    bench.happens("Ordered", 0, SECOND)
    bench.happens("Packed", DUE + 40 * SECOND, DUE + 40 * SECOND)
    bench.judge(DUE + 41 * SECOND)
    assert bench.found() == [Found("missing", DUE, DUE + 41 * SECOND, Delay.NONE)]


def test_events_that_arrived_late_make_nothing_slow(bench: Bench) -> None:
    bench.happens("Ordered", 0, HOUR)
    bench.judge(HOUR + SECOND)
    assert bench.found() == [Found("missing", HOUR, HOUR + SECOND, Delay.ARRIVAL)]


def test_a_rule_that_is_applied_to_what_is_stored_makes_nothing_slow(bench: Bench) -> None:
    bench.happens("Ordered", 0, SECOND)
    bench.judge(2 * SECOND)
    bench.evaluator.use(rules(RULE.replace("10m", "5m")))
    bench.judge(8 * MINUTE)
    assert bench.found() == [Found("missing", 5 * MINUTE, 8 * MINUTE, Delay.RULE)]
    bench.happens("Ordered", 8 * MINUTE, 8 * MINUTE, "B")
    bench.judge(8 * MINUTE + SECOND)
    bench.judge(13 * MINUTE + SECOND)
    assert bench.found()[1:] == [Found("missing", 13 * MINUTE, 13 * MINUTE + SECOND, Delay.NONE)], "it has been applied"


def test_what_waited_for_a_collector_is_not_slow_and_what_comes_after_it_counts_again(bench: Bench) -> None:
    bench.happens("Ordered", 0, SECOND)
    bench.happens("Ordered", 5 * MINUTE, 5 * MINUTE, "B")
    bench.judge(5 * MINUTE + SECOND)
    bench.report(9 * MINUTE, DUE + MINUTE)
    bench.judge(DUE + MINUTE)
    assert bench.found() == [], "it could have been paid, as far as is known"
    bench.report(DUE + 2 * MINUTE, DUE + 2 * MINUTE)
    bench.judge(DUE + 2 * MINUTE)
    bench.report(DUE + 6 * MINUTE, DUE + 6 * MINUTE)
    bench.judge(DUE + 6 * MINUTE)
    held, after = bench.found()
    assert held == Found("missing", DUE, DUE + 2 * MINUTE, Delay.HOLD)
    assert after == Found("missing", DUE + 5 * MINUTE, DUE + 6 * MINUTE, Delay.NONE)


def test_how_it_was_found_stays_while_its_row_is_written_again_and_when_it_closes(bench: Bench) -> None:
    bench.happens("Ordered", 0, SECOND)
    bench.judge(2 * SECOND)
    bench.judge(DUE + 3 * SECOND)
    [(first, written)] = bench.clickhouse.query("SELECT found_at, written_at FROM findings")
    assert first is None
    bench.evaluator = bench.another()
    bench.happens("Ordered", MINUTE, DUE + MINUTE, "A")  # of another id: the order's verdict is written once more
    bench.happens("Paid", DUE + 2 * MINUTE, DUE + 2 * MINUTE)
    bench.judge(DUE + 3 * MINUTE)
    rows = bench.clickhouse.query(
        "SELECT found_at, toUnixTimestamp64Micro(apparent_at), delayed_by FROM findings FINAL WHERE kind = 'missing'"
    )
    assert rows == [(written, NOON + DUE, "")]
