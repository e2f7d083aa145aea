"""Discrepancies are recorded once, and corrections wait until somebody has been told of them."""

from reconcile.truth.sweep.compare import Kind
from reconcile.truth.sweep.discrepancies import Discrepancy, close, correct, put, standing, tell, untold
from store.database import Database
from tests.conftest import NOON

FOUND = Discrepancy("payments", Kind.THEIRS_ONLY, "pay", "a", "Paid", {"id": "ch_1"}, {"events": 0})


def test_what_is_seen_again_is_not_new_until_it_was_closed(any_database: Database) -> None:
    with any_database.begin() as connection:
        assert put(connection, [FOUND], NOON) == [FOUND]
        assert put(connection, [FOUND], NOON + 1) == []
        assert close(connection, [FOUND.id], NOON + 2) == 1
        assert close(connection, [FOUND.id], NOON + 3) == 0
        assert put(connection, [FOUND], NOON + 4) == [FOUND]
        assert standing(connection, "payments", ["a", "b"]) == [FOUND.id]
        assert standing(connection, "others", ["a"]) == []


def told(database: Database, at: int) -> list[str]:
    """What somebody is told now."""
    with database.begin() as connection:
        ids = [row.id for row in untold(connection, 10)]
        tell(connection, ids, at)
    return ids


def test_it_is_told_once_when_it_is_found_and_once_when_it_is_corrected(any_database: Database) -> None:
    with any_database.begin() as connection:
        put(connection, [FOUND], NOON)
    assert [told(any_database, NOON), told(any_database, NOON + 1)] == [[FOUND.id], []]
    with any_database.begin() as connection:
        correct(connection, [FOUND.id], "confirmed", NOON + 2)
        put(connection, [FOUND], NOON + 3)
    assert [told(any_database, NOON + 4), told(any_database, NOON + 5)] == [[FOUND.id], []]


def test_what_differs_again_is_told_again_and_not_taken_for_corrected(any_database: Database) -> None:
    with any_database.begin() as connection:
        put(connection, [FOUND], NOON)
        correct(connection, [FOUND.id], "confirmed", NOON)
    assert told(any_database, NOON) == [FOUND.id]
    with any_database.begin() as connection:
        close(connection, [FOUND.id], NOON + 1)
        put(connection, [FOUND], NOON + 2)
        [row] = untold(connection, 10)
    assert (row.id, row.corrected_at, row.correction) == (FOUND.id, None, "")


def test_what_came_meanwhile_is_no_news(any_database: Database) -> None:
    with any_database.begin() as connection:
        put(connection, [FOUND], NOON)
        correct(connection, [FOUND.id], "confirmed", NOON + 1)
        close(connection, [FOUND.id], NOON + 2)
        assert untold(connection, 10) == []
