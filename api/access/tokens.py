"""API tokens: `noshow_<id>_<secret>`. Only a hash of the secret is kept; times are µs UTC."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from api.access.identity import Identity, Scope
from reconcile.actor import Actor, ActorKind
from store.tables import tokens

_TOKEN = re.compile(r"noshow_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom a token is for, and what it permits. `expires_at` `None`: never."""

    name: str
    scopes: frozenset[Scope]
    team: str = ""
    expires_at: int | None = None


def issue(connection: Connection, grant: Grant, created_by: str, now: int) -> str:
    """A new token, within the caller's transaction; its text can't be had again."""
    id_, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    connection.execute(
        insert(tokens).values(
            id=id_,
            name=grant.name,
            digest=_digest(secret),
            scopes=_joined(grant.scopes),
            team=grant.team,
            created_at=now,
            created_by=created_by,
            expires_at=grant.expires_at,
        )
    )
    return f"noshow_{id_}_{secret}"


def verify(connection: Connection, text: str, now: int) -> Identity | None:
    """Whose token it is; `None` where it is nobody's, has run out or was revoked."""
    parts = _TOKEN.fullmatch(text)
    if parts is None:
        return None
    row = connection.execute(select(tokens).where(tokens.c.id == parts[1])).one_or_none()
    # Compared also where there is no such token: how long it takes tells nothing.
    fits = hmac.compare_digest(_digest(parts[2]), row.digest if row is not None else _digest(""))
    if row is None or not fits or row.revoked_at is not None or (row.expires_at or now + 1) <= now:
        return None
    return Identity(Actor(ActorKind.TOKEN, row.name), frozenset(map(Scope, row.scopes.split())), row.team)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _joined(scopes: Iterable[Scope]) -> str:
    return " ".join(sorted(scopes))
