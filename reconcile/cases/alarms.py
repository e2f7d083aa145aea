"""What the clock does to cases: snoozes end, and what has been unresolved for too long is raised."""

import logging

from sqlalchemy import ColumnElement, select

from reconcile.actor import SCHEDULE
from reconcile.cases.case import State
from reconcile.cases.casebook import Casebook
from reconcile.cases.moves import By, Escalate, Move, Wake
from reconcile.errors import ReconcileError
from store.database import Database
from store.tables import cases

logger = logging.getLogger(__name__)

_AT_ONCE = 200  # cases in one transaction

_BY = By(SCHEDULE)


class Alarms:
    """Any number may run at once: each move is guarded, and who comes second finds nothing left to do."""

    def __init__(self, database: Database, casebook: Casebook) -> None:
        self._database = database
        self._casebook = casebook

    def step(self, now: int) -> bool:
        """Move what is due at `now` (µs UTC); whether there may be more. Raises `StoreUnavailable` or `Raced`."""
        woken = self._ring(Wake(), cases.c.snoozed_until, now, cases.c.state == State.SNOOZED)
        raised = self._ring(Escalate(), cases.c.escalate_at, now, cases.c.state != State.RESOLVED)
        return woken or raised

    def _ring(self, move: Move, at: ColumnElement[int | None], now: int, still: ColumnElement[bool]) -> bool:
        due = select(cases.c.id).where(at <= now, still).order_by(at, cases.c.id).limit(_AT_ONCE)
        with self._database.read() as connection:
            ids = connection.execute(due).scalars().all()
        if not ids:
            return False
        made = self._casebook.move(dict.fromkeys(ids), move, _BY, now)
        left = [it for it in made.values() if isinstance(it, ReconcileError)]
        for error in left:
            logger.debug("%s: %s", move.what, error)
        # Where none could be moved the next look would find the same ones.
        return len(ids) == _AT_ONCE and len(left) < len(ids)
