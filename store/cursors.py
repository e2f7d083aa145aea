"""Cursors: how far a reader has come. What a position means is the reader's business."""

from sqlalchemy import Connection, select

from store.database import upsert
from store.tables import cursors


def read(connection: Connection, name: str) -> int | None:
    """The position, `None` if it was never moved."""
    return connection.execute(select(cursors.c.position).where(cursors.c.name == name)).scalar_one_or_none()


def move(connection: Connection, name: str, position: int) -> None:
    """Set the position, within the caller's transaction."""
    row = upsert(connection.dialect.name, cursors).values(name=name, position=position)
    connection.execute(row.on_conflict_do_update(index_elements=[cursors.c.name], set_={"position": position}))
