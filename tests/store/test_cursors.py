import pytest

from store import cursors
from store.database import Database


def test_a_cursor_that_was_never_moved_is_none(any_database: Database) -> None:
    with any_database.read() as connection:
        assert cursors.read(connection, "evaluator") is None


def test_each_cursor_is_where_it_was_last_moved(any_database: Database) -> None:
    with any_database.begin() as connection:
        cursors.move(connection, "evaluator", 5)
        cursors.move(connection, "reconciler", 2**60)
        cursors.move(connection, "evaluator", 7)
    with any_database.read() as connection:
        assert cursors.read(connection, "evaluator") == 7
        assert cursors.read(connection, "reconciler") == 2**60


def test_a_cursor_moves_with_its_transaction(any_database: Database) -> None:
    with pytest.raises(ZeroDivisionError), any_database.begin() as connection:
        cursors.move(connection, "evaluator", 5)
        raise ZeroDivisionError
    with any_database.read() as connection:
        assert cursors.read(connection, "evaluator") is None


def test_those_that_begin_alike_are_found_by_name_and_one_that_is_dropped_is_not(any_database: Database) -> None:
    with any_database.begin() as connection:
        for position, name in enumerate(["rule.a", "rule.b_c", "ruler", "rule%x"]):
            cursors.move(connection, name, position)
        assert cursors.named(connection, "rule.") == {"rule.a": 0, "rule.b_c": 1}
        cursors.drop(connection, "rule.a")
        assert cursors.named(connection, "rule.") == {"rule.b_c": 1}
        assert cursors.read(connection, "rule.a") is None
