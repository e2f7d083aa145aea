"""Incidents begin, are let go of and end, each once, whoever is quicker."""

from dataclasses import replace

import pytest
from sqlalchemy import insert

from store import incidents
from store.database import Database
from store.event import MINUTE
from store.incidents import Because, Change, Fallen, Incident, Stream
from store.tables import incidents as table
from tests.conftest import NOON

PAYMENTS = Fallen(
    "payments", (Stream("payments"), Stream("shop", "Paid")), ("Paid", "Refunded"), NOON, "at least 40 a minute", 20
)


def begun(database: Database, subject: str = "payments", at: int = 0) -> Incident:
    with database.begin() as connection:
        return incidents.begin(connection, replace(PAYMENTS, subject=subject), NOON + at, NOON + at + 15 * MINUTE)


def known(database: Database, id: str) -> Incident:
    with database.read() as connection:
        it = incidents.one(connection, id)
    assert it is not None
    return it


def let_go(database: Database, id: str, because: Because, by: str = "", reason: str = "") -> bool:
    with database.begin() as connection:
        return incidents.let_go(connection, id, NOON + 5 * MINUTE, because, by, reason)


def end(database: Database, id: str, at: int = 9 * MINUTE) -> bool:
    with database.begin() as connection:
        return incidents.end(connection, id, NOON + at)


def test_what_began_is_on_record_as_it_was_told(any_database: Database) -> None:
    with any_database.begin() as connection:
        began = incidents.begin(connection, PAYMENTS, NOON + MINUTE, NOON + 16 * MINUTE)
        assert incidents.one(connection, began.id) == began
        assert incidents.unsettled(connection, NOON + MINUTE) == [began]
    assert (began.subject, began.names, began.percent) == ("payments", ("Paid", "Refunded"), 20)
    assert began.streams == (Stream("payments", "*"), Stream("shop", "Paid"))


def test_it_holds_until_it_is_back(any_database: Database) -> None:
    it = begun(any_database)
    assert known(any_database, it.id) == it
    assert (it.is_open, it.is_holding, it.change) == (True, True, Change.SILENT)
    assert end(any_database, it.id)
    ended = known(any_database, it.id)
    assert (ended.is_open, ended.because, ended.ended_at) == (False, Because.BACK, NOON + 9 * MINUTE)
    assert ended.change is Change.BACK
    assert not end(any_database, it.id, 10 * MINUTE)
    assert not let_go(any_database, it.id, Because.DISMISSED)
    assert known(any_database, it.id) == ended


def test_it_is_let_go_of_once_and_says_why_to_the_end(any_database: Database) -> None:
    it = begun(any_database)
    assert let_go(any_database, it.id, Because.DISMISSED, "anna", "planned")
    assert not let_go(any_database, it.id, Because.RAN_OUT)
    after = known(any_database, it.id)
    assert (after.is_open, after.is_holding, after.change) == (True, False, Change.LET_GO)
    assert end(any_database, it.id)
    ended = known(any_database, it.id)
    assert (ended.because, ended.ended_by, ended.reason) == (Because.DISMISSED, "anna", "planned")


def test_nobody_knows_of_an_incident_that_never_was(any_database: Database) -> None:
    assert not end(any_database, "none")
    assert not let_go(any_database, "none", Because.DISMISSED)
    with any_database.read() as connection:
        assert incidents.one(connection, "none") is None


def test_how_many_wait_is_noted(any_database: Database) -> None:
    it = begun(any_database)
    with any_database.begin() as connection:
        incidents.count(connection, it.id, 4312)
    assert known(any_database, it.id).held == 4312


def test_they_are_listed_page_by_page(any_database: Database) -> None:
    first, second, third = (begun(any_database, name, at) for name, at in (("a", 0), ("b", 0), ("c", MINUTE)))
    end(any_database, second.id)
    expected = [third.id, *sorted((first.id, second.id), reverse=True)]
    with any_database.read() as connection:
        pages, after = list[str](), None
        while found := incidents.page(connection, after, 1, only_open=False):
            pages += [it.id for it in found]
            after = (found[-1].began_at, found[-1].id)
        assert pages == expected
        assert [it.subject for it in incidents.page(connection, None, 9, only_open=True)] == ["c", "a"]
        assert [it.subject for it in incidents.ended(connection, None, 9)] == ["b"]


def test_what_ended_is_settled_when_its_hold_would_have_run_out(any_database: Database) -> None:
    ended, open_ = begun(any_database, "a"), begun(any_database, "b", at=1)
    end(any_database, ended.id)
    with any_database.read() as connection:
        during = incidents.unsettled(connection, ended.until - 1)
        after = incidents.unsettled(connection, ended.until)
    assert [it.subject for it in during] == ["a", "b"]
    assert [it.subject for it in after] == [open_.subject]


@pytest.mark.parametrize("tellers", [1, 2])
def test_each_change_is_told_by_one(any_database: Database, tellers: int) -> None:
    it = begun(any_database)
    for change in (
        lambda: None,
        lambda: let_go(any_database, it.id, Because.RAN_OUT),
        lambda: end(any_database, it.id),
    ):
        change()
        with any_database.read() as connection:
            seen = incidents.untold(connection, 9)
        assert [one.id for one in seen] == [it.id]
        with any_database.begin() as connection:
            assert [incidents.tell(connection, seen[0]) for _ in range(tellers)] == [True, False][:tellers]
    with any_database.read() as connection:
        assert incidents.untold(connection, 9) == []
    assert known(any_database, it.id).told == Change.BACK


def test_one_from_before_streams_were_on_record_is_of_its_names(any_database: Database) -> None:
    old = {name: NOON for name in ("since", "began_at", "until")} | {"held": 0, "names": '["Paid"]'}
    texts = dict.fromkeys(("kind", "subject", "expected", "because", "ended_by", "reason"), "")
    with any_database.begin() as connection:
        connection.execute(insert(table).values(id="old", **old, **texts))
        found = incidents.one(connection, "old")
    assert found is not None
    assert found.streams == (Stream("*", "Paid"),)
