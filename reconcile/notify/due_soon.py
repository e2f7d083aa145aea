"""Early warning: the owner of a step that has not come yet and will soon be late is told so, once. Times are µs UTC.

It reads ClickHouse, which messages do not need: so it has a loop of its own, and while ClickHouse is away they go on.
"""

from collections.abc import Sequence
from threading import Event
from typing import Any

import msgspec
from sqlalchemy import Connection

from reconcile.cases.case import News
from reconcile.identity import warning_id
from reconcile.loop import repeat
from reconcile.notify.news import row_of_step
from reconcile.rulebook import Rulebook
from rules.spec import Severity
from store import cursors, shares
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.database import Database, upsert
from store.tables import news

CURSOR = "reconcile.due_soon"
KIND = "due_soon"

_EVERY = 5.0  # seconds between looks

# By the newest verdict of all that were judged lately: what is warned of in it is warned of now.
_WARNED = """
SELECT workflow, correlation_id, rule_hash, toUnixTimestamp64Micro(start), step,
       toUnixTimestamp64Micro(assumeNotNull(due)), toUnixTimestamp64Micro(assumeNotNull(warned)), at_risk, unit,
       customer
FROM
(
    SELECT workflow, correlation_id, rule_hash, start, steps.name AS names, steps.due AS dues, steps.warned AS warnings,
           at_risk, unit, customer
    FROM instances
    WHERE judged_at >= fromUnixTimestamp64Micro({since:Int64})
    ORDER BY workflow, correlation_id, version DESC
    LIMIT 1 BY workflow, correlation_id
)
ARRAY JOIN names AS step, dues AS due, warnings AS warned
WHERE warned IS NOT NULL AND due IS NOT NULL
ORDER BY workflow, correlation_id, step
"""

_LATEST = "SELECT toUnixTimestamp64Micro(max(judged_at)) FROM instances"


class Warned(msgspec.Struct, frozen=True):
    """That a step of an instance is due soon: the snapshot of such news."""

    workflow: str
    correlation_id: str
    step: str
    noun: str
    owner: str
    severity: Severity
    description: str
    runbook: str
    started_at: int
    due: int
    warned_at: int
    at_risk: float | None
    unit: str | None
    customer: str | None
    labels: dict[str, str]


class DueSoon:
    """Looks through what was judged since the last time, less `overlap` (µs): what is met again is not told again."""

    def __init__(self, clickhouse: ClickHouse, database: Database, rulebook: Rulebook, overlap: int) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._rulebook = rulebook
        self._overlap = overlap

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        repeat("early warning", self.step, clock, stop, _EVERY)

    def step(self, now: int) -> bool:
        """Write down what is warned of since the last step; false: there is no more at once.

        Raises `StoreUnavailable` or `StoreRefused`; then the next step finds it.
        """
        with self._database.read() as connection:
            cursor = cursors.read(connection, CURSOR)
            judged_until = shares.judged_until(connection)
        latest = min(self._clickhouse.query(_LATEST)[0][0], judged_until or 0)  # in all shares
        if cursor is not None and latest <= cursor - self._overlap:
            return False
        since = 0 if cursor is None else cursor - self._overlap
        found = [it for row in self._clickhouse.query(_WARNED, {"since": since}) if (it := self._warned(row))]
        with self._database.begin() as connection:
            _add(connection, found, now)
            if latest > (cursors.read(connection, CURSOR) or 0):
                cursors.move(connection, CURSOR, latest)
        return False

    def _warned(self, row: Sequence[Any]) -> Warned | None:
        """With what the rule says of the step; `None` where there is no such rule any more."""
        workflow, correlation_id, rule_hash, start, step, due, warned, at_risk, unit, customer = row
        rule = self._rulebook.workflow(workflow, rule_hash)
        found = self._rulebook.step(workflow, step, rule_hash)
        if rule is None or found is None:
            return None
        return Warned(
            workflow=workflow,
            correlation_id=correlation_id,
            step=step,
            noun=rule.noun,
            owner=found.owner or rule.owner,
            severity=found.severity,
            description=found.description,
            runbook=found.runbook,
            started_at=start,
            due=due,
            warned_at=warned,
            at_risk=at_risk,
            unit=unit,
            customer=customer,
            labels=dict(rule.labels),
        )


def _add(connection: Connection, found: Sequence[Warned], now: int) -> None:
    """A step of an instance has such news once, whoever finds it and however often."""
    rows = [_row(it, now) for it in found]
    if rows:
        connection.execute(upsert(connection.dialect.name, news).on_conflict_do_nothing(), rows)


def _row(it: Warned, now: int) -> dict[str, object]:
    return {
        **row_of_step(it, KIND, now),
        "subject": warning_id(it.workflow, it.correlation_id, it.step),
        "transition": 1,
        "type": News.DUE_SOON,
        "at_risk": it.at_risk,
        "unit": it.unit,
    }
