"""What one look at all correlation IDs finds that was judged wrongly, or not at all."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from rules.evaluate.slice import Slice
from rules.evaluate.staleness import Instant, NotJudged, look
from rules.ruleset import rules_of
from rules.spec import Orphans, Workflow
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, MINUTE
from tests.rules.evaluate.test_evaluator import Bench
from tests.rules.evaluate.test_evaluator_rules import settle, versions
from tests.rules.shop import FULFILMENT, NOON, event, named, paid, placed

AUDIT = replace(FULFILMENT, name="audit")
FLAGGED = replace(FULFILMENT, orphans=Orphans.FLAG)
REFUND = replace(FULFILMENT, name="refund", start=named("RefundAsked"))


@pytest.fixture
def bench(clickhouse: ClickHouse, database: Database) -> Bench:
    return Bench(clickhouse, database)


def stale(bench: Bench, workflows: Iterable[Workflow], at: int) -> dict[str, list[str]]:
    found = look(bench.clickhouse, Instant(rules_of(workflows), NOON + at, None), Slice())
    return {it.workflow: sorted(it.stale) for it in found if it.stale}


def test_what_has_been_judged_as_it_is_stored_is_not_stale(bench: Bench) -> None:
    bench.store(placed("a"), paid("a", MINUTE), paid("b", MINUTE))
    settle(bench, HOUR, FULFILMENT, AUDIT)
    assert stale(bench, [FULFILMENT, AUDIT], HOUR) == {}


def test_an_event_that_nobody_told_of_makes_it_so_in_every_workflow(bench: Bench) -> None:
    bench.store(placed("a"))
    settle(bench, MINUTE, FULFILMENT, AUDIT, REFUND)
    bench.store(event("a", "Unheard", MINUTE), placed("b"))
    assert stale(bench, [FULFILMENT, AUDIT, REFUND], MINUTE) == {"audit": ["a", "b"], "order-fulfilment": ["a", "b"]}


def test_so_does_a_deadline_that_nobody_woke_up_for(bench: Bench) -> None:
    bench.store(placed("a"))
    settle(bench, MINUTE, FULFILMENT)
    assert stale(bench, [FULFILMENT], 17 * MINUTE) == {}
    assert stale(bench, [FULFILMENT], 17 * MINUTE + 1) == {"order-fulfilment": ["a"]}


def test_an_instance_must_have_been_judged_by_the_version_in_force_when_it_began(bench: Bench) -> None:
    pair = versions(until=HOUR)
    bench.store(placed("old"), placed("new", HOUR))
    settle(bench, HOUR, *pair)
    assert stale(bench, pair, HOUR) == {}
    assert stale(bench, pair[:1], HOUR) == {"order-fulfilment": ["new"]}
    first, second = rules_of(pair)
    earlier = (
        replace(first, lives=replace(first.lives, until=NOON)),
        replace(second, lives=replace(second.lives, since=NOON)),
    )
    [found] = look(bench.clickhouse, Instant(earlier, NOON + HOUR, None), Slice())
    assert found.stale == ("old",)


def test_what_is_too_old_is_not_stale_but_counted(bench: Bench) -> None:
    _, second = versions(until=HOUR)
    bench.store(placed("older"), placed("old", HOUR), placed("young", 2 * HOUR), placed("late", 3 * HOUR))
    bench.store(event("late", "OrderPlaced", 0, id="the first"))
    [told] = look(bench.clickhouse, Instant(rules_of([second]), NOON + HOUR, NOON + 2 * HOUR), Slice())
    assert sorted(told.stale) == ["late", "young"], "the first start event might be none, by its attributes"
    assert told.not_judged == NotJudged(outdated=2, frozen=1)


def test_an_orphan_is_expected_only_where_no_workflow_has_begun(bench: Bench) -> None:
    bench.store(paid("orphan", 0), paid("refunded", 0), event("refunded", "RefundAsked", 0), paid("order", 0))
    bench.store(placed("order"))
    settle(bench, HOUR, REFUND)
    assert stale(bench, [FLAGGED, REFUND], HOUR) == {"order-fulfilment": ["order", "orphan"]}
    settle(bench, HOUR, FLAGGED, REFUND)
    assert stale(bench, [FLAGGED, REFUND], HOUR) == {}
