"""Incidents: what is on record of what fell silent."""

from sqlalchemy import insert

from store import incidents
from store.database import Database
from store.event import MINUTE
from store.incidents import Because, Fallen, Stream
from store.tables import incidents as table
from tests.conftest import NOON

PAYMENTS = Fallen(
    "payments", (Stream("payments"), Stream("shop", "Paid")), ("Paid", "Refunded"), NOON, "at least 40 a minute", 20
)


def test_what_began_is_on_record_as_it_was_told(any_database: Database) -> None:
    with any_database.begin() as connection:
        began = incidents.begin(connection, PAYMENTS, NOON + MINUTE, NOON + 16 * MINUTE)
        assert incidents.one(connection, began.id) == began
        assert incidents.unsettled(connection, NOON + MINUTE) == [began]
    assert (began.subject, began.names, began.percent) == ("payments", ("Paid", "Refunded"), 20)
    assert began.streams == (Stream("payments", "*"), Stream("shop", "Paid"))


def test_it_is_let_go_of_once_and_ends_once(any_database: Database) -> None:
    with any_database.begin() as connection:
        id = incidents.begin(connection, PAYMENTS, NOON, NOON + 15 * MINUTE).id
        assert incidents.let_go(connection, id, NOON + MINUTE, Because.DISMISSED, "anna", "known")
        assert not incidents.let_go(connection, id, NOON + 2 * MINUTE, Because.RAN_OUT)
        assert incidents.end(connection, id, NOON + 3 * MINUTE)
        assert not incidents.end(connection, id, NOON + 4 * MINUTE)
        ended = incidents.one(connection, id)
    assert ended is not None
    assert (ended.let_go_at, ended.ended_at, ended.because) == (NOON + MINUTE, NOON + 3 * MINUTE, "dismissed")


def test_one_from_before_streams_were_on_record_is_of_its_names(any_database: Database) -> None:
    old = {name: NOON for name in ("since", "began_at", "until")} | {"held": 0, "names": '["Paid"]'}
    texts = dict.fromkeys(("kind", "subject", "expected", "because", "ended_by", "reason"), "")
    with any_database.begin() as connection:
        connection.execute(insert(table).values(id="old", **old, **texts))
        found = incidents.one(connection, "old")
    assert found is not None
    assert found.streams == (Stream("*", "Paid"),)
