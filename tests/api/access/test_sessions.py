"""Sessions: how long one lasts, and what is kept of it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, func, select

from api.access import sessions, tokens
from api.access.identity import Scope
from api.access.sessions import IDLE, LIFETIME
from api.access.tokens import Grant, Token
from reconcile.actor import Actor, ActorKind
from store.database import Database
from store.event import HOUR, MINUTE
from store.tables import audit
from store.tables import sessions as table
from tests.api.access.bearer import OPERATOR
from tests.conftest import NOON


@pytest.fixture
def connection(any_database: Database) -> Iterator[Connection]:
    with any_database.begin() as connection:
        yield connection


def token(connection: Connection, expires_at: int | None = None) -> Token:
    text = tokens.issue(connection, Grant("anna", frozenset({Scope.READ}), "", expires_at), OPERATOR, NOON)
    found = tokens.verify(connection, text, NOON)
    assert found is not None
    return found


def test_a_session_is_of_its_token(connection: Connection) -> None:
    secret = sessions.begin(connection, token(connection), NOON)
    found = sessions.verify(connection, secret, NOON)
    assert found is not None
    assert (found.identity.actor.name, found.identity.scopes) == ("anna", frozenset({Scope.READ}))
    assert sessions.verify(connection, secret + "x", NOON) is None


def test_the_database_holds_no_secret(connection: Connection) -> None:
    secret = sessions.begin(connection, token(connection), NOON)
    [row] = connection.execute(select(table))
    assert secret not in map(str, row)


def test_it_ends_when_nobody_is_there(connection: Connection) -> None:
    secret = sessions.begin(connection, token(connection), NOON)
    assert sessions.verify(connection, secret, NOON + IDLE - 1) is not None
    assert sessions.verify(connection, secret, NOON + IDLE) is None
    sessions.see(connection, secret, NOON + 30 * MINUTE)
    assert sessions.verify(connection, secret, NOON + IDLE) is not None


def test_it_ends_after_its_lifetime_whoever_is_there(connection: Connection) -> None:
    secret = sessions.begin(connection, token(connection), NOON)
    sessions.see(connection, secret, NOON + LIFETIME - 1)
    assert sessions.verify(connection, secret, NOON + LIFETIME - 1) is not None
    assert sessions.verify(connection, secret, NOON + LIFETIME) is None


def test_it_ends_with_its_token(connection: Connection) -> None:
    short = token(connection, NOON + 10 * MINUTE)
    secret = sessions.begin(connection, short, NOON)
    assert sessions.verify(connection, secret, NOON + 10 * MINUTE - 1) is not None
    assert sessions.verify(connection, secret, NOON + 10 * MINUTE) is None
    tokens.revoke(connection, short.id, OPERATOR, NOON)
    assert sessions.verify(connection, secret, NOON) is None


def test_signing_out_ends_it_and_is_told_once(connection: Connection) -> None:
    secret = sessions.begin(connection, token(connection), NOON)
    anna = Actor(ActorKind.PERSON, "anna")
    for _ in range(2):
        sessions.end(connection, secret, anna, NOON)
    assert sessions.verify(connection, secret, NOON) is None
    told = connection.execute(select(audit.c.what).where(audit.c.actor == "anna").order_by(audit.c.id)).scalars().all()
    assert sorted(told) == ["session.began", "session.ended"]


def test_those_that_are_over_are_forgotten(connection: Connection) -> None:
    anna = token(connection)
    for at in (NOON, NOON + 1, NOON + 2 * HOUR):
        sessions.begin(connection, anna, at)
    assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 1
