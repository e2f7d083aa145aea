"""Sign-ins to the dashboard. The cookie holds a random secret, the database its hash; times are µs UTC."""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, or_, select, update

from api.access.tokens import Token, digest, of_row
from reconcile.actor import Actor, ActorKind
from reconcile.audit.entry import Entry, record
from store.event import HOUR, MINUTE
from store.tables import sessions, tokens

LIFETIME = 12 * HOUR
IDLE = 1 * HOUR
SEEN_EVERY = MINUTE


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in with a token, whose end is its own too."""

    token: Token
    seen_at: int
    expires_at: int

    def valid(self, now: int) -> bool:
        return now < min(self.expires_at, self.seen_at + IDLE) and self.token.valid(now)


def begin(connection: Connection, token: Token, now: int) -> str:
    """A new session, and what the cookie is to hold. Those that are over are forgotten."""
    over = or_(sessions.c.expires_at <= now, sessions.c.seen_at <= now - IDLE)
    connection.execute(delete(sessions).where(over))
    secret = secrets.token_urlsafe(32)
    row = {"digest": digest(secret), "token_id": token.id, "created_at": now, "seen_at": now}
    connection.execute(insert(sessions).values(**row, expires_at=now + LIFETIME))
    actor = Actor(ActorKind.PERSON, token.name)
    record(connection, [Entry("session.began", actor, detail={"token": token.id})], now)
    return secret


def verify(connection: Connection, secret: str, now: int) -> Session | None:
    """The session that this cookie is of; `None` where there is none, or it is over."""
    # Found by its hash: how far a guess of the secret is right can't be told from how long the look-up takes.
    found = (
        select(tokens, sessions.c.seen_at, sessions.c.expires_at.label("ends_at"))
        .join_from(sessions, tokens)
        .where(sessions.c.digest == digest(secret))
    )
    row = connection.execute(found).one_or_none()
    session = None if row is None else Session(of_row(row), row.seen_at, row.ends_at)
    return session if session is not None and session.valid(now) else None


def see(connection: Connection, secret: str, now: int) -> None:
    """Somebody is still there."""
    connection.execute(update(sessions).where(sessions.c.digest == digest(secret)).values(seen_at=now))


def end(connection: Connection, secret: str, actor: Actor, now: int) -> None:
    if connection.execute(delete(sessions).where(sessions.c.digest == digest(secret))).rowcount:
        record(connection, [Entry("session.ended", actor)], now)
