"""Rules that change while the evaluator runs, or while none does: new ones, other versions, removed ones."""

from dataclasses import replace

import pytest

from rules.evaluate.work import Work
from rules.ruleset import rules_of
from rules.spec import Workflow
from store import cursors
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import StoreUnavailable
from store.event import HOUR, MINUTE
from tests.rules.evaluate.test_evaluator import SETTINGS, Bench, Interrupting
from tests.rules.shop import FULFILMENT, NOON, event, named, paid, placed

SMALL = replace(SETTINGS, batch=3, overlap=0)
AUDIT = replace(FULFILMENT, name="audit", steps=FULFILMENT.steps[:1], grace=0)
STRICT = replace(FULFILMENT, steps=(replace(FULFILMENT.steps[0], within=5 * MINUTE), *FULFILMENT.steps[1:]))

CLOSED = """
SELECT workflow, correlation_id, step, kind, argMax(closed_because, version)
FROM findings GROUP BY ALL HAVING NOT argMax(open, version) ORDER BY ALL
"""

VERSIONS = """
SELECT correlation_id, argMax(rule_version, version) FROM instances
WHERE workflow = 'order-fulfilment' GROUP BY correlation_id HAVING argMax(state, version) != '' ORDER BY correlation_id
"""

ALIVE = """
SELECT workflow, count() FROM (
    SELECT workflow, correlation_id FROM instances
    GROUP BY workflow, correlation_id HAVING argMax(state, version) != ''
) GROUP BY workflow ORDER BY workflow
"""


@pytest.fixture
def bench(clickhouse: ClickHouse, database: Database) -> Bench:
    return Bench(clickhouse, database)


def settle(bench: Bench, at: int, *workflows: Workflow) -> None:
    """Tick until nothing is left to do, by an evaluator that starts now."""
    evaluator = bench.another(workflows, settings=SMALL)
    while bench.tick(at, evaluator).more:
        pass


def alive(bench: Bench) -> dict[str, int]:
    return dict(bench.clickhouse.query(ALIVE))


def closed(bench: Bench) -> list[tuple[str, ...]]:
    return bench.clickhouse.query(CLOSED)


def orders(count: int) -> list[str]:
    return [f"order-{number:02}" for number in range(count)]


def versions(until: int) -> tuple[Workflow, Workflow]:
    """The second, which is strict, takes effect at `until`, in µs after noon."""
    return FULFILMENT, replace(STRICT, version=2, effective_from=NOON + until)


class TestUse:
    def test_a_new_rule_is_applied_to_everything_in_pieces_that_are_told_of(self, bench: Bench) -> None:
        bench.store(*map(placed, orders(40)))
        settle(bench, MINUTE, FULFILMENT)
        evaluator = bench.another(settings=SMALL)
        bench.tick(2 * MINUTE, evaluator)
        evaluator.use(rules_of([FULFILMENT, AUDIT]))
        told = []
        while bench.tick(3 * MINUTE, evaluator).more:
            told.append(evaluator.progress())
        assert told == [{"audit": (done, 4)} for done in (1, 2, 3)]
        assert evaluator.progress() == {}
        assert alive(bench) == {"audit": 40, "order-fulfilment": 40}

    def test_fresh_events_do_not_wait_for_it(self, bench: Bench) -> None:
        bench.store(*map(placed, orders(40)))
        settle(bench, MINUTE, FULFILMENT)
        evaluator = bench.another(settings=SMALL)
        bench.tick(2 * MINUTE, evaluator)
        evaluator.use(rules_of([STRICT]))
        bench.store(placed("fresh"))
        assert bench.tick(3 * MINUTE, evaluator).more
        assert bench.states()["fresh"] == "running"
        assert evaluator.progress() == {"order-fulfilment": (1, 4)}

    def test_nothing_of_the_round_that_was_dropped_is_lost(self, bench: Bench) -> None:
        evaluator = bench.another(settings=SMALL)
        bench.tick(0, evaluator)
        bench.store(*map(placed, orders(40)))
        assert bench.tick(MINUTE, evaluator).more
        evaluator.use(rules_of([STRICT]))
        while bench.tick(8 * MINUTE, evaluator).more:
            pass
        assert dict.fromkeys(orders(40), "incomplete") == bench.states()

    def test_a_workflow_that_is_removed_amid_a_round_is_not_judged_in_the_rest_of_it(self, bench: Bench) -> None:
        rest, last = replace(FULFILMENT, name="rest"), replace(FULFILMENT, name="the-last")
        evaluator = bench.another([FULFILMENT, rest, last], settings=SMALL)
        while bench.tick(0, evaluator).more:
            pass
        bench.store(placed("a"))
        bench.tick(MINUTE, evaluator)
        assert alive(bench) == {"order-fulfilment": 1}
        evaluator.use(rules_of([FULFILMENT, rest]))
        while bench.tick(MINUTE, evaluator).more:
            pass
        assert alive(bench) == {"order-fulfilment": 1, "rest": 1}

    def test_the_same_rules_again_are_no_work(self, bench: Bench) -> None:
        bench.store(placed("a"))
        settle(bench, MINUTE, FULFILMENT)
        evaluator = bench.another(settings=SMALL)
        bench.tick(2 * MINUTE, evaluator)
        evaluator.use(rules_of([replace(FULFILMENT)]))
        assert Work.BACKLOG not in bench.tick(3 * MINUTE, evaluator).spent
        assert evaluator.progress() == {}


