"""Lines that ClickHouse reads: with what they share an insert, and when they come back to be decoded."""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from collector.acceptance import Acceptance
from collector.errors import Unread
from collector.intake.group import Bounds
from collector.intake.intake import Intake
from collector.intake.spool import Spool
from collector.json.lines import plain_lines
from collector.lines import Lines
from store.clickhouse import ClickHouse
from store.errors import StoreUnavailable
from store.event import EventColumns
from tests.collector.conftest import LIMITS
from tests.collector.intake.held import TEXT, HeldClickHouse
from tests.collector.intake.test_intake import PATIENCE, event, stored
from tests.conftest import NOON

LINE = '{"id":"e-%d","correlation_id":"%s","name":"A","time":"2025-11-20T12:00:00Z"}'


def lines(*numbers: int, correlation_id: str = "o-1") -> Lines:
    body = "\n".join(LINE % (number, correlation_id) for number in numbers).encode()
    found = plain_lines(body, Acceptance.at(NOON, LIMITS))
    assert found is not None
    return found


ODD = lines(66, correlation_id="null")


def unread(future: "Future[None]") -> Unread:
    with pytest.raises(Unread) as failed:
        future.result(PATIENCE)
    return failed.value


@pytest.fixture
def held(clickhouse: ClickHouse, engine_path: Path) -> Iterator[HeldClickHouse]:
    held = HeldClickHouse.on(engine_path, clickhouse.database)
    yield held
    held.close()


def test_what_is_done_is_stored(any_clickhouse: ClickHouse) -> None:
    with Intake(any_clickhouse) as intake:
        intake.submit_lines(lines(1, 2)).result(PATIENCE)
        assert stored(any_clickhouse) == ["e-1", "e-2"]
        assert intake.oldest() is None


def test_lines_of_many_requests_share_an_insert_and_take_turns_with_columns(held: HeldClickHouse) -> None:
    with Intake(held) as intake:
        futures = [intake.submit(EventColumns.of([event(0)]), 100)]
        held.until_insert()
        for number in (1, 4, 7):
            futures.append(intake.submit_lines(lines(number, number + 1)))
            futures.append(intake.submit(EventColumns.of([event(number + 2)]), 100))
        assert (intake.waiting(), intake.oldest()) == (10, NOON)
        held.let_go()
        for future in futures:
            future.result(PATIENCE)
    assert [(rows, token == TEXT) for rows, token in held.inserts] == [(1, False), (6, True), (3, False)]
    assert len(stored(held)) == 10


def test_odd_lines_come_back_and_their_neighbours_are_stored(held: HeldClickHouse) -> None:
    with Intake(held) as intake:
        first = intake.submit_lines(lines(0))
        held.until_insert()
        good = [intake.submit_lines(lines(number)) for number in (1, 2)]
        odd = intake.submit_lines(ODD)
        held.let_go()
        for future in (first, *good):
            future.result(PATIENCE)
        assert unread(odd).odd
        assert intake.takes_lines()
        assert intake.waiting() == 0
    assert stored(held) == ["e-0", "e-1", "e-2"]
    assert held.sizes == [1, 3, 1, 1, 1]


def test_when_the_store_is_away_lines_come_back_and_are_not_asked_for(held: HeldClickHouse, tmp_path: Path) -> None:
    held.failures.append(StoreUnavailable("away"))
    held.let_go()
    spool = Spool.open(tmp_path / "spool", 1 << 20)
    with Intake(held, Bounds(), spool) as intake:
        assert intake.takes_lines()
        assert not unread(intake.submit_lines(lines(1))).odd
        assert not intake.takes_lines()
        intake.submit(EventColumns.of([event(1)]), 100).result(PATIENCE)
    assert (stored(held), spool.held().waiting) == (["e-1"], 0)
    spool.close()


def test_when_the_store_is_slow_lines_come_back_and_columns_go_into_the_spool(
    held: HeldClickHouse, tmp_path: Path
) -> None:
    spool = Spool.open(tmp_path / "spool", 1 << 20)
    with Intake(held, Bounds(), spool, patience=0.01) as intake:
        futures = [intake.submit_lines(lines(number)) for number in (1, 2)]
        assert [unread(future).odd for future in futures] == [False, False]
        assert not intake.takes_lines()
        intake.submit(EventColumns.of([event(1)]), 100).result(PATIENCE)
        assert spool.held().waiting == 1
        held.let_go()
    spool.close()
