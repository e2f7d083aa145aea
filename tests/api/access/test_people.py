"""People whom a provider has signed in: their names, and their sessions."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from api.access import people, sessions
from api.access.errors import NoSuchPerson, SignInRefused
from api.access.identity import Scope
from api.access.people import Known, Person
from reconcile.teams import EVERY_TEAM, Teams
from store.database import Database
from store.event import HOUR
from store.tables import audit
from tests.api.access.bearer import OPERATOR
from tests.conftest import NOON

ANNA = Person(
    "anna", "https://login.example", "u-1", frozenset({Scope.READ, Scope.OPERATE}), Teams.of("a b", "payments")
)


def test_a_session_is_theirs_with_what_they_may(any_database: Database) -> None:
    for person in (ANNA, replace(ANNA, teams=EVERY_TEAM), replace(ANNA, teams=Teams.of())):
        with any_database.begin() as connection:
            secret = sessions.begin_of(connection, person, NOON)
            found = sessions.verify(connection, secret, NOON + HOUR - 1)
            assert found is not None and found.identity == person.identity
            assert sessions.verify(connection, secret, NOON + HOUR) is None


def test_a_name_is_one_person_s(any_database: Database) -> None:
    with any_database.begin() as connection:
        people.know(connection, ANNA, NOON)
        people.know(connection, ANNA, NOON + 1)
        with pytest.raises(SignInRefused, match="Somebody else has signed in as anna"):
            people.know(connection, replace(ANNA, subject="u-2"), NOON + 2)
        assert people.listing(connection) == [Known("anna", ANNA.issuer, "u-1", NOON, NOON + 1)]


def test_another_provider_takes_over_the_names(any_database: Database) -> None:
    with any_database.begin() as connection:
        people.know(connection, ANNA, NOON)
        people.know(connection, replace(ANNA, issuer="https://new.example", subject="x"), NOON)
        [known] = people.listing(connection)
        assert (known.issuer, known.subject) == ("https://new.example", "x")


def test_who_is_forgotten_is_signed_out_and_the_name_is_free(any_database: Database) -> None:
    with any_database.begin() as connection:
        people.know(connection, ANNA, NOON)
        secret = sessions.begin_of(connection, ANNA, NOON)
        people.forget(connection, "anna", OPERATOR, NOON)
        assert sessions.verify(connection, secret, NOON) is None
        people.know(connection, replace(ANNA, subject="u-2"), NOON)
        told = connection.execute(select(audit.c.what).where(audit.c.actor == OPERATOR.name)).scalars().all()
        assert told == ["person.forgotten"]
        with pytest.raises(NoSuchPerson):
            people.forget(connection, "bert", OPERATOR, NOON)
