"""People whom a provider has signed in. A name is one person's: nobody else can be taken for them later."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import IntegrityError

from api.access.errors import NoSuchPerson, SignInRefused
from api.access.identity import Identity, Scope
from reconcile.actor import Actor, ActorKind
from reconcile.audit.entry import Entry, record
from reconcile.teams import Teams
from store.tables import people, sessions


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a provider (`issuer`) knows by `subject`, as they have just signed in."""

    name: str
    issuer: str
    subject: str
    scopes: frozenset[Scope]
    teams: Teams

    @property
    def identity(self) -> Identity:
        return Identity(Actor(ActorKind.PERSON, self.name), self.scopes, self.teams)


@dataclass(frozen=True, slots=True)
class Known:
    """Who has signed in under a name; times in µs UTC."""

    name: str
    issuer: str
    subject: str
    first_at: int
    last_at: int


def know(connection: Connection, person: Person, now: int) -> None:
    """The name is theirs from now on, within the caller's transaction; also where another provider gave it before.

    Raises `SignInRefused` where it is somebody else's.
    """
    theirs = {"issuer": person.issuer, "subject": person.subject}
    found = connection.execute(select(people).where(people.c.name == person.name).with_for_update()).one_or_none()
    if found is None:
        _add(connection, {"name": person.name, **theirs, "first_at": now, "last_at": now})
    elif found.issuer == person.issuer and found.subject != person.subject:
        raise SignInRefused(f"Somebody else has signed in as {person.name} before. Ask whoever runs this.")
    else:
        seen = update(people).where(people.c.name == person.name)
        connection.execute(seen.values(**theirs, last_at=now))


def listing(connection: Connection) -> list[Known]:
    """All that are known, by name."""
    return [Known(*row) for row in connection.execute(select(people).order_by(people.c.name))]


def forget(connection: Connection, name: str, by: Actor, now: int) -> None:
    """Sign somebody out everywhere, and let their name be anybody's. Raises `NoSuchPerson`."""
    connection.execute(delete(sessions).where(sessions.c.person == name))
    if not connection.execute(delete(people).where(people.c.name == name)).rowcount:
        raise NoSuchPerson(f"nobody called {name} has signed in")
    record(connection, [Entry("person.forgotten", by, detail={"name": name})], now)


def _add(connection: Connection, row: dict[str, object]) -> None:
    try:
        connection.execute(people.insert().values(row))
    except IntegrityError as error:
        raise SignInRefused("Somebody has just signed in under your name. Try again.") from error
