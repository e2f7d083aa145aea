"""Rows get to ClickHouse in their order, whoever drains and whatever goes wrong in between."""

from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import func, select

from reconcile.audit import chain, copying
from reconcile.audit.drainer import LEASE, Drainer
from reconcile.audit.trail import Trail
from reconcile.audit.verify import Fault, compared, verify
from store import cursors, leases
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import StoreUnavailable
from store.event import DAY, HOUR, MINUTE
from store.tables import audit
from tests.conftest import NOON
from tests.reconcile.audit.trails import enter, entry

KEEP = 90 * DAY


def drainer(clickhouse: ClickHouse, database: Database, holder: str = "one") -> Drainer:
    return Drainer(clickhouse, database, holder, KEEP)


def copies(clickhouse: ClickHouse) -> list[int]:
    return [seq for (seq,) in clickhouse.query("SELECT seq FROM audit ORDER BY seq")]


def kept(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(audit)).scalar_one()


def is_whole(clickhouse: ClickHouse, database: Database, rows: int) -> bool:
    trail = Trail(clickhouse, database)
    return verify(trail.stream(), {rows: trail.head().hash}).is_whole and trail.head().seq == rows


def test_what_is_entered_is_chained_and_copied(any_clickhouse: ClickHouse, any_database: Database) -> None:
    enter(any_database, [entry(number) for number in range(5)])
    assert drainer(any_clickhouse, any_database).step(NOON) is False
    assert copies(any_clickhouse) == [1, 2, 3, 4, 5]
    assert is_whole(any_clickhouse, any_database, 5)


def test_a_copy_has_everything_that_the_row_has(any_clickhouse: ClickHouse, any_database: Database) -> None:
    enter(any_database, [entry(1, why="Größe „ß“\n\t\\", detail={"before": None, "after": [1.5, "é\x1f"]})], NOON + 7)
    drainer(any_clickhouse, any_database).step(NOON)
    trail = Trail(any_clickhouse, any_database)
    [copy], [row] = trail.stream(), trail.kept()
    assert copy == row
    assert (copy.at, copy.why) == ("2025-11-20T12:00:00.000007Z", "Größe „ß“\n\t\\")
    assert verify([copy], {}).is_whole


def test_many_are_done_in_parts(monkeypatch: pytest.MonkeyPatch, clickhouse: ClickHouse, database: Database) -> None:
    monkeypatch.setattr(copying, "AT_ONCE", 10)
    enter(database, [entry(number) for number in range(25)])
    drains = drainer(clickhouse, database)
    assert [drains.step(NOON) for _ in range(4)] == [True, True, False, False]
    assert copies(clickhouse) == list(range(1, 26))


class Away(ClickHouse):
    """Takes rows, and then fails to say so."""

    def insert(self, table: str, columns: Mapping[str, Sequence[object]], token: str | None = None) -> None:
        super().insert(table, columns, token)
        raise StoreUnavailable("gone")


def test_what_was_copied_without_our_knowing_is_copied_twice_and_read_once(
    clickhouse: ClickHouse, any_database: Database
) -> None:
    enter(any_database, [entry(1), entry(2)])
    away = Away(clickhouse._queries, clickhouse._inserts, clickhouse.database, clickhouse._insert_timeout)
    with pytest.raises(StoreUnavailable):
        drainer(away, any_database).step(NOON)
    drainer(clickhouse, any_database).step(NOON + MINUTE)
    assert copies(clickhouse) == [1, 1, 2, 2]
    assert [row.seq for row in Trail(clickhouse, any_database).stream()] == [1, 2]
    assert is_whole(clickhouse, any_database, 2)


def test_the_chain_goes_on_while_clickhouse_is_away(any_database: Database) -> None:
    enter(any_database, [entry(1)])
    with pytest.raises(StoreUnavailable):
        drainer(ClickHouse.server("http://127.0.0.1:9"), any_database).step(NOON)
    assert Trail(ClickHouse.server("http://127.0.0.1:9"), any_database).head().seq == 1


def test_only_the_holder_of_the_lease_does_anything(clickhouse: ClickHouse, any_database: Database) -> None:
    enter(any_database, [entry(1)])
    one, two = drainer(clickhouse, any_database, "one"), drainer(clickhouse, any_database, "two")
    one.step(NOON)
    enter(any_database, [entry(2)])
    two.step(NOON + 1)
    assert copies(clickhouse) == [1]
    one.release()
    two.step(NOON + 2)
    assert copies(clickhouse) == [1, 2]


def test_whoever_was_paused_with_an_old_lease_breaks_nothing(clickhouse: ClickHouse, any_database: Database) -> None:
    """It believes for a while that it has the lease, and does the same work."""
    one, two = drainer(clickhouse, any_database, "one"), drainer(clickhouse, any_database, "two")
    one.step(NOON)
    assert leases.acquire(any_database, LEASE, "two", NOON + HOUR, HOUR) is not None
    for number in range(6):
        enter(any_database, [entry(number)], NOON + number)
        (one if number % 2 else two).step(NOON + 1 if number % 2 else NOON + HOUR)
    assert is_whole(clickhouse, any_database, 6)


def test_the_cursor_never_goes_back(clickhouse: ClickHouse, database: Database) -> None:
    enter(database, [entry(1), entry(2)])
    drainer(clickhouse, database).step(NOON)
    with database.begin() as connection:
        cursors.move(connection, "audit.copied", 1)
    copying.copy(clickhouse, database)
    with database.read() as connection:
        assert copying.copied(connection) == 2


def test_old_rows_leave_the_sql_database_when_clickhouse_has_them(
    clickhouse: ClickHouse, any_database: Database
) -> None:
    enter(any_database, [entry(1)], NOON)
    enter(any_database, [entry(2)], NOON + 80 * DAY)
    drains = drainer(clickhouse, any_database)
    drains.step(NOON + 80 * DAY)
    enter(any_database, [entry(3)], NOON + 1)  # chained behind a newer one: it stays as long as that
    drains.step(NOON + 91 * DAY)
    assert kept(any_database) == 2
    trail = Trail(clickhouse, any_database)
    assert is_whole(clickhouse, any_database, 3)
    apart: list[Fault] = []
    assert verify(compared(trail.stream(), trail.kept(), apart), {}).rows == 3
    assert apart == []


def test_what_clickhouse_has_not_stays_however_old(any_database: Database) -> None:
    enter(any_database, [entry(1)])
    chain.extend(any_database, NOON)
    assert copying.prune(any_database, NOON + 1_000 * DAY) == 0
    assert kept(any_database) == 1
