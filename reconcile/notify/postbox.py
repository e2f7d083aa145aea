"""Messages as people look at them, and send them anew. Times are µs UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, tuple_, update

from reconcile.actor import Actor
from reconcile.audit.entry import Entry, record
from reconcile.errors import NoSuchMessage
from reconcile.notify.outbox import State
from store.database import Database
from store.tables import disabled_endpoints, message_attempts, message_subjects, messages

_LISTED = [column for column in messages.c if column.name != "payload"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages: all that are given must fit. `subject` is a case's id."""

    state: State | None = None
    endpoint: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Disabled:
    """An endpoint that said that it is gone; `pending` messages wait for it to be enabled again."""

    name: str
    at: int
    reason: str
    pending: int


def page(connection: Connection, wanted: Wanted, before: tuple[int, str] | None, limit: int) -> Sequence[Row[Any]]:
    """Without payloads, the newest first; `before` is `created_at` and id of the last one of the page before."""
    place = tuple_(messages.c.created_at, messages.c.id)
    statement = select(*_LISTED).where(*_fitting(wanted))
    if before is not None:
        statement = statement.where(place < tuple_(*before))
    statement = statement.order_by(messages.c.created_at.desc(), messages.c.id.desc()).limit(limit)
    return connection.execute(statement).all()


def message(connection: Connection, id_: str) -> Row[Any] | None:
    return connection.execute(select(messages).where(messages.c.id == id_)).one_or_none()


def attempts(connection: Connection, id_: str) -> Sequence[Row[Any]]:
    """In order. One that is missing between was cut off by the end of its process."""
    of_it = select(message_attempts).where(message_attempts.c.message_id == id_)
    return connection.execute(of_it.order_by(message_attempts.c.number)).all()


def disabled(connection: Connection) -> list[Disabled]:
    waiting = func.count(messages.c.id)
    rows = connection.execute(
        select(disabled_endpoints, waiting.label("pending"))
        .outerjoin(messages, (messages.c.receiver == disabled_endpoints.c.name) & (messages.c.state == State.PENDING))
        .group_by(*disabled_endpoints.c)
        .order_by(disabled_endpoints.c.name)
    )
    return [Disabled(row.name, row.at, row.reason, row.pending) for row in rows]


def enable(database: Database, endpoint: str, actor: Actor, now: int) -> bool:
    """Send to it again, what waited for it first; false if it was not disabled."""
    with database.begin() as connection:
        gone = connection.execute(delete(disabled_endpoints).where(disabled_endpoints.c.name == endpoint))
        if gone.rowcount:
            record(connection, [Entry("endpoint.enabled", actor, detail={"endpoint": endpoint})], now)
    return gone.rowcount > 0


def send_anew(database: Database, id_: str, actor: Actor, now: int) -> bool:
    """Deliver it once more, under the same id; false if it is on its way already. Raises `NoSuchMessage`."""
    with database.begin() as connection:
        if message(connection, id_) is None:
            raise NoSuchMessage(f"there is no message {id_}")
        return _anew(connection, [messages.c.id == id_], actor, now, {"message": id_}) > 0


def send_anew_since(database: Database, endpoint: str, since: int, actor: Actor, now: int) -> int:
    """Deliver once more what was made for this endpoint at `since` or later, in order; how many those are."""
    with database.begin() as connection:
        which = [messages.c.receiver == endpoint, messages.c.created_at >= since]
        return _anew(connection, which, actor, now, {"endpoint": endpoint, "since": since})


def _anew(
    connection: Connection, which: Sequence[ColumnElement[bool]], actor: Actor, now: int, detail: dict[str, object]
) -> int:
    """Its attempts begin from the first again, but keep their numbers."""
    again = connection.execute(
        update(messages)
        .where(*which, messages.c.state != State.PENDING)
        .values(state=State.PENDING, next_attempt_at=now, attempts_before=messages.c.attempts, delivered_at=None)
    )
    if again.rowcount:
        record(connection, [Entry("message.sent_anew", actor, detail={**detail, "count": again.rowcount})], now)
    return again.rowcount


def _fitting(wanted: Wanted) -> list[ColumnElement[bool]]:
    fitting: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        fitting.append(messages.c.state == wanted.state)
    if wanted.endpoint is not None:
        fitting.append(messages.c.receiver == wanted.endpoint)
    if wanted.subject is not None:
        about = select(message_subjects.c.message_id).where(message_subjects.c.subject == wanted.subject)
        fitting.append(messages.c.id.in_(about))
    return fitting
