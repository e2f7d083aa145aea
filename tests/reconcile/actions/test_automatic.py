"""What runs by itself, and what keeps it from running: budget, stop switch, people, and whatever went wrong before."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from reconcile.actions import switch
from reconcile.actions.automatic import Automat
from reconcile.actions.row import Action, State, listed
from reconcile.outgoing.call import Reply
from rules.parse.rule import parse
from rules.spec import Workflow
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR, MINUTE
from store.tables import cases
from tests.reconcile.actions.refunds import ANNE, SILENT, TAKEN, Provider, entries, worker
from tests.reconcile.desk import NOON
from tests.reconcile.office import Office, office

RULE = """
workflow: trip
owner: trips
start: TripBooked
cancel: TripCancelled
steps:
  FlightBooked:
    within: 15m
    undone_by: FlightCancelled
    undo_within: 1d
    actions:
      cancel: {post: "https://air.example/cancel", idempotent: true, automatic: [not_undone]}
  RoomBooked:
    after: FlightBooked
    within: 15m
    undone_by: RoomReleased
    undo_within: 1d
    actions:
      release: {post: "https://rooms.example/release", idempotent: true, automatic: [not_undone]}
"""
LATER = NOON + 3 * DAY
REFUSED = Reply(402, {}, b"")


def trip() -> Workflow:
    found = parse(RULE, "trip.yaml")
    assert found.workflow is not None, found.diagnostics
    return found.workflow


@pytest.fixture
def shop(clickhouse: ClickHouse, any_database: Database, tmp_path: Path) -> Iterator[Office]:
    with office(clickhouse, any_database, tmp_path, trip()) as shop:
        yield shop


def automat(shop: Office, per_hour: int = 20) -> Automat:
    return Automat(shop.clickhouse, shop.database, shop.rulebook, per_hour)


def called_off(shop: Office, *orders: str) -> None:
    for order in orders:
        shop.happens(order, 0, "TripBooked")
        shop.happens(order, MINUTE, "FlightBooked")
        shop.happens(order, 2 * MINUTE, "RoomBooked")
        shop.happens(order, HOUR, "TripCancelled")
    shop.judge(3 * DAY)


def run(it: Automat, now: int = LATER) -> None:
    while it.step(now):
        pass


def asked(shop: Office) -> list[Action]:
    with shop.database.read() as connection:
        return sorted(listed(connection, None, 100), key=lambda it: it.asked_at)


def names(shop: Office) -> list[tuple[str, State]]:
    return [(it.name, it.state) for it in asked(shop)]


def call(shop: Office, provider: Provider, now: int = LATER + HOUR) -> None:
    it = worker(shop.database, provider)
    while it.step(now):
        pass


def test_what_the_rule_says_is_done_once_the_last_effect_first(shop: Office) -> None:
    called_off(shop, "a")
    it, provider = automat(shop), Provider([TAKEN])
    run(it)
    run(automat(shop), LATER + HOUR)
    call(shop, provider)
    assert names(shop) == [("release", State.SUCCEEDED), ("cancel", State.SUCCEEDED)]
    assert [url for _, url, *_ in provider.calls] == ["https://rooms.example/release", "https://air.example/cancel"]
    assert {who for _, who in entries(shop.database, "actor")} == {"noshow"}
    assert all(it.automatic for it in asked(shop))


@pytest.mark.parametrize("answer", [REFUSED, SILENT])
def test_an_undoing_that_fails_or_may_have_stops_the_rest_of_its_case(shop: Office, answer: Reply) -> None:
    called_off(shop, "a")
    run(automat(shop))
    provider = Provider([answer])
    assert worker(shop.database, provider).step(LATER + HOUR)
    first = State.FAILED if answer is REFUSED else State.UNKNOWN
    assert names(shop) == [("release", first), ("cancel", State.WITHDRAWN)]
    run(automat(shop), LATER + DAY)
    assert len(asked(shop)) == 2
    assert len(provider.calls) == 1


def test_what_is_half_undone_is_left_to_people(shop: Office) -> None:
    called_off(shop, "a")
    shop.happens("a", 2 * HOUR, "RoomReleased")
    shop.judge(3 * DAY + HOUR)
    run(automat(shop))
    assert names(shop) == []


def test_a_case_that_somebody_has_taken_is_left_to_them(shop: Office) -> None:
    called_off(shop, "a")
    with shop.database.begin() as connection:
        connection.execute(update(cases).values(state="acknowledged"))
    run(automat(shop))
    assert names(shop) == []


def test_a_missing_step_is_unknown_and_nothing_runs_because_of_it(shop: Office) -> None:
    shop.happens("a", 0, "TripBooked")
    shop.judge(HOUR)
    run(automat(shop))
    assert names(shop) == []


def test_a_budget_holds_for_all_processes_together_and_over_restarts(shop: Office) -> None:
    called_off(shop, "a", "b", "c")
    for _ in range(3):
        run(automat(shop, per_hour=4))
    assert len(asked(shop)) == 4
    assert "actions.budget_spent" in entries(shop.database)
    run(automat(shop, per_hour=4), LATER + HOUR + 2)
    assert len(asked(shop)) == 6


def test_a_spent_budget_is_told_once_an_hour(shop: Office) -> None:
    called_off(shop, "a")
    it = automat(shop, per_hour=1)
    for minute in range(59):
        run(it, LATER + minute * MINUTE)
    assert entries(shop.database).count("actions.budget_spent") == 1


def stopped(shop: Office, to: bool, now: int = LATER) -> bool:
    with shop.database.begin() as connection:
        return switch.set_stopped(connection, to, ANNE, now)


def test_stopped_nothing_is_asked_for_and_nothing_called(shop: Office) -> None:
    called_off(shop, "a")
    run(automat(shop))
    assert stopped(shop, True) and not stopped(shop, True)
    provider = Provider([TAKEN])
    call(shop, provider)
    assert provider.calls == []
    called_off(shop, "b")
    run(automat(shop))
    assert len(asked(shop)) == 2
    assert stopped(shop, False)
    run(automat(shop))
    call(shop, provider)
    assert len(provider.calls) == 4
    told = [(what, who) for what, who in entries(shop.database, "actor") if what.startswith("actions.")]
    assert sorted(told) == [("actions.started", "anne"), ("actions.stopped", "anne")]


def test_stopped_what_may_have_happened_is_not_repeated(shop: Office) -> None:
    called_off(shop, "a")
    run(automat(shop))
    provider = Provider([SILENT, TAKEN])
    call(shop, provider)
    assert stopped(shop, True)
    call(shop, provider, LATER + 2 * HOUR)
    assert len(provider.calls) == 1
    assert stopped(shop, False)
    call(shop, provider, LATER + 2 * HOUR)
    assert (len(provider.calls), asked(shop)[0].state) == (2, State.SUCCEEDED)


def test_two_automats_ask_for_each_once(shop: Office) -> None:
    called_off(shop, "a", "b")
    one, other = automat(shop), automat(shop)
    while any([one.step(LATER), other.step(LATER)]):
        pass
    assert len(asked(shop)) == len({it.id for it in asked(shop)}) == 4


def test_what_is_unknown_is_settled_by_the_event_that_it_brought_about(shop: Office) -> None:
    called_off(shop, "a")
    run(automat(shop))
    worker(shop.database, Provider([SILENT])).step(LATER + 1)
    shop.happens("a", 3 * DAY + HOUR, "RoomReleased")
    run(automat(shop), LATER + 2 * HOUR)
    release = asked(shop)[0]
    assert (release.state, release.note) == (State.SUCCEEDED, "RoomBooked was undone 2025-11-23T13:00:00Z")
    assert ("action.settled", "truth") in entries(shop.database, "actor")


def test_an_event_from_before_the_call_settles_nothing(shop: Office) -> None:
    called_off(shop, "a")
    run(automat(shop))
    worker(shop.database, Provider([SILENT])).step(LATER + HOUR)
    shop.happens("a", 3 * DAY + MINUTE, "RoomReleased")
    run(automat(shop), LATER + 2 * HOUR)
    assert asked(shop)[0].state is State.UNKNOWN


def test_a_case_is_left_in_the_state_that_it_says(shop: Office) -> None:
    """Its sentence tells in what state the customer is."""
    called_off(shop, "a")
    run(automat(shop))
    worker(shop.database, Provider([TAKEN])).step(LATER + 1)
    worker(shop.database, Provider([REFUSED])).step(LATER + 2)
    shop.happens("a", 3 * DAY + HOUR, "RoomReleased")
    shop.judge(3 * DAY + 2 * HOUR)
    with shop.database.read() as connection:
        sentences = connection.execute(select(cases.c.sentence)).scalars().all()
    assert any("FlightCancelled" in sentence or "half undone" in sentence for sentence in sentences)


def test_a_case_that_the_budget_can_never_pay_for_does_not_hold_up_the_others(shop: Office) -> None:
    """Every trip here has two actions to run, and only one fits: the look goes on to the next case all the same."""
    called_off(shop, "a", "b", "c")
    it = automat(shop, per_hour=1)
    looked_at = set()
    for minute in range(4):
        it.step(LATER + minute * MINUTE)
        looked_at.add(it._after)
    assert len(looked_at - {""}) == 3
