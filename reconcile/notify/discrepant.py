"""What a sweep has found to differ is told to the owner of the step: a correction without an event means that events
are lost on their way. Times are µs UTC."""

from collections.abc import Mapping, Sequence
from threading import Event
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, insert, select

from reconcile.cases.case import News
from reconcile.loop import repeat
from reconcile.notify.news import row_of_step
from reconcile.rulebook import Rulebook
from reconcile.truth.sweep.discrepancies import tell, untold
from rules.spec import UNNAMED, Severity
from store.clock import Clock
from store.database import Database
from store.tables import news

_AT_ONCE = 500
_EVERY = 5.0  # seconds between looks


class Differs(msgspec.Struct, frozen=True):
    """The snapshot of such news. `correction` is what was said to set it right, '' where nothing was."""

    source: str
    kind: str
    workflow: str
    correlation_id: str
    step: str
    theirs: dict[str, Any]
    ours: dict[str, Any]
    found_at: int
    correction: str
    noun: str
    owner: str
    severity: Severity
    runbook: str
    labels: dict[str, str]


class Discrepant:
    """Looks for discrepancies that nobody has been told of. Any number of them may look at once."""

    def __init__(self, database: Database, rulebook: Rulebook) -> None:
        self._database = database
        self._rulebook = rulebook

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        repeat("discrepancies", self.step, clock, stop, _EVERY)

    def step(self, now: int) -> bool:
        """Make news of the next ones; whether there may be more. Raises `StoreUnavailable`."""
        with self._database.begin() as connection:
            found = untold(connection, _AT_ONCE)
            _add(connection, {row.id: self._differs(row) for row in found}, now)
            tell(connection, [row.id for row in found], now)
        return len(found) == _AT_ONCE

    def _differs(self, row: Row[Any]) -> Differs:
        """With what the rule says of the step; where there is none any more, nobody's in particular."""
        rule, step = self._rulebook.workflow(row.workflow), self._rulebook.step(row.workflow, row.step)
        return Differs(
            source=row.source,
            kind=row.kind,
            workflow=row.workflow,
            correlation_id=row.correlation_id,
            step=row.step,
            theirs=msgspec.json.decode(row.theirs),
            ours=msgspec.json.decode(row.ours),
            found_at=row.found_at,
            correction=row.correction,
            noun=rule.noun if rule else UNNAMED,
            owner=(step.owner if step else "") or (rule.owner if rule else ""),
            severity=step.severity if step else Severity.WARNING,
            runbook=step.runbook if step else "",
            labels=dict(rule.labels) if rule else {},
        )


def _add(connection: Connection, found: Mapping[str, Differs], now: int) -> None:
    if not found:
        return
    before = _transitions(connection, list(found))
    rows = [_row(id_, before.get(id_, 0) + 1, it, now) for id_, it in found.items()]
    connection.execute(insert(news), rows)


def _transitions(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """How often each has been news."""
    counted = (
        select(news.c.subject, func.max(news.c.transition)).where(news.c.subject.in_(ids)).group_by(news.c.subject)
    )
    return {subject: last for subject, last in connection.execute(counted)}


def _row(id_: str, transition: int, it: Differs, now: int) -> dict[str, object]:
    return {
        **row_of_step(it, it.kind, now),
        "subject": id_,
        "transition": transition,
        "type": News.DISCREPANCY,
        "at_risk": None,
        "unit": None,
    }
