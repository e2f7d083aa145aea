"""What brings the rows of an outbox to the server, and deletes them when it has stored them."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, select, update

from noshow_sdk.configuration import Configuration
from noshow_sdk.event import Event
from noshow_sdk.outbox.outbox import Outbox, event_of
from noshow_sdk.pace import Pace
from noshow_sdk.sender import Answer, Sender, Verdict

logger = logging.getLogger("noshow_sdk")

_SKIP_LOCKED = frozenset(("postgresql", "mysql", "mariadb", "oracle"))


@dataclass(frozen=True, slots=True)
class Delivered:
    """By this relay. `last_reason`: why the last row was refused, or could not be sent so far."""

    sent: int = 0
    refused: int = 0
    last_reason: str = ""


class Relay:
    """Sends the rows of one outbox in the order of their IDs, at least once each: the server knows a repeat by its ID.

    Any number may share the work. On PostgreSQL, MySQL, MariaDB and Oracle each locks the rows that it sends and skips
    those of others (`SKIP LOCKED`); elsewhere two may send the same rows, which does no harm. One thread uses a relay.
    """

    def __init__(self, engine: Engine, outbox: Outbox, configuration: Configuration) -> None:
        """`configuration.batch` rows go into a request. Raises `ConfigurationError`."""
        self.delivered = Delivered()
        self._engine = engine
        self._locks = engine.dialect.name in _SKIP_LOCKED
        self._table = outbox.table
        self._configuration = configuration.completed()
        self._sender = Sender(self._configuration)
        self._pace = Pace(self._configuration.batch)

    def step(self, now: float) -> bool:
        """One request, if it is time for one. True: there may be more to send at once. `now` is in seconds.

        Raises what the database raises.
        """
        if now < self._pace.due:
            return False
        found = self._holding(now) if self._locks else self._not_holding(now)
        return found and now >= self._pace.due

    def run(self, stop: threading.Event) -> None:
        """Until it is told to stop. Trouble with the database is logged, and waited for."""
        while not stop.is_set():
            now = time.monotonic()
            try:
                more = self.step(now)
            except Exception:  # whatever a driver raises
                logger.exception("the outbox could not be sent")
                self._pace.later(now)
                more = False
            if not more:
                stop.wait(self._configuration.interval)
        self._sender.close()

    def _holding(self, now: float) -> bool:
        """The rows are locked, and the transaction open, until the server has answered. False: there are none."""
        with self._engine.begin() as connection:
            events = self._waiting(connection)
            if events:
                self._settle(connection, events, self._sender.send(events), now)
        return bool(events)

    def _not_holding(self, now: float) -> bool:
        """No transaction is open meanwhile: on SQLite it could keep everybody from writing."""
        with self._engine.begin() as connection:
            events = self._waiting(connection)
        if events:
            answer = self._sender.send(events)
            with self._engine.begin() as connection:
                self._settle(connection, events, answer, now)
        return bool(events)

    def _waiting(self, connection: Connection) -> list[Event]:
        table = self._table
        query = select(table).where(table.c.refused.is_(None)).order_by(table.c.id).limit(self._pace.batch)
        events = []
        for row in connection.execute(query.with_for_update(skip_locked=True)).mappings().all():
            try:
                events.append(event_of(dict(row)))
            except ValueError as error:
                self._mark(connection, row["id"], f"the row holds no event: {error}")
        return events

    def _settle(self, connection: Connection, events: Sequence[Event], answer: Answer, now: float) -> None:
        match answer.verdict:
            case Verdict.TAKEN:
                self._delete(connection, events)
                self._pace.taken()
            case Verdict.PARTLY | Verdict.REFUSED:
                if self._pace.refused(len(events)):
                    self._mark(connection, events[0].id, answer.reason)
            case Verdict.LATER:
                self._count(reason=answer.reason)
                self._pace.later(now, answer.retry_after)

    def _delete(self, connection: Connection, events: Sequence[Event]) -> None:
        connection.execute(delete(self._table).where(self._table.c.id.in_([event.id for event in events])))
        self._count(sent=len(events))

    def _mark(self, connection: Connection, identifier: str, reason: str) -> None:
        connection.execute(update(self._table).where(self._table.c.id == identifier).values(refused=reason))
        self._count(refused=1, reason=reason)
        logger.warning("the server won't take %s of the outbox: %s", identifier, reason)

    def _count(self, sent: int = 0, refused: int = 0, reason: str = "") -> None:
        so_far = self.delivered
        self.delivered = Delivered(so_far.sent + sent, so_far.refused + refused, reason or so_far.last_reason)
