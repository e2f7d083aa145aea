"""Group commit: what is joined, what is answered when, and what happens when the store will not."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from collector.errors import Overloaded
from collector.intake.group import Bounds
from collector.intake.intake import Intake
from collector.intake.spool import Spool
from store import events as event_store
from store.clickhouse import ClickHouse
from store.errors import StoreRefused, StoreUnavailable
from store.event import Event, EventColumns
from tests.collector.intake.held import HeldClickHouse
from tests.conftest import NOON

PATIENCE = 60  # seconds; nothing waits that long unless it is broken


def event(number: int) -> Event:
    return Event(f"e-{number}", f"o-{number}", "A", NOON, "shop", received_at=NOON)


# No decoder lets such a time through: it stands for whatever the store may refuse.
POISON = msgspec.structs.replace(event(666), time=2**80)


@pytest.fixture
def held(clickhouse: ClickHouse, engine_path: Path) -> Iterator[HeldClickHouse]:
    held = HeldClickHouse.on(engine_path, clickhouse.database)
    yield held
    held.close()


def stored(clickhouse: ClickHouse) -> list[str]:
    return [str(id_) for (id_,) in clickhouse.query("SELECT id FROM events ORDER BY id")]


def test_what_is_done_is_stored(any_clickhouse: ClickHouse) -> None:
    with Intake(any_clickhouse) as intake:
        intake.submit(EventColumns.of([event(1), event(2)]), 500).result(PATIENCE)
        assert event_store.history(any_clickhouse, "o-1") == [event(1)]
        assert stored(any_clickhouse) == ["e-1", "e-2"]


def test_no_events_need_no_insert(held: HeldClickHouse) -> None:
    with Intake(held) as intake:
        assert intake.submit(EventColumns.of([]), 0).result(0) is None
    assert held.inserts == []


def test_what_comes_during_an_insert_goes_with_the_next(held: HeldClickHouse) -> None:
    with Intake(held) as intake:
        first = intake.submit(EventColumns.of([event(0)]), 100)
        held.until_insert()
        later = [intake.submit(EventColumns.of([event(2 * n), event(2 * n + 1)]), 100) for n in range(1, 5)]
        assert not first.done()
        held.let_go()
        for future in (first, *later):
            future.result(PATIENCE)
    assert held.sizes == [1, 8]
    assert len(stored(held)) == 9
    assert len({token for _, token in held.inserts}) == 2


@pytest.mark.parametrize("bounds", [Bounds(group_events=4), Bounds(group_bytes=250)])
def test_a_group_has_bounds_and_a_large_request_goes_alone(held: HeldClickHouse, bounds: Bounds) -> None:
    with Intake(held, bounds) as intake:
        futures = [intake.submit(EventColumns.of([event(0)]), 100)]
        held.until_insert()
        futures += [intake.submit(EventColumns.of([event(2 * n), event(2 * n + 1)]), 100) for n in range(1, 4)]
        futures += [intake.submit(EventColumns.of([event(n) for n in range(10, 19)]), 900)]
        futures += [intake.submit(EventColumns.of([event(9)]), 100)]
        held.let_go()
        for future in futures:
            future.result(PATIENCE)
    assert held.sizes == [1, 4, 2, 9, 1]


@pytest.mark.parametrize("bounds", [Bounds(waiting_events=3), Bounds(waiting_bytes=300)])
def test_too_much_is_turned_away_before_it_is_queued(held: HeldClickHouse, bounds: Bounds) -> None:
    with Intake(held, bounds) as intake:
        taken = [intake.submit(EventColumns.of([event(1)]), 100)]
        held.until_insert()
        taken.append(intake.submit(EventColumns.of([event(2), event(3)]), 200))
        with pytest.raises(Overloaded, match="too many events are waiting"):
            intake.submit(EventColumns.of([event(4)]), 100)
        held.let_go()
        for future in taken:
            future.result(PATIENCE)
        intake.submit(EventColumns.of([event(5)]), 100).result(PATIENCE)
    assert stored(held) == ["e-1", "e-2", "e-3", "e-5"]


def test_a_request_beyond_the_bounds_is_taken_if_nothing_waits(clickhouse: ClickHouse) -> None:
    with Intake(clickhouse, Bounds(waiting_events=1, waiting_bytes=1)) as intake:
        intake.submit(EventColumns.of([event(1), event(2)]), 500).result(PATIENCE)
        assert stored(clickhouse) == ["e-1", "e-2"]


def test_when_the_store_is_away_nobody_of_the_group_is_acknowledged(held: HeldClickHouse) -> None:
    held.failures.extend([None, StoreUnavailable("away")])
    with Intake(held) as intake:
        first = intake.submit(EventColumns.of([event(0)]), 100)
        held.until_insert()
        group = [intake.submit(EventColumns.of([event(n)]), 100) for n in (1, 2)]
        held.let_go()
        first.result(PATIENCE)
        for future in group:
            with pytest.raises(StoreUnavailable):
                future.result(PATIENCE)
        intake.submit(EventColumns.of([event(3)]), 100).result(PATIENCE)
    assert stored(held) == ["e-0", "e-3"]


def test_a_server_that_does_not_answer_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    clickhouse = ClickHouse.server(f"http://127.0.0.1:{port}")
    with Intake(clickhouse) as intake, pytest.raises(StoreUnavailable):
        intake.submit(EventColumns.of([event(1)]), 100).result(PATIENCE)
    clickhouse.close()


def test_one_request_that_the_store_refuses_does_not_fail_its_neighbours(held: HeldClickHouse) -> None:
    with Intake(held) as intake:
        first = intake.submit(EventColumns.of([event(0)]), 100)
        held.until_insert()
        good = [intake.submit(EventColumns.of([event(n)]), 100) for n in (1, 2)]
        bad = intake.submit(EventColumns.of([event(3), POISON]), 200)
        good.append(intake.submit(EventColumns.of([event(4)]), 100))
        held.let_go()
        for future in (first, *good):
            future.result(PATIENCE)
        with pytest.raises(StoreRefused):
            bad.result(PATIENCE)
    assert stored(held) == ["e-0", "e-1", "e-2", "e-4"]
    assert held.sizes == [1, 5, 1, 1, 2, 1]


def test_what_goes_alone_is_not_kept_with_its_neighbours_as_well(held: HeldClickHouse, tmp_path: Path) -> None:
    """The keeper looks when the writer has put back what was refused, and has not gone on yet."""
    spool = Spool.open(tmp_path / "spool", 1 << 20)
    intake = Intake(held, Bounds(), spool, patience=0)  # not started: the test takes the turns of its threads
    for number in (1, 2):
        intake.submit(EventColumns.of([event(number)]), 100)
    group = intake._next_to_write()
    assert group is not None
    intake._refused(group, StoreRefused("one of them"))
    assert intake._kept_next() is None
    spool.close()


def test_when_the_store_goes_away_among_single_tries_each_hears_of_its_own(held: HeldClickHouse) -> None:
    held.failures.extend([None, StoreRefused("bad"), None, StoreUnavailable("away")])
    with Intake(held) as intake:
        intake.submit(EventColumns.of([event(0)]), 100)
        held.until_insert()
        futures = [intake.submit(EventColumns.of([event(n)]), 100) for n in (1, 2, 3, 4)]
        held.let_go()
        for future in (futures[0], *futures[2:]):
            future.result(PATIENCE)
        with pytest.raises(StoreUnavailable):
            futures[1].result(PATIENCE)
    assert held.sizes == [1, 4, 1, 1, 1, 1]
    assert stored(held) == ["e-0", "e-1", "e-3", "e-4"]


def test_a_fault_of_our_own_reaches_those_who_wait_and_no_one_else(held: HeldClickHouse) -> None:
    held.failures.append(ZeroDivisionError("a fault"))
    held.let_go()
    with Intake(held) as intake:
        with pytest.raises(StoreRefused, match="a fault"):
            intake.submit(EventColumns.of([event(1)]), 100).result(PATIENCE)
        intake.submit(EventColumns.of([event(2)]), 100).result(PATIENCE)
    assert stored(held) == ["e-2"]


def test_the_end_stores_what_was_taken_and_takes_nothing_more(held: HeldClickHouse) -> None:
    intake = Intake(held)
    intake.start()
    futures = [intake.submit(EventColumns.of([event(1)]), 100)]
    held.until_insert()
    futures.append(intake.submit(EventColumns.of([event(2)]), 100))
    end = threading.Thread(target=intake.close)
    end.start()
    held.let_go()
    end.join(PATIENCE)
    assert [future.result(0) for future in futures] == [None, None]
    assert stored(held) == ["e-1", "e-2"]
    with pytest.raises(Overloaded, match="shutting down"):
        intake.submit(EventColumns.of([event(3)]), 100)


def test_nobody_can_call_a_request_back(held: HeldClickHouse) -> None:
    with Intake(held) as intake:
        future = intake.submit(EventColumns.of([event(1)]), 100)
        assert not future.cancel()
        held.let_go()
        future.result(PATIENCE)
