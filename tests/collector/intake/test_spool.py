"""The spool: what it keeps, for whom, how much, and how it gives room back."""

import resource
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.errors import SpoolFull
from collector.intake.parcel import Parcel
from collector.intake.spool import RETRY_REFUSED, Held, Spool
from collector.intake.spool_file import SpoolFile
from store.errors import DataDirectoryError, StoreInUse
from store.event import Event, EventColumns
from tests.conftest import NOON

SIZE = 4 << 20


def parcel(*numbers: int) -> Parcel:
    return Parcel(EventColumns.of(Event(f"e-{n}", f"o-{n}", "A", NOON, "shop", received_at=NOON + n) for n in numbers))


def ids(spool: Spool) -> list[str]:
    """Of the batch that is next."""
    batch = spool.batch(NOON)
    return [] if batch is None else batch.parcel.events.id


def finish(spool: Spool) -> list[str]:
    """As if ClickHouse had taken the batch that is next."""
    batch = spool.batch(NOON)
    assert batch is not None
    spool.forget(batch.token)
    return batch.parcel.events.id


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool.open(tmp_path, SIZE)
    yield spool
    spool.close()


def test_what_is_put_comes_back_whole_and_in_its_order(spool: Spool) -> None:
    spool.put(parcel(1, 2), 100)
    spool.put(parcel(3), 100)
    batch = spool.batch(NOON)
    assert batch is not None
    assert list(batch.parcel.events) == list(parcel(1, 2, 3).events)
    assert spool.held() == Held(3, 0, NOON + 1)
    spool.forget(batch.token)
    assert spool.batch(NOON) is None
    assert spool.held() == Held(0, 0, None)


def test_a_batch_that_was_begun_stays_the_same_whatever_comes_and_whoever_asks(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path, SIZE)
    spool.put(parcel(1), 100)
    spool.put(parcel(2), 100)
    before = spool.batch(NOON)
    spool.put(parcel(3), 100)
    assert spool.batch(NOON) == before
    spool.close()
    again = Spool.open(tmp_path, SIZE)
    assert again.batch(NOON) == before
    assert finish(again) == ["e-1", "e-2"]
    assert finish(again) == ["e-3"]
    again.close()


def test_what_clickhouse_may_have_seen_goes_alone_by_the_token_it_saw(spool: Spool) -> None:
    spool.put(parcel(1), 100)
    spool.put(parcel(2), 100, "seen")
    spool.put(parcel(3), 100)
    assert finish(spool) == ["e-1", "e-3"]
    batch = spool.batch(NOON)
    assert batch is not None
    assert (batch.token, batch.parcel.events.id) == ("seen", ["e-2"])
    spool.forget("seen")
    assert spool.held().waiting == 0


def test_a_batch_is_bounded(spool: Spool) -> None:
    for number in range(3):
        spool.put(parcel(number), 20 << 20)
    assert finish(spool) == ["e-0"]
    assert finish(spool) == ["e-1"]


def test_a_collector_keeps_its_name_over_restarts(tmp_path: Path) -> None:
    first = Spool.open(tmp_path / "a", SIZE)
    first.close()
    again, other = Spool.open(tmp_path / "a", SIZE), Spool.open(tmp_path / "b", SIZE)
    assert first.collector == again.collector != other.collector
    again.close()
    other.close()


def test_two_cannot_have_one_spool(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(StoreInUse, match="another collector"):
        Spool.open(tmp_path, SIZE)
    spool.put(parcel(1), 100)


def test_a_spool_that_is_none_is_not_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "spool.sqlite").write_bytes(b"these are somebody's events" * 100)
    with pytest.raises(DataDirectoryError, match="cannot be opened: file is not a database"):
        Spool.open(tmp_path, SIZE)
    with pytest.raises(DataDirectoryError, match="Not a directory"):
        Spool.open(tmp_path / "spool.sqlite" / "below", SIZE)


def test_a_full_spool_refuses_the_whole_and_takes_again_when_there_is_room(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path, 1 << 20)
    taken = 0
    with pytest.raises(SpoolFull, match="the spool is full"):
        for number in range(10_000):
            spool.put(_large(number), 64_000)
            taken += 1
    assert spool.held().waiting == taken
    assert taken > 10
    while spool.held().waiting:
        finish(spool)
    spool.put(_large(0), 64_000)
    spool.close()  # what is in the journal goes into the file
    assert (tmp_path / "spool.sqlite").stat().st_size <= (1 << 20) + (128 << 10)


