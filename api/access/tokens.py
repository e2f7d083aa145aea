"""API tokens: `noshow_<id>_<secret>`. Only a hash of the secret is kept; times are µs UTC.

At most two tokens of one name are valid at a time: the one in use, and the one that takes its place.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from api.access.errors import BadGrant, NameTaken, NoSuchToken, TwoValid
from api.access.identity import Identity, Scope
from reconcile.actor import Actor, ActorKind
from reconcile.audit.entry import Entry, record
from reconcile.teams import EVERY_TEAM, Teams
from store.event import RESERVED_SOURCE
from store.instant import rfc3339_or_none
from store.tables import sessions, tokens

_TOKEN = re.compile(r"noshow_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)
_NAME = re.compile(r"\w[\w.@+-]{0,63}")
_NOBODYS = ("anonymous", "noshow", "evaluator", "truth")  # what actors without a token are called
LONGEST_TEAM = 200
LONGEST_SOURCE = 256  # bytes, as of events


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom a token is for, and what it permits. `expires_at` `None`: never. `source`: all that it sends is of this
    one; of any if ''."""

    name: str
    scopes: frozenset[Scope]
    team: str = ""
    expires_at: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """All that is known of a token but its secret."""

    id: str
    name: str
    scopes: frozenset[Scope]
    team: str
    created_at: int
    created_by: str
    expires_at: int | None
    revoked_at: int | None
    source: str

    def valid(self, now: int) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def identity(self, kind: ActorKind) -> Identity:
        teams = Teams.of(self.team) if self.team else EVERY_TEAM
        return Identity(Actor(kind, self.name), self.scopes, teams, self.source)


def issue(connection: Connection, grant: Grant, by: Actor, now: int) -> str:
    """A new token, within the caller's transaction; its text can't be had again. Raises `BadGrant` or `NameTaken`."""
    _check(grant, now)
    line = _line(connection, grant.name)
    if any(token.valid(now) for token in line):
        raise NameTaken(f"there is a valid token called {grant.name}: rotate it, revoke it, or choose another name")
    return _made(connection, len(line) + 1, grant, _Deed("token.issued", by, now))


def rotate(connection: Connection, name: str, overlap: int, by: Actor, now: int) -> str:
    """A token that takes the place of the one of this name, which stays valid for `overlap` µs more at most.

    It permits the same, for as long a life. Raises `NoSuchToken` or `TwoValid`.
    """
    line = _line(connection, name)
    found = [token for token in line if token.valid(now)]
    if not found:
        raise NoSuchToken(f"there is no valid token called {name}")
    if len(found) > 1:
        raise TwoValid(f"two tokens called {name} are valid: revoke one, or wait until the older one ends")
    [old] = found
    until = None if old.expires_at is None else now + old.expires_at - old.created_at
    grant = Grant(name, old.scopes, old.team, until, old.source)
    text = _made(connection, len(line) + 1, grant, _Deed("token.rotated", by, now))
    ends = now + overlap if old.expires_at is None else min(now + overlap, old.expires_at)
    connection.execute(update(tokens).where(tokens.c.id == old.id).values(expires_at=ends))
    return text


