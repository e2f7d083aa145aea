"""The intake with a spool: what goes there, when, and that every request is answered once it is safe."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from collector.errors import SpoolFull
from collector.intake.group import Bounds
from collector.intake.intake import Intake
from collector.intake.spool import Spool
from collector.intake.spool_file import SpoolFile
from store.clickhouse import ClickHouse
from store.errors import StoreRefused, StoreUnavailable
from store.event import EventColumns
from tests.collector.intake.held import HeldClickHouse
from tests.collector.intake.test_intake import PATIENCE, event, stored
from tests.collector.intake.test_spool import SIZE, finish
from tests.conftest import NOON

SOON = 0.01  # seconds of patience, where it is to be lost
NEVER = 600.0


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


def send(intake: Intake, *numbers: int) -> "Future[None]":
    return intake.submit(EventColumns.of(map(event, numbers)), 100 * len(numbers))


def test_what_clickhouse_does_not_take_is_acknowledged_from_the_spool(held: HeldClickHouse, spool: Spool) -> None:
    held.failures.append(StoreUnavailable("away"))
    held.let_go()
    with Intake(held, Bounds(), spool, NEVER) as intake:
        send(intake, 1).result(PATIENCE)
        send(intake, 2).result(PATIENCE)
        assert held.sizes == [1], "known to be away, it is not asked again"
        [(_, token)] = held.inserts
        batch = spool.batch(NOON)
        assert batch is not None
        assert (batch.token, batch.parcel.events.id) == (token, ["e-1"]), "by the token that it may have been stored by"
        intake.resume()
        send(intake, 3).result(PATIENCE)
    assert stored(held) == ["e-3"]
    assert finish(spool) + finish(spool) == ["e-1", "e-2"]


def test_what_clickhouse_does_not_take_in_time_too(held: HeldClickHouse, spool: Spool) -> None:
    with Intake(held, Bounds(), spool, SOON) as intake:
        send(intake, 1).result(PATIENCE)
        send(intake, 2).result(PATIENCE)
        assert spool.held().waiting == 2
        held.let_go()
        send(intake, 3).result(PATIENCE)
    assert "e-1" in stored(held)
    assert spool.batch(NOON) is None or "e-1" not in finish(spool), "it was stored after all"


def test_many_requests_share_a_transaction_while_clickhouse_is_away(held: HeldClickHouse, tmp_path: Path) -> None:
    held.failures.append(StoreUnavailable("away"))
    file = SpoolFile.open(tmp_path / "spool.sqlite", synced=False)
    spool = Spool(file, SIZE)
    with Intake(held, Bounds(), spool, NEVER) as intake:
        futures = [send(intake, 0)]
        held.until_insert()
        futures += [send(intake, number) for number in range(1, 50)]
        held.let_go()
        for future in futures:
            future.result(PATIENCE)
    assert len(finish(spool)) == 1
    with file.transaction() as connection:
        assert connection.execute("SELECT count(*), sum(rows) FROM groups").fetchall() == [(1, 49)]
    spool.close()


def test_a_full_spool_turns_away_and_takes_again(held: HeldClickHouse, tmp_path: Path) -> None:
    held.failures.append(StoreUnavailable("away"))
    held.let_go()
    spool = Spool.open(tmp_path / "small", 1)
    with Intake(held, Bounds(), spool, NEVER) as intake:
        for _ in range(2):
            with pytest.raises(SpoolFull):
                send(intake, 1).result(PATIENCE)
        intake.resume()
        send(intake, 2).result(PATIENCE)
    assert stored(held) == ["e-2"]
    assert spool.batch(NOON) is None
    spool.close()


def test_what_is_refused_is_answered_so_and_not_kept(held: HeldClickHouse, spool: Spool) -> None:
    held.failures.append(StoreRefused("no"))
    held.let_go()
    with Intake(held, Bounds(), spool, NEVER) as intake, pytest.raises(StoreRefused):
        send(intake, 1).result(PATIENCE)
    assert spool.batch(NOON) is None


def test_a_group_that_is_refused_after_the_spool_has_it_stays_there(held: HeldClickHouse, spool: Spool) -> None:
    held.failures.append(StoreRefused("no"))
    with Intake(held, Bounds(), spool, SOON) as intake:
        send(intake, 1).result(PATIENCE)
        held.let_go()
    assert finish(spool) == ["e-1"]


def test_the_end_leaves_nothing_in_memory_when_clickhouse_is_away(held: HeldClickHouse, spool: Spool) -> None:
    held.failures.append(StoreUnavailable("away"))
    intake = Intake(held, Bounds(), spool, NEVER)
    intake.start()
    futures = [send(intake, 1)]
    held.until_insert()
    futures.append(send(intake, 2))
    end = threading.Thread(target=intake.close)
    end.start()
    held.let_go()
    end.join(PATIENCE)
    assert [future.result(0) for future in futures] == [None, None]
    assert finish(spool) + finish(spool) == ["e-1", "e-2"]


def test_the_oldest_is_in_memory_until_it_is_in_the_spool_or_stored(held: HeldClickHouse, spool: Spool) -> None:
    held.failures.append(StoreUnavailable("away"))
    with Intake(held, Bounds(), spool, NEVER) as intake:
        assert intake.oldest() is None
        future = send(intake, 1)
        held.until_insert()
        assert (intake.oldest(), spool.held().oldest) == (NOON, None)
        held.let_go()
        future.result(PATIENCE)
        assert (intake.oldest(), spool.held().oldest) == (None, NOON)
