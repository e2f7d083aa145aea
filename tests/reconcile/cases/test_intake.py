"""Findings in ClickHouse become cases and notices in the SQL database."""

import logging
from dataclasses import replace

import pytest
from sqlalchemy import event

from reconcile.cases import intake, records, sightings
from reconcile.cases.finding import Sighting
from reconcile.cases.intake import CURSOR
from reconcile.cases.sweep import Swept
from reconcile.notify import news
from reconcile.notify.routing import Routing
from store import cursors
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import StoreUnavailable
from store.event import MINUTE, SECOND
from store.settings_notify import Route
from tests.reconcile.desk import ABOUT, NOON, OVERLAP, Desk, closed, finding, late, write_verdict

PAYMENT = finding()
SHIPMENT = finding("ItemShipped", owner="shipping")


@pytest.fixture
def desk(clickhouse: ClickHouse, any_database: Database) -> Desk:
    return Desk(clickhouse, any_database)


@pytest.fixture
def quick(clickhouse: ClickHouse, database: Database) -> Desk:
    """On SQLite only, for what has nothing to do with the database."""
    return Desk(clickhouse, database)


def cursor(desk: Desk) -> int | None:
    with desk.database.read() as connection:
        return cursors.read(connection, CURSOR)


def test_a_finding_becomes_a_case_and_its_owner_is_told(desk: Desk) -> None:
    desk.write(PAYMENT)
    desk.take()
    case = desk.case()
    assert (case["state"], case["step"], case["owner"], case["transition"]) == (
        "open",
        "PaymentReceived",
        "payments",
        1,
    )
    assert (case["at_risk"], case["unit"], case["customer"], case["noun"]) == (120.5, "EUR", "c-9", "order")
    assert desk.news() == [("case.opened", "payments")]
    (stored,) = desk.findings()
    assert {name: stored[name] for name in type(PAYMENT).__slots__} == {
        name: getattr(PAYMENT, name) for name in type(PAYMENT).__slots__
    }


def test_the_late_arrival_closes_the_case_and_says_so(desk: Desk) -> None:
    desk.write(PAYMENT)
    desk.take()
    desk.write(closed(PAYMENT, 2), late(version=2))
    desk.take(NOON + MINUTE)
    case = desk.case()
    assert (case["state"], case["reason"], case["resolved_at"]) == ("resolved", "arrived_late", NOON + MINUTE)
    assert desk.news() == [("case.opened", "payments"), ("case.resolved", "payments")]
    assert desk.told()[1]["title"] == "order a is settled: PaymentReceived arrived 5 min late"


def test_what_is_read_again_changes_nothing(desk: Desk) -> None:
    desk.write(PAYMENT, SHIPMENT)
    desk.take()
    before = desk.cases(), desk.findings(), desk.outbox()
    desk.take(NOON + MINUTE)
    desk.intake = desk.another_intake()  # after a restart, with nothing remembered
    desk.take(NOON + MINUTE)
    assert (desk.cases(), desk.findings(), desk.outbox()) == before


def test_a_lower_version_never_wins(desk: Desk) -> None:
    desk.write(closed(PAYMENT, 7))
    desk.take()
    desk.write(replace(PAYMENT, version=6), at_risk=9.0)
    desk.take()
    assert (desk.case()["state"], desk.findings()[0]["version"]) == ("resolved", 7)
    assert desk.case()["at_risk"] == 120.5


def test_what_is_known_of_an_order_comes_with_its_newest_finding(quick: Desk) -> None:
    quick.write(replace(PAYMENT, version=5), at_risk=5.0)
    quick.take()
    quick.write(replace(SHIPMENT, version=4), at_risk=4.0)
    quick.take()
    assert quick.case()["at_risk"] == 5.0
    quick.write(replace(SHIPMENT, version=6), at_risk=None)
    quick.take()
    assert quick.case()["at_risk"] is None


