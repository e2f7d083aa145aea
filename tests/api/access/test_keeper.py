"""Tokens while the database is away: senders must get rid of their events."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection

from api.access.identity import Scope
from api.access.keeper import WITHOUT_DATABASE, Keeper
from api.access.policy import Policy
from api.access.recent import BELIEVED
from api.access.tokens import Token
from store.database import Database
from store.errors import StoreUnavailable
from tests.api.access.bearer import issued
from tests.conftest import NOON
from tests.finished import finished


class Away(Database):
    """The real one, but while `away` it does not answer."""

    away = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        if self.away:
            raise StoreUnavailable("away")
        with super().read() as connection:
            yield connection


def asked(keeper: Keeper, text: str, at: int) -> Token | None:
    return finished(keeper.token(text, NOON + at))


def test_what_was_verified_is_believed_for_an_hour_without_the_database(database: Database) -> None:
    text, other = issued(database, Scope.INGEST), issued(database, Scope.INGEST)
    away = Away(database.engine)
    keeper = Keeper(away, Policy())
    token = asked(keeper, text, 0)
    assert token is not None
    away.away = True
    assert asked(keeper, text, BELIEVED) == token
    assert asked(keeper, text, WITHOUT_DATABASE - 1) == token
    with pytest.raises(StoreUnavailable):
        asked(keeper, text, WITHOUT_DATABASE + BELIEVED)
    with pytest.raises(StoreUnavailable):
        asked(keeper, other, BELIEVED)
    away.away = False
    assert asked(keeper, text, WITHOUT_DATABASE + BELIEVED) == token
