"""Of many rules only those are judged by that can have something to say."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from rules.compile.sql import Sql
from rules.evaluate import concern
from rules.evaluate.concern import concerned
from rules.evaluate.part import Part, Touched
from rules.judge import only
from rules.ruleset import Rule, rules_of
from rules.spec import Orphans, Workflow
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR, MINUTE
from store.events import write
from tests.rules.evaluate.test_evaluator import Bench, Interrupting
from tests.rules.shop import FULFILMENT, NOON, event, named, paid, placed

REFUND = replace(FULFILMENT, name="refund", start=named("RefundAsked"))
FLAGGED = replace(REFUND, orphans=Orphans.FLAG)
NEXT = replace(FULFILMENT, version=2, effective_from=NOON + HOUR)
LAST = replace(FULFILMENT, version=3, effective_from=NOON + DAY)


def everything(clickhouse: ClickHouse, *workflows: Workflow) -> Part:
    """All that was touched."""
    blocks = clickhouse.query("SELECT DISTINCT toUnixTimestamp64Micro(seen_at) FROM touched ORDER BY 1")
    return Part(rules_of(workflows), 1, Touched(tuple(seen_at for (seen_at,) in blocks)))


def anybody(among: Sql) -> Sql:
    return among


def names(clickhouse: ClickHouse, *workflows: Workflow) -> list[tuple[str, int]]:
    found = concerned(clickhouse, everything(clickhouse, *workflows), anybody)
    return [(rule.workflow.name, rule.workflow.version) for rule, *_ in found]


def test_without_a_start_event_there_is_nothing_to_say(clickhouse: ClickHouse) -> None:
    write(clickhouse, [placed("a"), paid("a", MINUTE)])
    assert names(clickhouse, FULFILMENT, REFUND) == [("order-fulfilment", 1)]


def test_but_of_an_orphan_there_is(clickhouse: ClickHouse) -> None:
    write(clickhouse, [paid("a", MINUTE)])
    assert names(clickhouse, FULFILMENT, FLAGGED) == [("refund", 1)]


def test_of_the_versions_that_in_force_and_the_newest_which_answers_for_the_rest(clickhouse: ClickHouse) -> None:
    write(clickhouse, [placed("a", 2 * HOUR)])
    assert names(clickhouse, FULFILMENT, NEXT, LAST) == [("order-fulfilment", 2), ("order-fulfilment", 3)]
    write(clickhouse, [placed("b", 0)])
    assert names(clickhouse, FULFILMENT, NEXT, LAST)[:1] == [("order-fulfilment", 1)]


@pytest.mark.parametrize(("limit", "asked"), [(1, None), (2, ["a", "b"])])
def test_it_is_asked_about_those_that_have_its_events_unless_they_are_many(
    clickhouse: ClickHouse, monkeypatch: pytest.MonkeyPatch, limit: int, asked: list[str] | None
) -> None:
    monkeypatch.setattr(concern, "_LIMIT", limit)
    write(clickhouse, [placed("a"), placed("b"), event("c", "RefundAsked", 0)])
    all_ = everything(clickhouse, FULFILMENT, REFUND)
    [fulfilment, refund] = [it.among for it in concerned(clickhouse, all_, anybody)]
    assert (fulfilment, refund) == (all_.among(all_.rules[:1]) if asked is None else only(asked), only(["c"]))


class Counting(Interrupting):
    """Counts judgements."""

    judged = 0

    def insert_from(self, sql: str, parameters: Mapping[str, object] = {}) -> None:
        self.judged += sql.startswith("INSERT INTO `verdicts_")
        super().insert_from(sql, parameters)


@pytest.fixture
def many() -> tuple[Rule, ...]:
    """Each with a start event of its own."""
    return rules_of(replace(FULFILMENT, name=f"w-{it:02}", start=named(f"Start{it}")) for it in range(48))


def test_a_round_judges_by_those_that_were_touched(
    clickhouse: ClickHouse, database: Database, many: tuple[Rule, ...]
) -> None:
    bench = Bench(clickhouse, database)
    counting = Counting(clickhouse)
    evaluator = bench.another([rule.workflow for rule in many], counting)
    while bench.tick(0, evaluator).more:
        pass
    counting.judged = 0
    bench.store(event("a", "Start7", 0), event("b", "Start8", 0), event("b", "Unheard", 0))
    while bench.tick(MINUTE, evaluator).more:
        pass
    assert (counting.judged, bench.states()) == (2, {"a": "running", "b": "running"})
    while bench.tick(HOUR, evaluator).more:
        pass
    assert bench.states() == {"a": "incomplete", "b": "incomplete"}
