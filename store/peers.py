"""Peers: the processes that do a work together, which each of them must know of to take its fair part, and no more.

Times are microseconds since the Unix epoch, UTC.
"""

from sqlalchemy import Connection, delete, select

from store.database import upsert
from store.event import SECOND
from store.tables import peers

TTL = 10 * SECOND  # below that of a lease: when somebody's leases run out, it is known that they are to be shared out


def present(connection: Connection, shares: int, now: int) -> list[str]:
    """The holders that were heard of lately and divide the work into so many shares, in order."""
    known = select(peers.c.holder).where(peers.c.shares == shares, peers.c.heard_at > now - TTL)
    return sorted(connection.execute(known).scalars())


def hear(connection: Connection, holder: str, shares: int, now: int) -> None:
    """That it is there; who was not heard of for long is forgotten."""
    connection.execute(delete(peers).where(peers.c.heard_at <= now - TTL))
    told = {"shares": shares, "heard_at": now}
    row = upsert(connection.dialect.name, peers).values(holder=holder, **told)
    connection.execute(row.on_conflict_do_update(index_elements=[peers.c.holder], set_=told))


def leave(connection: Connection, holder: str) -> None:
    connection.execute(delete(peers).where(peers.c.holder == holder))
