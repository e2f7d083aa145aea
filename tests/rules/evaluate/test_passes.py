"""What an evaluator has judged is counted, and never more than that."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from rules.ruleset import rules_of
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import StoreRefused, StoreUnavailable
from store.event import HOUR, MINUTE, SECOND
from store.tables import passes
from tests.rules.evaluate.test_evaluator import SETTINGS, Bench, Interrupting
from tests.rules.shop import FULFILMENT, NOON, named, paid, placed

AUDIT = replace(FULFILMENT, name="audit", start=named("AuditAsked"))


@pytest.fixture
def bench(clickhouse: ClickHouse, any_database: Database) -> Bench:
    return Bench(clickhouse, any_database)


def written(bench: Bench) -> list[tuple[Any, ...]]:
    """Workflow, minutes since noon, rounds, looked at, judged, opened, closed."""
    counts = (passes.c.rounds, passes.c.looked_at, passes.c.judged, passes.c.opened, passes.c.closed)
    chosen = select(passes.c.workflow, passes.c.began_at, *counts).order_by(passes.c.began_at, passes.c.workflow)
    with bench.database.read() as connection:
        return [(name, (at - NOON) // MINUTE, *rest) for name, at, *rest in connection.execute(chosen)]


def test_a_stretch_is_written_when_it_is_over(bench: Bench) -> None:
    bench.store(placed("a"), placed("b"), paid("b", MINUTE))
    bench.tick(2 * MINUTE)
    bench.tick(9 * MINUTE)
    assert written(bench) == []
    bench.tick(10 * MINUTE)
    assert written(bench) == [("order-fulfilment", 0, 2, 3, 2, 0, 0)]


def test_that_nothing_was_found_is_written_too(bench: Bench) -> None:
    for at in range(0, 25, 5):
        bench.tick(at * MINUTE)
    assert written(bench) == [("order-fulfilment", 0, 2, 0, 0, 0, 0), ("order-fulfilment", 10, 2, 0, 0, 0, 0)]


def test_findings_are_counted_when_they_open_and_close(bench: Bench) -> None:
    bench.store(placed("a"))
    bench.tick(MINUTE)
    bench.tick(18 * MINUTE)
    bench.store(paid("a", 5 * MINUTE))
    bench.tick(19 * MINUTE)
    bench.tick(30 * MINUTE)
    [_, (_, _, _, _, _, opened, closed)] = written(bench)
    assert (opened, closed) == (1, 1)


def test_every_rule_has_its_own_count(bench: Bench) -> None:
    evaluator = bench.another([FULFILMENT, AUDIT])
    bench.store(placed("a"), placed("b"))
    bench.tick(MINUTE, evaluator)
    while bench.tick(12 * MINUTE, evaluator).more:
        pass
    counts = {name: (looked_at, judged) for name, _, _, looked_at, judged, *_ in written(bench)}
    assert counts == {"audit": (0, 0), "order-fulfilment": (2, 2)}


def test_whoever_stops_leaves_what_it_knows_and_the_next_one_adds_to_it(bench: Bench) -> None:
    bench.tick(MINUTE)
    bench.evaluator.release()
    assert written(bench) == [("order-fulfilment", 0, 1, 0, 0, 0, 0)]
    bench.store(placed("a"))
    other = bench.another(holder="two")
    bench.tick(2 * MINUTE, other)
    other.release()
    assert written(bench) == [("order-fulfilment", 0, 2, 1, 1, 0, 0)]


def fail() -> None:
    raise StoreUnavailable("gone")


def test_a_round_that_was_cut_off_does_not_count(bench: Bench) -> None:
    bench.store(placed("a"))
    cut = Interrupting(bench.clickhouse)
    cut.before("instances", fail)
    evaluator = bench.another(clickhouse=cut)
    with pytest.raises(StoreUnavailable):
        bench.tick(MINUTE, evaluator)
    evaluator.forget()
    evaluator.release()
    assert written(bench) == []


def test_a_rule_that_the_store_refuses_did_not_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.store(placed("a"))

    def refuse(*_: object, **__: object) -> None:
        raise StoreRefused("no")

    monkeypatch.setattr("rules.evaluate.evaluator.Verdicts.judge", refuse)
    bench.tick(MINUTE)
    bench.evaluator.release()
    assert written(bench) == []


def test_the_length_of_a_stretch_is_a_setting(bench: Bench) -> None:
    evaluator = bench.another(settings=replace(SETTINGS, stretch=HOUR))
    bench.tick(50 * MINUTE, evaluator)
    bench.tick(HOUR + SECOND, evaluator)
    assert written(bench) == [("order-fulfilment", 0, 1, 0, 0, 0, 0)]


def test_versions_of_one_workflow_are_told_apart(bench: Bench) -> None:
    other = replace(FULFILMENT, version=2, effective_from=NOON + HOUR)
    assert len(rules_of([FULFILMENT, other])) == 2
    evaluator = bench.another([FULFILMENT, other])
    bench.tick(MINUTE, evaluator)
    evaluator.release()
    assert [it[0] for it in written(bench)] == ["order-fulfilment", "order-fulfilment"]
