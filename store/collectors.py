"""The register of collectors: who takes events in, and how far each has brought what it accepted. Times are µs, UTC."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, delete, null, select, update

from store.database import upsert
from store.event import SECOND
from store.tables import collectors

BEHIND = 5 * SECOND
"""A collector whose watermark is older is waited for; one that is well tells several times a second."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a collector says of itself: whatever it accepted before `watermark` is in ClickHouse."""

    id: str
    host: str
    watermark: int
    waiting: int
    refused: int


@dataclass(frozen=True, slots=True)
class Collector:
    """`waited`: µs that evaluators have waited for the watermark to move. `let_go_at`: since when they do not."""

    id: str
    host: str
    registered_at: int
    heard_at: int
    watermark: int
    waiting: int
    refused: int
    waited: int
    let_go_at: int | None


def report(connection: Connection, told: Report, now: int) -> None:
    """Enter it, or what is new of it. A watermark that moves is waited for anew."""
    row = upsert(connection.dialect.name, collectors).values(
        id=told.id,
        host=told.host,
        registered_at=now,
        heard_at=now,
        watermark=told.watermark,
        waiting=told.waiting,
        refused=told.refused,
        waited=0,
        let_go_at=None,
    )
    stands = collectors.c.watermark == row.excluded.watermark
    fresh = {name: row.excluded[name] for name in ("host", "heard_at", "watermark", "waiting", "refused")}
    waited = {
        "waited": case((stands, collectors.c.waited), else_=0),
        "let_go_at": case((stands, collectors.c.let_go_at), else_=null()),
    }
    connection.execute(row.on_conflict_do_update(index_elements=[collectors.c.id], set_={**fresh, **waited}))


def leave(connection: Connection, id: str) -> None:
    """It accepts nothing more, and nothing of it is left to store."""
    connection.execute(delete(collectors).where(collectors.c.id == id))


def registered(connection: Connection) -> list[Collector]:
    rows = connection.execute(select(collectors).order_by(collectors.c.registered_at, collectors.c.id))
    return [Collector(**row._mapping) for row in rows]


def wait(connection: Connection, it: Collector) -> None:
    """Note how long it was waited for; nothing, if its watermark has moved meanwhile."""
    unmoved = and_(collectors.c.id == it.id, collectors.c.watermark == it.watermark)
    connection.execute(update(collectors).where(unmoved).values(waited=it.waited, let_go_at=it.let_go_at))
