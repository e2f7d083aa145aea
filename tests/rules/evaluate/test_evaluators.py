"""Several processes that evaluate together: how they share the work out, take over, and do each other no harm."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Event, Thread

import pytest
from msgspec import structs

from rules.evaluate.evaluator import Evaluator
from rules.evaluate.evaluators import Evaluators
from rules.ruleset import rules_of
from rules.spec import Workflow
from store import leases
from store.clickhouse import ClickHouse
from store.clock import SystemClock
from store.database import Database
from store.errors import LeaseLost
from store.event import HOUR, MINUTE, SECOND
from store.events import write
from store.shard import ALONE, Shard
from store.shares import judged_until, shares
from tests.rules.evaluate.test_evaluator import FINDINGS, INSTANCES, SETTINGS
from tests.rules.shop import FULFILMENT, NOON, paid, placed

OF = 6
LEASES = [share.lease for share in shares(OF)]


class Party:
    """Processes, each by its name, on the same stores; what is wanted of time is told in µs after noon."""

    def __init__(self, clickhouse: ClickHouse, database: Database) -> None:
        self.clickhouse = clickhouse
        self.database = database
        self.members: dict[str, Evaluators] = {}

    def join(
        self, name: str, of: int = OF, workflows: Sequence[Workflow] = (FULFILMENT,), shard: Shard = ALONE
    ) -> Evaluators:
        settings = replace(SETTINGS, overlap=0, shares=of, shard=shard, sweep_every=SECOND)
        self.members[name] = Evaluators(self.clickhouse, self.database, rules_of(workflows), settings, name)
        return self.members[name]

    def go_on(self, at: int, *names: str) -> None:
        """All, or those named, take a turn, and tick until nothing is left to do."""
        for name in names or self.members:
            self.members[name].turn(NOON + at)
        busy = [it for name in names or self.members for it in self.members[name].all]
        while busy:
            busy = [it for it in busy if self.tick(it, at)]

    def tick(self, evaluator: Evaluator, at: int) -> bool:
        """Whether there is more. Whose lease ran out when time leapt begins again, as in the loop."""
        try:
            tick = evaluator.tick(NOON + at)
        except LeaseLost:
            return True
        return tick is not None and tick.more

    def holds(self, at: int) -> dict[str, int]:
        with self.database.read() as connection:
            held = leases.holders(connection, LEASES, NOON + at)
        return {name: list(held.values()).count(name) for name in self.members}

    def states(self) -> dict[str, str]:
        return dict(self.clickhouse.query(INSTANCES))

    def findings(self) -> list[tuple[str, bool, int]]:
        """By correlation ID: whether it is open, and how often it was written."""
        return [(id, open_, written) for id, _, _, open_, _, written in self.clickhouse.query(FINDINGS)]


@pytest.fixture
def party(clickhouse: ClickHouse, database: Database) -> Party:
    return Party(clickhouse, database)


def test_each_has_its_fair_part_also_when_one_comes_or_goes(party: Party) -> None:
    party.join("a")
    party.go_on(0)
    assert party.holds(0) == {"a": 6}
    party.join("b")
    for at in range(1, 4):
        party.go_on(at * SECOND)
    assert party.holds(3 * SECOND) == {"a": 3, "b": 3}
    party.join("c")
    for at in range(4, 7):
        party.go_on(at * SECOND)
    assert party.holds(6 * SECOND) == {"a": 2, "b": 2, "c": 2}
    party.members.pop("b").close(NOON)
    for at in range(7, 10):
        party.go_on(at * SECOND)
    assert party.holds(9 * SECOND) == {"a": 3, "c": 3}


def test_nothing_goes_to_and_fro(party: Party) -> None:
    for name in ("a", "b", "c", "d"):
        party.join(name)
    for at in range(4):
        party.go_on(at * SECOND)
    at_work = {name: {it.share for it in member.all} for name, member in party.members.items()}
    for at in range(4, 40):
        party.go_on(at * SECOND)
        assert {name: {it.share for it in member.all} for name, member in party.members.items()} == at_work


def test_what_one_held_that_died_is_taken_over_within_the_lease(party: Party) -> None:
    for name in ("a", "b", "c"):
        party.join(name)
    for at in range(3):
        party.go_on(at * SECOND)
    orders = [f"order-{number}" for number in range(60)]
    write(party.clickhouse, [placed(order) for order in orders])
    for at in range(3, 18):
        party.go_on(at * SECOND, "a", "b")
    assert set(party.states()) < set(orders)
    party.go_on(18 * SECOND, "a", "b")
    assert set(party.states()) == set(orders)
    assert party.holds(18 * SECOND) == {"a": 3, "b": 3, "c": 0}


def test_one_that_slept_through_its_lease_does_no_harm(party: Party) -> None:
    """Both believe to hold the same shares; what the one writes that does not is not even begun."""
    sleeper = party.join("a")
    party.go_on(0)
    write(party.clickhouse, [placed(f"order-{number}") for number in range(60)])
    asleep = sleeper.all
    party.join("b")
    for at in (16 * SECOND, 20 * MINUTE):
        party.go_on(at, "b")
    for evaluator in asleep:
        with pytest.raises(LeaseLost):
            evaluator.tick(NOON + 21 * MINUTE)
    assert party.findings() == [(f"order-{number}", True, 1) for number in sorted(range(60), key=str)]


@pytest.mark.parametrize("of", [1, 2, 7])
def test_another_number_of_shares_loses_nothing_and_doubles_nothing(party: Party, of: int) -> None:
    party.join("a", of=3)
    write(party.clickhouse, [placed(f"order-{number}") for number in range(30)])
    party.go_on(0)
    write(party.clickhouse, [placed(f"order-{number}", SECOND) for number in range(30, 60)])
    party.members.pop("a").close(NOON)
    party.join("b", of=of)
    party.go_on(2 * SECOND)
    assert len(party.states()) == 60
    party.go_on(20 * MINUTE)
    assert {(open_, written) for _, open_, written in party.findings()} == {(True, 1)}
    write(party.clickhouse, [paid(f"order-{number}", 10 * MINUTE) for number in range(60)])
    party.go_on(21 * MINUTE)
    assert [open_ for _, open_, _ in party.findings()] == [False] * 60


def test_who_divides_otherwise_waits_until_the_others_have_ended(
    party: Party, caplog: pytest.LogCaptureFixture
) -> None:
    party.join("a", of=3)
    party.go_on(0)
    party.join("b", of=2)
    for at in range(1, 5):
        party.go_on(at * SECOND)
    assert party.members["b"].all == ()
    assert [record.message for record in caplog.records if "waits until they have ended" in record.message][1:] == []
    party.members.pop("a").close(NOON)
    party.go_on(5 * SECOND)
    assert len(party.members["b"].all) == 2


def test_a_rule_that_is_removed_is_closed_in_all_shares(party: Party) -> None:
    party.join("a")
    party.join("b")
    other = replace(FULFILMENT, name="other")
    for at in range(3):
        party.go_on(at * SECOND)
    write(party.clickhouse, [placed(f"order-{number}") for number in range(40)])
    party.go_on(20 * MINUTE)
    assert len(party.findings()) == 40
    for member in party.members.values():
        member.use(rules_of([other]))
    party.go_on(21 * MINUTE)
    open_ = party.clickhouse.query(
        "SELECT workflow, count() FROM (SELECT workflow, argMax(open, version) AS open FROM findings"
        " GROUP BY workflow, correlation_id) WHERE open GROUP BY workflow"
    )
    assert open_ == [("other", 40)]


def test_what_is_too_old_and_how_far_rules_have_come_is_told_of_all_shares_by_everybody(party: Party) -> None:
    party.join("a")
    party.join("b")
    write(party.clickhouse, [placed(f"order-{number}") for number in range(40)])
    for at in range(3):
        party.go_on(at * SECOND)
    late = replace(FULFILMENT, effective_from=NOON + HOUR)
    for member in party.members.values():
        member.use(rules_of([late]))
    for at in range(5, 40, 5):
        party.go_on(at * SECOND)
    told = [member.not_judged()["order-fulfilment"].outdated for member in party.members.values()]
    assert told == [40, 40]
    assert [member.progress() for member in party.members.values()] == [{}, {}]


def test_up_to_when_was_judged_is_what_the_slowest_share_was(party: Party) -> None:
    party.join("a")
    party.go_on(0)
    party.go_on(10 * SECOND)
    party.members["a"].all[0].tick(NOON + 12 * SECOND)
    with party.database.read() as connection:
        assert judged_until(connection) == NOON + 10 * SECOND


def test_threads_judge_all_shares_and_end_in_good_order(party: Party) -> None:
    member = party.join("a")
    clock = SystemClock(stop := Event())
    now = clock.now()
    write(party.clickhouse, [structs.replace(placed(f"order-{number}"), time=now - HOUR) for number in range(40)])
    thread = Thread(target=member.run, args=(clock, stop))
    thread.start()
    for _ in range(600):
        if len(party.findings()) == 40:
            break
        clock.sleep(0.05)
    stop.set()
    thread.join()
    assert [written for _, _, written in party.findings()] == [1] * 40
    with party.database.read() as connection:
        assert leases.holders(connection, LEASES, clock.now()) == {}
