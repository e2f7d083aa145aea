"""Tokens for tests: `{"Authorization": "Bearer …"}` of a new one."""

import itertools

from api.access import tokens
from api.access.identity import Scope
from api.access.tokens import Grant
from reconcile.actor import Actor, ActorKind
from store.database import Database
from tests.conftest import NOON

OPERATOR = Actor(ActorKind.PERSON, "root")

_numbers = itertools.count(1)


def issued(database: Database, *scopes: Scope, team: str = "", name: str = "", source: str = "") -> str:
    """The text of a new token; without a name, one of its own."""
    grant = Grant(name or f"token-{next(_numbers)}", frozenset(scopes), team, source=source)
    with database.begin() as connection:
        return tokens.issue(connection, grant, OPERATOR, NOON)


def bearer(database: Database, *scopes: Scope, team: str = "", name: str = "", source: str = "") -> dict[str, str]:
    """Headers that show a new token."""
    return {"Authorization": f"Bearer {issued(database, *scopes, team=team, name=name, source=source)}"}