class TestVersions:
    def test_an_instance_is_judged_by_the_version_in_force_when_it_began(self, bench: Bench) -> None:
        bench.store(placed("old", 0), placed("new", HOUR))
        settle(bench, HOUR + 7 * MINUTE + 1, *versions(until=HOUR))
        assert bench.clickhouse.query(VERSIONS) == [("new", 2), ("old", 1)]
        assert bench.findings() == {
            ("old", "PaymentReceived", "missing"): True,
            ("new", "PaymentReceived", "missing"): True,
        }

    def test_a_new_version_takes_over_what_began_since_and_leaves_the_rest(self, bench: Bench) -> None:
        bench.store(placed("old", 0), paid("old", 10 * MINUTE), placed("new", HOUR), paid("new", HOUR + 10 * MINUTE))
        settle(bench, 2 * HOUR, FULFILMENT)
        assert bench.findings() == {}
        settle(bench, 2 * HOUR, *versions(until=HOUR))
        assert bench.clickhouse.query(VERSIONS) == [("new", 2), ("old", 1)]
        assert bench.findings() == {("new", "PaymentReceived", "late"): True}

    def test_what_only_a_removed_version_judged_closes(self, bench: Bench) -> None:
        bench.store(placed("old", 0), placed("new", HOUR))
        settle(bench, 2 * HOUR, *versions(until=HOUR))
        settle(bench, 2 * HOUR, versions(until=HOUR)[1])
        assert bench.clickhouse.query(VERSIONS) == [("new", 2)]
        assert closed(bench) == [("order-fulfilment", "old", "PaymentReceived", "missing", "rule_removed")]

    def test_an_instance_that_turns_out_to_be_older_than_all_versions_closes(self, bench: Bench) -> None:
        second = versions(until=HOUR)[1]
        bench.store(placed("a", HOUR))
        settle(bench, 2 * HOUR, second)
        bench.store(event("a", "OrderPlaced", 0, id="the first"))
        settle(bench, 2 * HOUR, second)
        assert bench.states() == {}
        assert closed(bench) == [("order-fulfilment", "a", "PaymentReceived", "missing", "rule_removed")]