def test_a_reconciler_that_looked_earlier_takes_back_nothing(quick: Desk) -> None:
    quick.write(replace(PAYMENT, version=5), at_risk=5.0)
    quick.take()
    earlier = Sighting("fulfilment", "a", (replace(PAYMENT, version=3), replace(SHIPMENT, version=4)), ABOUT)
    assert quick.casebook.enter([earlier], NOON) == 1
    assert (quick.case()["at_risk"], [it["version"] for it in quick.findings()]) == (5.0, [4, 5])


def test_a_backlog_is_taken_in_small_steps(quick: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_ROWS", 3)
    monkeypatch.setattr(sightings, "_ORDERS", 2)
    quick.write(*(replace(it, correlation_id=f"o-{number}") for number in range(4) for it in (PAYMENT, SHIPMENT)))
    steps = 1
    while quick.intake.step(NOON):
        steps += 1
    assert steps == 3
    assert [case["correlation_id"] for case in quick.cases()] == ["o-0", "o-1", "o-2", "o-3"]
    assert len(quick.findings()) == 8


def test_a_row_that_became_visible_late_is_met_in_the_overlap(quick: Desk) -> None:
    quick.write(PAYMENT, correlation_id="quick", written_at=NOON)
    quick.take()
    assert cursor(quick) == NOON
    quick.write(PAYMENT, correlation_id="slow", written_at=NOON - OVERLAP)
    quick.write(PAYMENT, correlation_id="lost", written_at=NOON - OVERLAP - 1)
    quick.take()
    assert [case["correlation_id"] for case in quick.cases()] == ["quick", "slow"]


def test_a_step_that_finds_nothing_new_touches_nothing(quick: Desk) -> None:
    quick.write(PAYMENT)
    quick.take()
    quick.take()
    statements: list[str] = []
    event.listen(quick.database.engine, "before_cursor_execute", lambda *them: statements.append(them[2]))
    assert quick.intake.step(NOON) is False
    assert [it for it in statements if not it.startswith(("PRAGMA", "BEGIN"))] == [
        "SELECT cursors.position \nFROM cursors \nWHERE cursors.name = ?"
    ]


def test_the_cursor_never_goes_back(quick: Desk) -> None:
    quick.write(PAYMENT, written_at=NOON)
    with quick.database.begin() as connection:
        cursors.move(connection, CURSOR, NOON + SECOND)
    quick.take()
    assert cursor(quick) == NOON + SECOND
    assert len(quick.cases()) == 1


def test_the_cursor_stays_when_the_cases_could_not_be_written(quick: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> int:
        raise StoreUnavailable("SQL database: gone")

    quick.write(PAYMENT, written_at=NOON)
    with monkeypatch.context() as broken:
        broken.setattr(quick.intake._casebook, "enter", away)
        with pytest.raises(StoreUnavailable):
            quick.intake.step(NOON)
    assert cursor(quick) is None
    quick.take()
    assert (cursor(quick), len(quick.cases())) == (NOON, 1)


@pytest.mark.parametrize(
    ("module", "step"),
    [(sightings, "_present"), (records, "add_cases"), (records, "put_findings"), (news, "add"), (cursors, "move")],
)
def test_a_crash_at_any_point_doubles_and_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, module: object, step: str
) -> None:
    """The process dies just after this step, and another one takes over."""

    class Killed(BaseException):
        pass

    done = getattr(module, step)

    def die(*arguments: object) -> None:
        done(*arguments)
        raise Killed

    desk.write(PAYMENT, SHIPMENT)
    with monkeypatch.context() as dying:
        dying.setattr(module, step, die)
        with pytest.raises(Killed):
            desk.take()
    desk.intake = desk.another_intake()
    desk.take(NOON + MINUTE)
    assert (desk.case()["state"], desk.case()["transition"], len(desk.findings())) == ("open", 1, 2)
    assert desk.news() == [("case.opened", "payments"), ("case.opened", "shipping")]


def test_one_order_that_cannot_be_entered_stops_no_other(quick: Desk, caplog: pytest.LogCaptureFixture) -> None:
    orders = [replace(PAYMENT, correlation_id=f"o-{number}") for number in range(5)]
    quick.write(*orders[:4])
    quick.write(replace(orders[4], severity="catastrophic"))
    quick.take()
    assert [case["correlation_id"] for case in quick.cases()] == ["o-0", "o-1", "o-2", "o-3"]
    assert [record.getMessage() for record in caplog.records] == ["no case for fulfilment 'o-4'"]
    assert cursor(quick) is not None


def test_any_correlation_id_goes_through(desk: Desk) -> None:
    odd = ["", "%s {x:String}", "'; DROP TABLE cases; --", "\\", "a/../b", "tab\there", "ünï©ode"]
    desk.write(*(replace(PAYMENT, correlation_id=it) for it in odd))
    desk.take()
    assert {case["correlation_id"] for case in desk.cases()} == set(odd)
    slices = {case["id"].removeprefix("case_")[:2] for case in desk.cases()}
    assert {desk.sweep.sweep(digits, NOON) for digits in slices} == {Swept()}


def test_a_customer_with_a_nul_or_a_risk_that_is_no_number_costs_no_case(desk: Desk) -> None:
    desk.write(PAYMENT, customer="c\x00d", at_risk=float("nan"))
    desk.take()
    assert (desk.case()["customer"], desk.case()["at_risk"]) == ("c\N{REPLACEMENT CHARACTER}d", None)


# What the evaluator has not finished


def test_an_order_in_the_making_waits_for_its_verdict(quick: Desk) -> None:
    write_verdict(quick.clickhouse, 1, [PAYMENT])
    quick.write(PAYMENT)
    quick.take()
    quick.write(closed(PAYMENT, 2))
    quick.take()
    assert quick.case()["state"] == "open"
    quick.write(late(version=2))
    quick.take()
    assert quick.case()["state"] == "open"
    write_verdict(quick.clickhouse, 2, [late()])
    quick.take()
    assert (quick.case()["state"], quick.case()["reason"]) == ("resolved", "arrived_late")


def test_the_cursor_waits_with_it_and_the_others_go_on(quick: Desk) -> None:
    write_verdict(quick.clickhouse, 0)
    quick.write(PAYMENT, written_at=NOON)
    quick.write(replace(PAYMENT, correlation_id="b"), written_at=NOON + MINUTE)
    quick.take()
    assert ([case["correlation_id"] for case in quick.cases()], cursor(quick)) == (["b"], None)
    quick.intake = quick.another_intake()
    write_verdict(quick.clickhouse, 5, [PAYMENT])
    quick.take()
    assert ([case["correlation_id"] for case in quick.cases()], cursor(quick)) == (["a", "b"], NOON + MINUTE)


def test_it_does_not_wait_for_ever(quick: Desk) -> None:
    write_verdict(quick.clickhouse, 0)
    quick.write(PAYMENT, written_at=NOON)
    quick.take(NOON)
    quick.take(NOON + MINUTE - 1)
    assert (quick.cases(), cursor(quick)) == ([], None)
    quick.take(NOON + MINUTE)
    assert (len(quick.cases()), cursor(quick)) == (1, NOON)
    assert quick.intake.step(NOON + MINUTE) is False


def test_what_a_dead_evaluator_left_behind_is_not_believed(quick: Desk) -> None:
    quick.write(replace(PAYMENT, version=5))
    write_verdict(quick.clickhouse, 4)
    quick.take()
    quick.write(late(version=6))
    write_verdict(quick.clickhouse, 6, [late()])
    quick.take()
    assert (quick.case()["state"], quick.case()["reason"], quick.outbox()) == ("resolved", "arrived_late", [])
    missing = next(it for it in quick.findings() if it["kind"] == "missing")
    assert (missing["open"], missing["version"], missing["closed_at"]) == (False, 6, NOON + 6)


def test_a_case_whose_last_finding_nobody_asks_for_any_more_closes_as_rule_removed(quick: Desk) -> None:
    write_verdict(quick.clickhouse, 1, [PAYMENT])
    quick.write(PAYMENT)
    quick.take()
    quick.write(closed(PAYMENT, 2, closed_because="rule_removed"))
    write_verdict(quick.clickhouse, 2)
    quick.take()
    assert (quick.case()["state"], quick.case()["reason"]) == ("resolved", "rule_removed")


def test_one_of_the_whole_order_makes_a_case_without_a_step(quick: Desk) -> None:
    orphan = finding("", "orphan", step_order=0, due=None)
    quick.write(orphan)
    quick.take()
    assert (quick.case()["step"], quick.case()["kind"], quick.case()["owner"]) == ("", "orphan", "payments")
    [told] = quick.told()
    assert (told["step"], told["kind"], told["findings"][0]["step"]) == (None, "orphan", None)


def test_the_half_that_is_not_undone_stands_for_the_case_which_is_critical(quick: Desk) -> None:
    half = finding("", "half_undone", step_order=3, severity="critical", due=None)
    quick.write(half, finding(kind="not_undone"))
    quick.take()
    case = quick.case()
    assert (case["step"], case["kind"], case["severity"]) == ("PaymentReceived", "not_undone", "critical")


def test_one_whose_instance_vanished_has_only_ceased(quick: Desk) -> None:
    quick.write(PAYMENT)
    quick.take()
    quick.write(closed(PAYMENT, 2))
    write_verdict(quick.clickhouse, 2, steps=[])
    quick.take()
    assert quick.case()["reason"] == "condition_ceased"


# Who is told


def test_the_owners_of_all_that_is_wrong_are_told(quick: Desk) -> None:
    quick.write(PAYMENT, SHIPMENT)
    quick.take()
    assert quick.news() == [("case.opened", "payments"), ("case.opened", "shipping")]
    assert quick.case()["owner"] == "payments"


def test_who_heard_that_it_is_open_hears_that_it_is_resolved(quick: Desk) -> None:
    quick.write(PAYMENT, SHIPMENT)
    quick.take()
    quick.write(closed(SHIPMENT, 2))
    quick.take()
    quick.write(closed(PAYMENT, 3), late(version=3))
    quick.take()
    resolved = [endpoint for type_, endpoint in quick.news() if type_ == "case.resolved"]
    assert resolved == ["payments", "shipping"]


def test_who_heard_that_it_was_resolved_is_not_told_twice(quick: Desk) -> None:
    quick.write(PAYMENT)
    quick.take()
    quick.write(closed(PAYMENT, 2))
    quick.take()
    quick.write(replace(SHIPMENT, version=3))
    quick.take()
    quick.write(closed(SHIPMENT, 4))
    quick.take()
    assert quick.news() == [
        ("case.opened", "payments"),
        ("case.resolved", "payments"),
        ("case.opened", "shipping"),
        ("case.resolved", "shipping"),
    ]


def test_a_case_that_was_late_before_anybody_looked_tells_nobody(quick: Desk) -> None:
    quick.write(closed(PAYMENT, 2), late(version=2))
    quick.take()
    assert (quick.case()["state"], quick.case()["reason"], quick.outbox()) == ("resolved", "arrived_late", [])


def test_ids_follow_from_what_they_name(quick: Desk) -> None:
    quick.write(PAYMENT)
    quick.take()
    assert quick.case()["id"] == "case_29aff76576be58b1a7f310aaf5cdb423"
    assert [row["id"] for row in quick.outbox()] == ["msg_6a1c2e5e81b655bc93683b4899d43eff"]


def test_the_default_endpoint_serves_owners_without_one(quick: Desk) -> None:
    quick.owners = ["default", "shipping"]
    quick.write(PAYMENT, SHIPMENT, finding("Delivered", owner="couriers"))
    quick.take()
    assert [name for _, name in quick.news()] == ["default", "shipping"]


def test_an_owner_without_an_endpoint_is_named_in_the_log_once(caplog: pytest.LogCaptureFixture) -> None:
    routing = Routing(Route(), {})
    with caplog.at_level(logging.WARNING):
        for case in ("case_1", "case_2"):
            assert routing.places(case, [{"owner": "payments"}, {"owner": "payments"}]) == []
    assert [record.getMessage() for record in caplog.records] == [
        "owner 'payments' is told nothing: notify.endpoints in the settings has no endpoint for it and no default"
    ]
