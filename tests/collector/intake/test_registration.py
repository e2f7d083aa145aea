"""What a collector tells of itself: never more than is true."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.intake.group import Bounds
from collector.intake.intake import Intake
from collector.intake.parcel import Parcel
from collector.intake.registration import Registration
from collector.intake.spool import Spool
from store import collectors
from store.clickhouse import ClickHouse
from store.collectors import Collector
from store.database import Database
from store.errors import StoreUnavailable
from store.event import MINUTE, SECOND, EventColumns
from tests.collector.intake.held import HeldClickHouse
from tests.collector.intake.test_intake import PATIENCE, event
from tests.collector.intake.test_spool import SIZE, finish
from tests.conftest import NOON

LATER = NOON + MINUTE


@pytest.fixture
def held(clickhouse: ClickHouse, engine_path: Path) -> Iterator[HeldClickHouse]:
    held = HeldClickHouse.on(engine_path, clickhouse.database)
    yield held
    held.close()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool.open(tmp_path / "spool", SIZE)
    yield spool
    spool.close()


def known(database: Database) -> Collector:
    with database.read() as connection:
        [collector] = collectors.registered(connection)
    return collector


def test_the_watermark_is_the_oldest_that_is_not_stored_wherever_it_is(
    held: HeldClickHouse, spool: Spool, any_database: Database
) -> None:
    held.failures.append(StoreUnavailable("away"))
    with Intake(held, Bounds(), spool, 600) as intake:
        registration = Registration(any_database, intake, spool, "here:1")
        registration.step(LATER)
        assert (known(any_database).id, known(any_database).watermark) == (spool.collector, LATER)
        future = intake.submit(EventColumns.of([event(1)]), 100)
        held.until_insert()
        registration.step(LATER + SECOND)
        assert (known(any_database).watermark, known(any_database).waiting) == (NOON, 0)
        held.let_go()
        future.result(PATIENCE)
        registration.step(LATER + 2 * SECOND)
        assert (known(any_database).watermark, known(any_database).waiting) == (NOON, 1)
        finish(spool)
        registration.step(LATER + 3 * SECOND)
    told = known(any_database)
    assert (told.watermark, told.heard_at, told.registered_at) == (LATER + 3 * SECOND, LATER + 3 * SECOND, LATER)


def test_what_was_accepted_before_the_clock_was_set_back_is_waited_for(
    clickhouse: ClickHouse, spool: Spool, any_database: Database
) -> None:
    registration = Registration(any_database, Intake(clickhouse), spool, "shop-1")
    registration.step(NOON - 3 * SECOND)
    spool.put(Parcel(EventColumns.of([event(1)])), 100)  # at noon, by the clock of then
    for now in (NOON - 2 * SECOND, NOON - SECOND):
        registration.step(now)
        assert known(any_database).watermark == NOON - 3 * SECOND
    finish(spool)
    registration.step(NOON)
    assert known(any_database).watermark == NOON


def test_who_leaves_with_something_left_is_waited_for(
    held: HeldClickHouse, spool: Spool, any_database: Database
) -> None:
    held.failures.append(StoreUnavailable("away"))
    held.let_go()
    with Intake(held, Bounds(), spool, 600) as intake:
        registration = Registration(any_database, intake, spool, "here:1")
        registration.step(NOON)
        intake.submit(EventColumns.of([event(1)]), 100).result(PATIENCE)
    registration.leave(LATER)
    assert known(any_database).watermark == NOON
    finish(spool)
    registration.leave(LATER)
    with any_database.read() as connection:
        assert collectors.registered(connection) == []


def test_what_is_still_to_be_fetched_counts_and_is_waited_for_by_who_leaves_behind(
    clickhouse: ClickHouse, spool: Spool, any_database: Database
) -> None:
    to_fetch = [NOON - MINUTE]
    with Intake(clickhouse, Bounds(), spool) as intake:
        registration = Registration(any_database, intake, spool, "here:1", [lambda: to_fetch[0]])
        registration.step(NOON)
        assert known(any_database).watermark == NOON - MINUTE
    registration.leave(NOON)
    assert known(any_database).watermark == NOON - MINUTE
    to_fetch[0] = NOON - SECOND
    registration.leave(NOON)
    with any_database.read() as connection:
        assert collectors.registered(connection) == []
