"""Snoozes end and cases are raised by the clock, once, however many look at it."""

from dataclasses import replace
from functools import partial

import pytest

from reconcile.actor import Actor, ActorKind
from reconcile.cases import alarms
from reconcile.cases.alarms import Alarms
from reconcile.cases.case import Reason
from reconcile.cases.moves import By, Resolve, Snooze
from reconcile.identity import case_id
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR
from tests.reconcile.cases.test_races import together
from tests.reconcile.desk import NOON, Desk, finding

CASE = case_id("fulfilment", "a")
MARIA = By(Actor(ActorKind.PERSON, "maria"))
IMPATIENT = finding(escalate_after=2 * HOUR)


@pytest.fixture
def desk(clickhouse: ClickHouse, any_database: Database) -> Desk:
    desk = Desk(clickhouse, any_database)
    desk.write(IMPATIENT)
    desk.take()
    return desk


def test_a_snooze_ends_when_its_time_has_come(desk: Desk) -> None:
    desk.people.move(CASE, Snooze(NOON + HOUR), MARIA, NOON)
    desk.alarms.step(NOON + HOUR - 1)
    assert desk.case()["state"] == "snoozed"
    desk.alarms.step(NOON + HOUR)
    case = desk.case()
    assert (case["state"], case["state_by"], case["snoozed_until"]) == ("open", "", None)
    assert desk.news() == [("case.opened", "payments"), ("case.updated", "payments")]
    assert desk.told()[-1]["title"] == "order a: still open: PaymentReceived is missing, 1 h 10 min overdue"
    assert [(it["what"], it["actor_kind"]) for it in desk.audit()[-1:]] == [("case.woken", "schedule")]


def test_the_time_of_a_finding_comes_from_clickhouse_and_raises_the_case(desk: Desk) -> None:
    assert desk.case()["escalate_at"] == NOON + 2 * HOUR
    desk.alarms.step(NOON + 2 * HOUR - 1)
    assert desk.case()["escalated_at"] is None
    desk.alarms.step(NOON + 2 * HOUR)
    case = desk.case()
    assert (case["state"], case["severity"], case["severity_rank"]) == ("open", "critical", 2)
    assert (case["escalated_at"], case["escalate_at"]) == (NOON + 2 * HOUR, None)
    assert desk.news() == [("case.opened", "payments"), ("case.escalated", "payments")]
    assert desk.told()[-1]["title"] == (
        "order a is raised, open for 2 h: PaymentReceived is missing, 2 h 10 min overdue"
    )
    assert desk.audit()[-1]["what"] == "case.escalated"


def test_a_snooze_does_not_keep_it_from_being_raised(desk: Desk) -> None:
    desk.people.move(CASE, Snooze(NOON + DAY), MARIA, NOON)
    desk.alarms.step(NOON + 2 * HOUR)
    assert (desk.case()["state"], desk.case()["severity"]) == ("snoozed", "critical")


def test_what_is_resolved_rings_for_nothing(desk: Desk) -> None:
    desk.people.move(CASE, Snooze(NOON + HOUR), MARIA, NOON)
    desk.people.move(CASE, Resolve(Reason.FIXED, "done"), MARIA, NOON)
    before = desk.cases(), desk.outbox()
    assert desk.alarms.step(NOON + DAY) is False
    assert (desk.cases(), desk.outbox()) == before


def test_it_is_done_in_bounded_steps(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "_AT_ONCE", 2)
    desk.write(*(replace(IMPATIENT, correlation_id=f"o-{number}") for number in range(4)))
    desk.take()
    steps = 1
    while desk.alarms.step(NOON + DAY):
        steps += 1
    assert steps == 3
    assert {case["escalated_at"] for case in desk.cases()} == {NOON + DAY}


def test_several_at_once_ring_once(desk: Desk) -> None:
    orders = [f"o-{number}" for number in range(30)]
    desk.write(*(replace(IMPATIENT, correlation_id=order) for order in orders))
    desk.take()
    several = [Alarms(desk.database, desk.another_casebook()) for _ in range(4)]
    together([partial(it.step, NOON + DAY) for it in several])
    raised = [it for it in desk.audit() if it["what"] == "case.escalated"]
    assert len(raised) == len({it["case_id"] for it in raised}) == len(orders) + 1
    assert sum(type_ == "case.escalated" for type_, _ in desk.news()) == len(orders) + 1
