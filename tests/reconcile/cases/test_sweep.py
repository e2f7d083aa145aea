"""What slipped is found and repaired, whichever store it is missing from."""

import logging
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from reconcile.cases.sweep import SLICES, Swept
from reconcile.identity import case_id
from store import cursors
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR
from store.tables import case_findings
from tests.reconcile.desk import NOON, Desk, closed, finding, late, write_verdict

PAYMENT = finding()
SLICE = case_id("fulfilment", "a").removeprefix("case_")[:2]


@pytest.fixture
def desk(clickhouse: ClickHouse, database: Database) -> Desk:
    return Desk(clickhouse, database)


def test_every_order_lies_in_a_slice_that_both_stores_agree_on(clickhouse: ClickHouse, any_database: Database) -> None:
    desk = Desk(clickhouse, any_database)
    desk.write(*(replace(PAYMENT, correlation_id=f"ö-{number}") for number in range(600)))
    swept = [desk.sweep.sweep(f"{number:02x}", NOON) for number in range(SLICES)]
    assert sum(it.caught_up for it in swept) == 600 == len(desk.cases())
    assert sum(it.caught_up > 0 for it in swept) > SLICES // 2
    assert {desk.sweep.sweep(f"{number:02x}", NOON) for number in range(0, SLICES, 17)} == {Swept()}


def test_a_row_that_the_cursor_passed_is_taken_in(desk: Desk) -> None:
    desk.write(PAYMENT, written_at=NOON - HOUR)
    with desk.database.begin() as connection:
        cursors.move(connection, "reconcile.findings", NOON)
    desk.take()
    assert desk.cases() == []
    assert desk.sweep.sweep(SLICE, NOON) == Swept(caught_up=1)
    assert desk.news() == [("case.opened", "payments")]


def test_an_older_version_and_a_lost_row_are_brought_up_to_date(desk: Desk) -> None:
    desk.write(closed(PAYMENT, 2), late(version=2))
    desk.take()
    with desk.database.begin() as connection:
        connection.execute(update(case_findings).where(case_findings.c.kind == "missing").values(version=1, open=True))
        connection.execute(delete(case_findings).where(case_findings.c.kind == "late"))
    assert desk.sweep.sweep(SLICE, NOON) == Swept(caught_up=1)
    assert [(it["kind"], it["open"], it["version"]) for it in desk.findings()] == [
        ("late", True, 2),
        ("missing", False, 2),
    ]


def test_what_a_newer_verdict_does_not_list_is_closed(desk: Desk) -> None:
    desk.write(PAYMENT)
    desk.take()
    write_verdict(desk.clickhouse, 3)
    assert desk.sweep.sweep(SLICE, NOON) == Swept(refuted=1)
    assert (desk.case()["state"], desk.case()["reason"]) == ("resolved", "condition_ceased")
    assert desk.news() == [("case.opened", "payments"), ("case.resolved", "payments")]
    assert desk.sweep.sweep(SLICE, NOON) == Swept()


def test_so_is_a_finding_whose_row_is_lost(desk: Desk) -> None:
    desk.write(PAYMENT)
    desk.take()
    desk.clickhouse.command("TRUNCATE TABLE findings")
    write_verdict(desk.clickhouse, 3)
    assert desk.sweep.sweep(SLICE, NOON) == Swept(refuted=1)
    assert desk.case()["state"] == "resolved"


@pytest.mark.parametrize("version", [None, 1])
def test_an_empty_clickhouse_closes_nothing(desk: Desk, version: int | None) -> None:
    desk.write(PAYMENT)
    desk.take()
    desk.clickhouse.command("TRUNCATE TABLE findings")
    if version is not None:
        write_verdict(desk.clickhouse, version)
    assert desk.sweep.sweep(SLICE, NOON) == Swept(unknown=1)
    assert desk.case()["state"] == "open"


def test_what_the_evaluator_has_not_finished_is_left_to_the_intake(desk: Desk) -> None:
    write_verdict(desk.clickhouse, 0)
    desk.write(PAYMENT)
    assert desk.sweep.sweep(SLICE, NOON) == Swept()
    assert desk.cases() == []


def test_a_round_is_all_slices_and_what_it_found_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.write(PAYMENT)
    steps = 1
    with caplog.at_level(logging.INFO, "reconcile.cases.sweep"):
        while desk.sweep.step(NOON):
            steps += 1
    assert steps == SLICES
    assert [record.getMessage() for record in caplog.records] == [
        f"sweep of slice {SLICE}: Swept(caught_up=1, refuted=0, unknown=0)"
    ]
