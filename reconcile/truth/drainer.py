"""Brings testimony to ClickHouse, where it is an event like any other and the evaluator judges again."""

import hashlib
import logging
from collections.abc import Sequence
from threading import Event as Stop

import msgspec
from sqlalchemy import select, update

from reconcile.loop import repeat
from store import events
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.database import Database
from store.errors import StoreRefused
from store.event import RESERVED_SOURCE, Event
from store.tables import testimony

logger = logging.getLogger(__name__)

_ROWS = 500  # brought by one insert


class Drainer:
    """At least once: a row is marked behind its insert. What is inserted twice has the same source, id and content, so
    that it is one event. Hence any number of drainers may run at once, and nothing is held while ClickHouse is slow."""

    def __init__(self, clickhouse: ClickHouse, database: Database) -> None:
        self._clickhouse = clickhouse
        self._database = database

    def step(self, now: int) -> bool:
        """Bring the oldest words that are not there yet, at `now` (µs UTC); whether there may be more.

        Raises `StoreUnavailable`; then nothing is lost. What ClickHouse refuses is logged and left; the rest goes in.
        """
        waiting = self._waiting()
        stored = self._store(waiting)
        if stored:
            with self._database.begin() as connection:
                unmarked = update(testimony).where(testimony.c.stored_at.is_(None))
                connection.execute(unmarked.where(testimony.c.id.in_(stored)).values(stored_at=now))
        return len(waiting) == _ROWS and bool(stored)

    def run(self, clock: Clock, stop: Stop) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        repeat("drainer of testimony", self.step, clock, stop)

    def _waiting(self) -> list[Event]:
        columns = testimony.c
        statement = select(testimony).where(columns.stored_at.is_(None)).order_by(columns.created_at, columns.id)
        with self._database.read() as connection:
            return [
                Event(
                    id=row.id,
                    correlation_id=row.correlation_id,
                    name=row.name,
                    time=row.time,
                    source=RESERVED_SOURCE,
                    attributes=_attributes(row.workflow, row.step, row.actor, row.reason),
                    causation_id=row.causation_id,
                    received_at=row.created_at,
                )
                for row in connection.execute(statement.limit(_ROWS))
            ]

    def _store(self, batch: Sequence[Event]) -> list[str]:
        """The ids of what is stored: one that is refused does not keep the others out."""
        if not batch:
            return []
        try:
            events.write(self._clickhouse, batch, _token(batch))
        except StoreRefused as error:
            if len(batch) == 1:
                logger.error("testimony %s on %r can't be stored: %s", batch[0].id, batch[0].correlation_id, error)
                return []
            middle = len(batch) // 2
            return self._store(batch[:middle]) + self._store(batch[middle:])
        return [event.id for event in batch]


def _attributes(workflow: str, step: str, actor: str, reason: str) -> str:
    said = {"workflow": workflow, "step": step, "actor": actor, "reason": reason}
    return msgspec.json.encode(said).decode()


def _token(batch: Sequence[Event]) -> str:
    return "testimony:" + hashlib.sha256("\n".join(event.id for event in batch).encode()).hexdigest()
