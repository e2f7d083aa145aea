"""Cursors: how far a reader has come. What a position means is the reader's business."""

from sqlalchemy import Connection, delete, select

from store.database import upsert
from store.tables import cursors


def read(connection: Connection, name: str) -> int | None:
    """The position, `None` if it was never moved."""
    return connection.execute(select(cursors.c.position).where(cursors.c.name == name)).scalar_one_or_none()


def move(connection: Connection, name: str, position: int) -> None:
    """Set the position, within the caller's transaction."""
    row = upsert(connection.dialect.name, cursors).values(name=name, position=position)
    connection.execute(row.on_conflict_do_update(index_elements=[cursors.c.name], set_={"position": position}))


def named(connection: Connection, prefix: str) -> dict[str, int]:
    """The positions of all whose names begin so, by name."""
    found = select(cursors.c.name, cursors.c.position).where(cursors.c.name.startswith(prefix, autoescape=True))
    return {name: position for name, position in connection.execute(found)}


def drop(connection: Connection, name: str) -> None:
    """As if it had never been moved, within the caller's transaction."""
    connection.execute(delete(cursors).where(cursors.c.name == name))
