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


def test_a_correction_waits_until_somebody_was_told_of_it(any_database: Database) -> None:
    with any_database.begin() as connection:
        put(connection, [FOUND], NOON)
        assert untold(connection, 10) == [], "nothing was corrected, so nobody needs to hear of it"
        correct(connection, [FOUND.id], "confirmed", NOON + 1)
        assert [row.id for row in untold(connection, 10)] == [FOUND.id]
        tell(connection, [FOUND.id], NOON + 2)
        assert untold(connection, 10) == []


def test_what_came_meanwhile_is_no_news(any_database: Database) -> None:
    with any_database.begin() as connection:
        put(connection, [FOUND], NOON)
        correct(connection, [FOUND.id], "confirmed", NOON + 1)
        close(connection, [FOUND.id], NOON + 2)
        assert untold(connection, 10) == []
