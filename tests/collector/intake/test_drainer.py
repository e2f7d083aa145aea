"""From the spool to ClickHouse: once, in order, whatever happens in between, and nothing is lost that is refused."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from collector.intake.drainer import Drainer
from collector.intake.parcel import Parcel
from collector.intake.spool import RETRY_REFUSED, Spool
from store.clickhouse import ClickHouse
from store.errors import StoreRefused, StoreUnavailable
from store.event import EventColumns
from tests.collector.intake.held import HeldClickHouse
from tests.collector.intake.test_intake import event
from tests.collector.intake.test_spool import SIZE
from tests.conftest import NOON

POISON = msgspec.structs.replace(event(666), time=2**63)  # no column takes it


def parcel(*numbers: int) -> Parcel:
    return Parcel(EventColumns.of(map(event, numbers)))


def stored(clickhouse: ClickHouse) -> list[tuple[str, int]]:
    """Ids, and how often each is there."""
    return [
        (str(id), int(count))
        for id, count in clickhouse.query("SELECT id, count() FROM events GROUP BY id ORDER BY id")
    ]


class Line:
    """A spool, ClickHouse behind it, and how often it was found to be there again."""

    def __init__(self, spool: Spool, clickhouse: HeldClickHouse) -> None:
        self.spool = spool
        self.clickhouse = clickhouse
        self.resumed = 0
        self.drainer = Drainer(spool, clickhouse, self.resume)

    def resume(self) -> None:
        self.resumed += 1

    def drain(self, now: int = NOON) -> None:
        while self.drainer.step(now) or self.spool.held().waiting:
            pass


@pytest.fixture
def line(clickhouse: ClickHouse, engine_path: Path, tmp_path: Path) -> Iterator[Line]:
    held = HeldClickHouse.on(engine_path, clickhouse.database)
    held.let_go()
    spool = Spool.open(tmp_path / "spool", SIZE)
    yield Line(spool, held)
    spool.close()
    held.close()


def test_what_is_in_the_spool_goes_to_clickhouse_once(line: Line) -> None:
    line.spool.put(parcel(1, 2), 100)
    line.spool.put(parcel(3), 100)
    line.drain()
    assert stored(line.clickhouse) == [("e-1", 1), ("e-2", 1), ("e-3", 1)]
    assert line.clickhouse.sizes == [3], "by one insert"
    assert line.resumed


def test_an_empty_spool_lets_the_next_group_try(line: Line) -> None:
    assert not line.drainer.step(NOON)
    assert line.resumed == 1


def test_while_clickhouse_is_away_it_is_all_kept(line: Line) -> None:
    line.spool.put(parcel(1), 100)
    line.clickhouse.failures.append(StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        line.drainer.step(NOON)
    assert (line.spool.held().waiting, line.resumed) == (1, 0)
    line.drain()
    assert stored(line.clickhouse) == [("e-1", 1)]


def test_what_was_stored_before_the_answer_was_lost_is_not_stored_again(line: Line) -> None:
    for number in (1, 2):
        line.spool.put(parcel(number), 100)
    batch = line.spool.batch(NOON)
    assert batch is not None
    batch.parcel.write(line.clickhouse, batch.token)  # and there the process ended
    line.spool.put(parcel(3), 100)
    line.drain()
    assert stored(line.clickhouse) == [("e-1", 1), ("e-2", 1), ("e-3", 1)]


def test_what_clickhouse_refuses_does_not_keep_up_the_rest_and_is_not_lost(line: Line) -> None:
    line.spool.put(parcel(1, 2), 100)
    line.spool.put(Parcel(EventColumns.of([event(3), POISON, event(4)])), 100)
    line.spool.put(parcel(5), 100)
    line.drain()
    assert [id for id, _ in stored(line.clickhouse)] == ["e-1", "e-2", "e-3", "e-4", "e-5"]
    assert line.spool.held().refused == 1
    line.drain(NOON + RETRY_REFUSED)
    assert line.spool.held().refused == 1, "tried again, refused again"


def test_a_store_that_refuses_everything_for_a_while_gets_everything_in_the_end(line: Line) -> None:
    line.spool.put(parcel(1, 2), 100)
    line.clickhouse.failures.extend([StoreRefused("no such table")] * 3)
    line.drain()
    assert line.spool.held().refused == 2
    line.drain(NOON + RETRY_REFUSED)
    assert stored(line.clickhouse) == [("e-1", 1), ("e-2", 1)]
