"""Sign-ins to the dashboard. The cookie holds a random secret, the database its hash; times are µs UTC."""

import secrets
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from api.access.identity import Identity, Scope
from api.access.people import Person
from api.access.tokens import Token, digest, of_row
from reconcile.actor import Actor, ActorKind
from reconcile.audit.entry import Entry, record
from reconcile.teams import Teams
from store.event import HOUR, MINUTE
from store.tables import sessions, tokens

LIFETIME = 12 * HOUR
IDLE = 1 * HOUR
SEEN_EVERY = MINUTE


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in. `ends_at`: at the latest; where a token signed in, with that."""

    identity: Identity
    seen_at: int
    ends_at: int

    def valid(self, now: int) -> bool:
        return now < min(self.ends_at, self.seen_at + IDLE)


def begin(connection: Connection, token: Token, now: int) -> str:
    """A new session with a token, and what the cookie is to hold."""
    secret = _begun(connection, {"token_id": token.id}, now)
    actor = Actor(ActorKind.PERSON, token.name)
    record(connection, [Entry("session.began", actor, detail={"token": token.id})], now)
    return secret


def begin_of(connection: Connection, person: Person, now: int) -> str:
    """A new session of somebody whom a provider signed in, with what they may do then; what the cookie is to hold."""
    teams = None if person.teams.names is None else sorted(person.teams.names)
    scopes = " ".join(sorted(person.scopes))
    kept = None if teams is None else msgspec.json.encode(teams).decode()
    secret = _begun(connection, {"person": person.name, "scopes": scopes, "teams": kept}, now)
    detail = {"issuer": person.issuer, "subject": person.subject, "scopes": scopes, "teams": teams}
    record(connection, [Entry("session.began", person.identity.actor, detail=detail)], now)
    return secret


def verify(connection: Connection, secret: str, now: int) -> Session | None:
    """The session that this cookie is of; `None` where there is none, or it is over."""
    # Found by its hash: how far a guess of the secret is right can't be told from how long the look-up takes.
    row = connection.execute(select(sessions).where(sessions.c.digest == digest(secret))).one_or_none()
    if row is None:
        return None
    session = _of_person(row) if row.token_id is None else _of_token(connection, row, now)
    return session if session is not None and session.valid(now) else None


def see(connection: Connection, secret: str, now: int) -> None:
    """Somebody is still there."""
    connection.execute(update(sessions).where(sessions.c.digest == digest(secret)).values(seen_at=now))


def end(connection: Connection, secret: str, actor: Actor, now: int) -> None:
    if connection.execute(delete(sessions).where(sessions.c.digest == digest(secret))).rowcount:
        record(connection, [Entry("session.ended", actor)], now)


def _begun(connection: Connection, whose: dict[str, object], now: int) -> str:
    """Those that are over are forgotten."""
    over = or_(sessions.c.expires_at <= now, sessions.c.seen_at <= now - IDLE)
    connection.execute(delete(sessions).where(over))
    secret = secrets.token_urlsafe(32)
    times = {"created_at": now, "seen_at": now, "expires_at": now + LIFETIME}
    connection.execute(insert(sessions).values(digest=digest(secret), **times, **whose))
    return secret


def _of_token(connection: Connection, row: Row[Any], now: int) -> Session | None:
    token = of_row(connection.execute(select(tokens).where(tokens.c.id == row.token_id)).one())
    ends_at = row.expires_at if token.expires_at is None else min(row.expires_at, token.expires_at)
    return Session(token.identity(ActorKind.PERSON), row.seen_at, ends_at) if token.valid(now) else None


def _of_person(row: Row[Any]) -> Session:
    teams = Teams(None if row.teams is None else msgspec.json.decode(row.teams, type=frozenset[str]))
    actor = Actor(ActorKind.PERSON, row.person)
    return Session(Identity(actor, frozenset(map(Scope, row.scopes.split())), teams), row.seen_at, row.expires_at)