def _large(number: int) -> Parcel:
    """Of about 64 kB that can't be packed any smaller."""
    noise = "".join(chr(0x4E00 + (number * 7919 + n * n * 31) % 20_000) for n in range(21_000))
    return Parcel(EventColumns.of([Event(f"e-{number}", noise, "A", NOON, "shop", received_at=NOON)]))


def test_a_full_disk_refuses_the_whole_and_does_no_harm(tmp_path: Path) -> None:
    file = SpoolFile.open(tmp_path / "spool.sqlite", synced=True)
    spool = Spool(file, SIZE)
    spool.put(parcel(1), 100)
    with file.transaction() as connection:
        [(pages,)] = connection.execute("PRAGMA page_count").fetchall()
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(SpoolFull, match="the disk that stands in for it"):
        spool.put(_large(2), 64_000)
    with file.transaction() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    spool.put(parcel(3), 100)
    assert ids(spool) == ["e-1", "e-3"]
    assert spool.held().waiting == 2
    spool.close()


def test_what_the_disk_does_not_take_in_the_end_is_not_counted(spool: Spool, tmp_path: Path) -> None:
    spool.put(parcel(1), 100)
    [journal] = tmp_path.rglob("*-wal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size, before[1]))
    try:
        with pytest.raises(SpoolFull):
            spool.put(parcel(2), 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (ids(spool), spool.held().waiting) == (["e-1"], 1)


class Stuck(sqlite3.Connection):
    """To a disk that does not even let anything be undone."""

    def rollback(self) -> None:
        raise sqlite3.OperationalError("disk I/O error")


def test_whatever_the_disk_does_is_told_as_no_room(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path, sqlite3.connect(":memory:", isolation_level=None, factory=Stuck))
    for _ in range(2):
        with pytest.raises(SpoolFull), file.transaction() as connection:
            connection.execute("SELECT rubbish")
    file.close()


def test_room_is_used_again_and_given_back(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path, 64 << 20)
    for _ in range(3):
        for number in range(50):
            spool.put(_large(number), 64_000)
        while spool.held().waiting:
            finish(spool)
    while spool.shrink():
        pass
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 500_000
    spool.close()


def test_what_the_store_refuses_is_halved_until_the_bad_row_is_alone_and_put_aside(spool: Spool) -> None:
    for numbers in ([1], [2, 3, 4], [5]):
        spool.put(parcel(*numbers), 100)
    good: list[str] = []
    while (batch := spool.batch(NOON)) is not None:
        if "e-3" in batch.parcel.events.id:
            spool.split(batch, "no such number", NOON)
        else:
            good += finish(spool)
    assert sorted(good) == ["e-1", "e-2", "e-4", "e-5"]
    assert spool.held() == Held(0, 1, None)


def test_what_was_put_aside_is_tried_again_after_an_hour_and_over_a_restart(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path, SIZE)
    spool.put(parcel(1), 100)
    batch = spool.batch(NOON)
    assert batch is not None
    spool.split(batch, "no", NOON)
    spool.close()
    spool = Spool.open(tmp_path, SIZE)
    assert spool.held().refused == 1
    spool.retry_refused(NOON + RETRY_REFUSED - 1)
    assert spool.batch(NOON) is None
    spool.retry_refused(NOON + RETRY_REFUSED)
    assert spool.held() == Held(1, 0, None), "it is tried, and nobody waits for it"
    assert finish(spool) == ["e-1"]
    spool.close()


def test_a_copy_of_the_file_and_its_journal_is_a_spool(spool: Spool, tmp_path: Path) -> None:
    """As `kill -9` leaves it: nothing of what was put is only in memory."""
    spool.put(parcel(1, 2), 100)
    shutil.copytree(tmp_path, tmp_path / "copy", ignore=shutil.ignore_patterns("copy"))
    copy = Spool.open(tmp_path / "copy", SIZE)
    assert ids(copy) == ["e-1", "e-2"]
    copy.close()


def test_what_can_t_be_read_is_put_aside_and_holds_nothing_up(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path, SIZE)
    spool.put(parcel(1), 100)
    spool.put(parcel(2), 100)
    spool.close()
    with sqlite3.connect(tmp_path / "spool.sqlite") as file:
        file.execute("UPDATE payloads SET payload = x'00' WHERE number = 1")
    file.close()
    spool = Spool.open(tmp_path, SIZE)
    batch = spool.batch(NOON)
    assert batch is not None
    assert (batch.parcel, spool.held().waiting, spool.held().refused) == (parcel(2), 1, 1)
    spool.forget(batch.token)
    assert spool.retry_refused(NOON + RETRY_REFUSED)
    assert spool.batch(NOON + RETRY_REFUSED) is None
    assert (spool.held().waiting, spool.held().refused) == (0, 1)
    spool.close()
