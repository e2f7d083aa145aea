"""Testimony reaches ClickHouse: all of it, and each word as one event, whoever dies on the way."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from reconcile.actor import TRUTH
from reconcile.truth import testimony as written
from reconcile.truth.drainer import Drainer
from reconcile.truth.testimony import Word, say
from store import events
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import SECOND, Event
from store.tables import testimony
from tests.conftest import NOON


def words(orders: Sequence[str]) -> list[written.Testimony]:
    return [
        written.Testimony("pay", it, "Paid", Word.CONFIRMED, NOON - SECOND, TRUTH, "HTTP 200", "truth/1")
        for it in orders
    ]


def said(database: Database, *orders: str) -> None:
    with database.begin() as connection:
        say(connection, words(orders), "entry-1", NOON)


def unmarked(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(select(testimony.c.id).where(testimony.c.stored_at.is_(None))).all())


def test_a_word_becomes_an_event_of_noshow_and_of_nobody_else(clickhouse: ClickHouse, any_database: Database) -> None:
    said(any_database, "a")
    assert not Drainer(clickhouse, any_database).step(NOON + SECOND)
    assert events.history(clickhouse, "a") == [
        Event(
            id=words("a")[0].id,
            correlation_id="a",
            name="confirmed",
            time=NOON - SECOND,
            source="noshow",
            attributes='{"workflow":"pay","step":"Paid","actor":"truth","reason":"HTTP 200"}',
            causation_id="entry-1",
            received_at=NOON,
        )
    ]
    assert clickhouse.query("SELECT correlation_id FROM touched") == [("a",)], "so that it is judged again"
    assert unmarked(any_database) == 0


def test_drainers_side_by_side_bring_each_word_once(clickhouse: ClickHouse, any_database: Database) -> None:
    said(any_database, *(f"order-{number}" for number in range(1200)))
    one, other = Drainer(clickhouse, any_database), Drainer(clickhouse, any_database)
    batch = one._waiting()
    other.step(NOON)
    one._store(batch)  # it read them before the other had marked them
    while one.step(NOON):
        pass
    [(rows, distinct)] = clickhouse.query("SELECT count(), uniqExact(source, id) FROM events")
    assert distinct == 1200
    assert rows == 1200, "the batch of both bore one token"


KILLED = """
import sys, time
from contextlib import contextmanager
from pathlib import Path
from reconcile.truth.drainer import Drainer
from store.clickhouse import ClickHouse
from store.database import Database
from store.migrate import migrate_clickhouse

data = Path(sys.argv[1])
clickhouse, database = ClickHouse.embedded(data / "clickhouse"), Database.open(f"sqlite:///{data}/noshow.sqlite")
migrate_clickhouse(clickhouse)

def begin():
    print("inserted", flush=True)
    time.sleep(600)

database.begin = begin
Drainer(clickhouse, database).step(1)
"""

AGAIN = """
import sys
from pathlib import Path
from reconcile.truth.drainer import Drainer
from store.clickhouse import ClickHouse
from store.database import Database

data = Path(sys.argv[1])
clickhouse, database = ClickHouse.embedded(data / "clickhouse"), Database.open(f"sqlite:///{data}/noshow.sqlite")
print(*clickhouse.query("SELECT count() FROM events")[0])
Drainer(clickhouse, database).step(2)
print(*clickhouse.query("SELECT uniqExact(source, id), uniqExact(source, id, content) FROM events")[0])
clickhouse.close()
"""


@pytest.mark.processes
def test_killed_between_insert_and_mark_it_is_brought_again_and_is_one_event(
    database: Database, tmp_path: Path
) -> None:
    said(database, "a", "b")
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True) as drainer:
        assert drainer.stdout is not None
        assert drainer.stdout.readline() == "inserted\n"
        drainer.kill()
    assert unmarked(database) == 2
    again = subprocess.run([sys.executable, "-c", AGAIN, str(tmp_path)], stdout=subprocess.PIPE, text=True, check=True)
    assert again.stdout.splitlines() == ["2", "2 2"], "there before, and no other events after"
    assert unmarked(database) == 0