def revoke(connection: Connection, id_: str, by: Actor, now: int) -> Token:
    """End a token, and the sessions that were signed in with it. Raises `NoSuchToken`."""
    ended = update(tokens).where(tokens.c.id == id_, tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    if not connection.execute(ended).rowcount:
        raise NoSuchToken(f"there is no token {id_}, or it is revoked already")
    connection.execute(delete(sessions).where(sessions.c.token_id == id_))
    token = of_row(connection.execute(select(tokens).where(tokens.c.id == id_)).one())
    record(connection, [Entry("token.revoked", by, detail={"id": id_, "name": token.name})], now)
    return token


def listing(connection: Connection) -> list[Token]:
    """All there ever were, in order of name and time."""
    return [of_row(row) for row in connection.execute(select(tokens).order_by(tokens.c.name, tokens.c.generation))]


def any_valid(connection: Connection, now: int) -> bool:
    return connection.execute(select(tokens.c.id).where(_is_valid(now)).limit(1)).one_or_none() is not None


def verify(connection: Connection, text: str, now: int) -> Token | None:
    """The token that this is; `None` where it is nobody's, has run out or was revoked."""
    parts = _TOKEN.fullmatch(text)
    if parts is None:
        return None
    row = connection.execute(select(tokens).where(tokens.c.id == parts[1])).one_or_none()
    # Compared also where there is no such token: how long it takes tells nothing.
    fits = hmac.compare_digest(digest(parts[2]), row.digest if row is not None else digest(""))
    if row is None or not fits:
        return None
    token = of_row(row)
    return token if token.valid(now) else None


def of_row(row: Row[Any]) -> Token:
    """A row that has the columns of `tokens`."""
    return Token(
        id=row.id,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes.split())),
        team=row.team,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        source=row.source,
    )


def digest(secret: str) -> str:
    """What is kept of a secret. It has 256 random bits, so that one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_name(text: str) -> bool:
    """Whether somebody may be called so here."""
    return _NAME.fullmatch(text) is not None and text not in _NOBODYS


def _check(grant: Grant, now: int) -> None:
    if not is_name(grant.name):
        raise BadGrant(
            "expected a name of up to 64 letters, digits and . @ + - _, and none that Noshow calls itself by"
        )
    if len(grant.team) > LONGEST_TEAM or not grant.team.isprintable():
        raise BadGrant("expected the name of a team, as `owner` in the rules has it")
    _check_source(grant)
    if not grant.scopes:
        raise BadGrant("expected at least one scope")
    if grant.expires_at is not None and grant.expires_at <= now:
        raise BadGrant("expected an end that lies in the future")


def _check_source(grant: Grant) -> None:
    if not grant.source:
        return
    if Scope.INGEST not in grant.scopes:
        raise BadGrant(f"a source is of what is sent: expected the scope {Scope.INGEST} with it")
    if grant.source == RESERVED_SOURCE:
        raise BadGrant(f'"{RESERVED_SOURCE}" is reserved: expected the name of a service')
    if len(grant.source.encode()) > LONGEST_SOURCE or not grant.source.isprintable():
        raise BadGrant("expected the name of a source, as events have it")


@dataclass(frozen=True, slots=True)
class _Deed:
    """What is done, for the audit trail."""

    what: str
    by: Actor
    now: int


def _made(connection: Connection, generation: int, grant: Grant, deed: _Deed) -> str:
    id_, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    row = {
        "id": id_,
        "name": grant.name,
        "generation": generation,
        "digest": digest(secret),
        "scopes": _joined(grant.scopes),
        "team": grant.team,
        "created_at": deed.now,
        "created_by": deed.by.name,
        "expires_at": grant.expires_at,
        "source": grant.source,
    }
    try:
        connection.execute(insert(tokens).values(row))
    except IntegrityError as error:
        raise NameTaken(f"somebody else has just made a token called {grant.name}") from error
    told = {"id": id_, "name": grant.name, "scopes": _joined(grant.scopes), "team": grant.team}
    detail = {**told, "source": grant.source, "expires_at": rfc3339_or_none(grant.expires_at)}
    record(connection, [Entry(deed.what, deed.by, detail=detail)], deed.now)
    return f"noshow_{id_}_{secret}"


def _line(connection: Connection, name: str) -> list[Token]:
    """All that ever had this name, by generation, which begins at 1.

    Read at once, and locked: whoever adds to the same line meanwhile takes the generation that this one would.
    """
    found = select(tokens).where(tokens.c.name == name).order_by(tokens.c.generation).with_for_update()
    return [of_row(row) for row in connection.execute(found)]


def _is_valid(now: int) -> Any:
    return tokens.c.revoked_at.is_(None) & or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now)


def _joined(scopes: Iterable[Scope]) -> str:
    return " ".join(sorted(scopes))
