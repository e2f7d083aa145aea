"""Instances that are too old to be judged: left as they were recorded, counted, and closed only with their rule."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rules.evaluate.evaluator import Evaluator
from rules.evaluate.staleness import NotJudged
from rules.spec import Orphans, Workflow
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR, MINUTE, Event
from tests.rules.evaluate.test_evaluator import SETTINGS, Bench
from tests.rules.evaluate.test_evaluator_rules import alive, closed, versions
from tests.rules.shop import FULFILMENT, NOON, event, paid, placed

KEPT = replace(SETTINGS, overlap=0, retention=DAY)
FLAGGED = replace(FULFILMENT, orphans=Orphans.FLAG)


@pytest.fixture
def bench(clickhouse: ClickHouse, database: Database) -> Bench:
    return Bench(clickhouse, database)


def settle(bench: Bench, at: int, *workflows: Workflow) -> Evaluator:
    evaluator = bench.another(workflows or (FULFILMENT,), settings=KEPT)
    go_on(bench, at, evaluator)
    return evaluator


def go_on(bench: Bench, at: int, evaluator: Evaluator) -> None:
    while bench.tick(at, evaluator).more:
        pass


def swept(bench: Bench, begin: int, evaluator: Evaluator) -> None:
    """Every slice once, an hour each from `begin` (µs after noon)."""
    for hour in range(SETTINGS.sweep_slices + 1):
        go_on(bench, begin + hour * HOUR, evaluator)


def flagged_and_then_old(bench: Bench, *later: Event) -> Evaluator:
    """The evaluator, a day after an order was flagged; something came for it since."""
    bench.store(placed("a"))
    evaluator = settle(bench, HOUR)
    bench.store(*later)
    go_on(bench, DAY + 1, evaluator)
    return evaluator


def missing(bench: Bench) -> list[bool]:
    return list(bench.findings().values())


def test_what_comes_for_an_old_instance_changes_nothing(bench: Bench) -> None:
    evaluator = flagged_and_then_old(bench, paid("a", HOUR))
    swept(bench, DAY + HOUR, evaluator)
    assert (bench.states(), missing(bench)) == ({"a": "incomplete"}, [True])
    assert evaluator.not_judged() == {"order-fulfilment": NotJudged(frozen=1)}


def test_at_the_age_itself_it_is_still_judged(bench: Bench) -> None:
    bench.store(placed("a"))
    evaluator = settle(bench, HOUR)
    bench.store(paid("a", MINUTE))
    go_on(bench, DAY, evaluator)
    assert (bench.states(), missing(bench)) == ({"a": "running"}, [False])


def test_what_was_old_before_it_was_ever_judged_is_only_counted(bench: Bench) -> None:
    bench.store(placed("a"))
    evaluator = settle(bench, 2 * DAY)
    swept(bench, 2 * DAY, evaluator)
    assert bench.states() == {}
    assert evaluator.not_judged() == {"order-fulfilment": NotJudged(frozen=1)}


def test_a_changed_rule_does_not_touch_them_and_a_removed_one_closes_them(bench: Bench) -> None:
    flagged_and_then_old(bench)
    grown = replace(FULFILMENT, grace=DAY)
    settle(bench, DAY + HOUR, grown)
    assert missing(bench) == [True]
    settle(bench, DAY + HOUR, replace(FULFILMENT, name="other"))
    assert (alive(bench), missing(bench)) == ({}, [False])


def test_a_removed_version_closes_them(bench: Bench) -> None:
    flagged_and_then_old(bench)
    settle(bench, DAY + HOUR, versions(until=HOUR)[1])
    assert closed(bench) == [("order-fulfilment", "a", "PaymentReceived", "missing", "rule_removed")]
    assert bench.states() == {}


def test_those_older_than_every_version_are_counted_and_looked_at_no_more(bench: Bench) -> None:
    bench.store(*(placed(f"order-{number}") for number in range(12)), placed("new", 2 * HOUR))
    evaluator = settle(bench, 3 * HOUR, versions(until=HOUR)[1])
    written = swept_writes(bench, 4 * HOUR, evaluator)
    assert bench.states() == {"new": "incomplete"}
    assert evaluator.not_judged()["order-fulfilment"] == NotJudged(outdated=12)
    assert written == [0] * len(written)


def swept_writes(bench: Bench, begin: int, evaluator: Evaluator) -> Sequence[int]:
    return [
        bench.tick(begin + hour * HOUR, evaluator).written.instances for hour in range(3 * (SETTINGS.sweep_slices + 1))
    ]


def test_an_orphan_has_no_age(bench: Bench) -> None:
    bench.store(paid("a", 0))
    evaluator = settle(bench, HOUR, FLAGGED)
    assert (bench.states(), missing(bench)) == ({"a": "orphan"}, [True])
    bench.store(placed("a", DAY - MINUTE))
    go_on(bench, DAY + MINUTE, evaluator)
    assert bench.states() == {"a": "running"}
    assert bench.findings()["a", "", "orphan"] is False


def test_the_first_event_of_an_orphan_stands_for_its_start(bench: Bench) -> None:
    bench.store(paid("a", MINUTE), event("a", "ItemShipped", 5 * MINUTE))
    settle(bench, HOUR, FLAGGED)
    [row] = bench.clickhouse.query(
        "SELECT step, kind, owner, severity, step_order, toUnixTimestamp64Micro(started_at) FROM findings"
    )
    assert row == ("", "orphan", "orders", "warning", 0, NOON + MINUTE)


def test_an_orphan_is_not_older_than_its_workflow(bench: Bench) -> None:
    bench.store(paid("a", 0))
    flagged = replace(FLAGGED, version=2, effective_from=NOON + HOUR)
    for at, grace in enumerate([MINUTE, 2 * MINUTE]):
        settle(bench, HOUR + at, replace(flagged, grace=grace))
    newest = "SELECT argMax(toUnixTimestamp64Micro(detected_at), version), argMax(open, version) FROM findings"
    assert bench.clickhouse.query(newest) == [(NOON + HOUR, True)], "as it was first seen"