class TestRemoval:
    def test_everything_of_a_removed_workflow_closes_and_nothing_of_others(self, bench: Bench) -> None:
        bench.store(*map(placed, orders(10)))
        settle(bench, HOUR, FULFILMENT, AUDIT)
        evaluator = bench.another([FULFILMENT, AUDIT], settings=SMALL)
        bench.tick(HOUR, evaluator)
        evaluator.use(rules_of([FULFILMENT]))
        assert bench.tick(HOUR, evaluator).more, "it takes more than one piece"
        while bench.tick(HOUR, evaluator).more:
            pass
        assert closed(bench) == [
            ("audit", order, "PaymentReceived", "missing", "rule_removed") for order in sorted(orders(10))
        ]
        assert alive(bench) == {"order-fulfilment": 10}

    def test_also_when_nobody_was_running(self, bench: Bench) -> None:
        bench.store(placed("a"))
        settle(bench, HOUR, FULFILMENT, AUDIT)
        settle(bench, HOUR, FULFILMENT)
        assert alive(bench) == {"order-fulfilment": 1}
        assert [it[0] for it in closed(bench)] == ["audit"]

    def test_one_that_comes_back_judges_again(self, bench: Bench) -> None:
        bench.store(placed("a"))
        for workflows in ([FULFILMENT, AUDIT], [FULFILMENT], [FULFILMENT, AUDIT]):
            settle(bench, HOUR, *workflows)
        assert alive(bench) == {"audit": 1, "order-fulfilment": 1}
        assert closed(bench) == []

    def test_one_that_was_only_half_applied_leaves_nothing(self, bench: Bench) -> None:
        bench.store(*map(placed, orders(40)))
        settle(bench, HOUR, FULFILMENT)
        assert bench.tick(HOUR, bench.another([FULFILMENT, AUDIT], settings=SMALL)).more
        assert alive(bench)["audit"] < 40
        settle(bench, HOUR, FULFILMENT)
        assert alive(bench) == {"order-fulfilment": 40}

    def test_no_rules_at_all_close_everything(self, bench: Bench) -> None:
        """It does what it is told; not to tell it so by accident is the business of whoever reads the files."""
        bench.store(placed("a"))
        settle(bench, HOUR, FULFILMENT)
        settle(bench, HOUR)
        assert alive(bench) == {}
        assert [it[-1] for it in closed(bench)] == ["rule_removed"]

    def test_findings_of_a_removed_step_close_as_such_and_others_because_they_ceased(self, bench: Bench) -> None:
        inspected = replace(FULFILMENT.steps[0], name="Inspected", matcher=named("Inspected"))
        bench.store(placed("a"))
        settle(bench, HOUR, replace(FULFILMENT, steps=(*FULFILMENT.steps, inspected)))
        bench.store(paid("a", 5 * MINUTE))
        settle(bench, HOUR, FULFILMENT)
        assert closed(bench) == [
            ("order-fulfilment", "a", "Inspected", "missing", "rule_removed"),
            ("order-fulfilment", "a", "PaymentReceived", "missing", ""),
        ]

    @pytest.mark.parametrize("table", ["findings", "instances"])
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_removal_that_is_cut_off_is_done_again(self, bench: Bench, table: str, when: str) -> None:
        bench.store(*map(placed, orders(10)))
        settle(bench, HOUR, FULFILMENT, AUDIT)
        broken = Interrupting(bench.clickhouse)

        def fail() -> None:
            raise StoreUnavailable("cut off")

        getattr(broken, when)(table, fail)
        with pytest.raises(StoreUnavailable):
            bench.tick(HOUR, bench.another(clickhouse=broken, settings=SMALL))
        settle(bench, HOUR, FULFILMENT)
        assert {(it[0], it[-1]) for it in closed(bench)} == {("audit", "rule_removed")}
        assert (len(closed(bench)), alive(bench)) == (10, {"order-fulfilment": 10})

    def test_it_is_known_as_removed_until_the_last_piece_is_written(self, bench: Bench) -> None:
        bench.store(*map(placed, orders(10)))
        settle(bench, HOUR, FULFILMENT, AUDIT)
        bench.tick(HOUR, bench.another(settings=SMALL))
        with bench.database.read() as connection:
            assert "rule.audit" in cursors.named(connection, "rule.")
        settle(bench, HOUR, FULFILMENT)
        with bench.database.read() as connection:
            assert cursors.named(connection, "rule.").keys() == {"rule.order-fulfilment"}
