"""The stop switch of automatic actions: shared by every process, and it outlives them all."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists, select

from reconcile.actions.row import Decision
from reconcile.audit.entry import Entry, record
from store.database import upsert
from store.tables import switches

NAME = "actions.automatic"

STOPPED: ColumnElement[bool] = exists().where(switches.c.name == NAME, switches.c.stopped)
"""Within a statement: whether automatic actions are stopped."""


@dataclass(frozen=True, slots=True)
class Switch:
    """`by`, `reason` and `at` (µs UTC) are of who set it last; empty and 0 where nobody ever has."""

    stopped: bool = False
    by: str = ""
    reason: str = ""
    at: int = 0


def read(connection: Connection) -> Switch:
    row = connection.execute(select(switches).where(switches.c.name == NAME)).one_or_none()
    return Switch() if row is None else Switch(row.stopped, row.by, row.reason, row.at)


def set_stopped(connection: Connection, stopped: bool, decision: Decision, now: int) -> bool:
    """Stop automatic actions or let them go on, within the caller's transaction; false where that is so already."""
    hold(connection)
    before = read(connection)
    if before.stopped == stopped:
        return False
    values = {"stopped": stopped, "by": decision.actor.name, "reason": decision.reason, "at": now}
    connection.execute(switches.update().where(switches.c.name == NAME).values(values))
    what = "actions.stopped" if stopped else "actions.started"
    detail = {"before": before.stopped, "after": stopped}
    record(connection, [Entry(what, decision.actor, why=decision.reason, detail=detail)], now)
    return True


def hold(connection: Connection) -> None:
    """Until the end of the transaction nobody else passes here: so what is counted stays as it was counted."""
    row = upsert(connection.dialect.name, switches).values(name=NAME, stopped=False, by="", reason="", at=0)
    connection.execute(row.on_conflict_do_nothing())
    connection.execute(select(switches.c.name).where(switches.c.name == NAME).with_for_update())
