"""What people said about a case. Times are microseconds since the Unix epoch, UTC."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from reconcile.actor import Actor
from store.tables import case_comments
from store.uuid7 import uuid7


@dataclass(frozen=True, slots=True)
class Comment:
    """A row of `case_comments`; the id sorts by time."""

    id: str
    at: int
    actor: str
    text: str


def add(connection: Connection, case_id: str, actor: Actor, text: str, now: int) -> Comment:
    """Within the caller's transaction."""
    comment = Comment(str(uuid7(now)), now, actor.name, text)
    row = {"id": comment.id, "case_id": case_id, "at": now, "actor": actor.name, "text": text}
    connection.execute(insert(case_comments).values(row))
    return comment


def of_case(connection: Connection, case_id: str) -> list[Comment]:
    """In the order in which they were made."""
    columns = [case_comments.c[name] for name in Comment.__slots__]
    found = select(*columns).where(case_comments.c.case_id == case_id).order_by(case_comments.c.id)
    return [Comment(*row) for row in connection.execute(found)]
