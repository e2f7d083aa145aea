"""The sweep: compares, slice by slice, what has been judged with what is stored, so that whatever slipped is found.

A failed materialized view, an insert that became visible too late, a rule that was added or changed: in each case the
count of stored events or the rule's hash of an instance is not what it should be, or there is no instance at all.
A rule that is new or changed is not left to chance: all its slices are judged at once, one a tick.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from rules.candidates import slice_of
from rules.judge import only
from rules.spec import Workflow
from rules.sql import Sql
from store import cursors
from store.clickhouse import ClickHouse
from store.database import Database
from store.settings import EvaluatorSettings

_LIMIT = 1_000  # correlation IDs named in one query; above that the whole slice is judged

_STALE = """
SELECT correlation_id
FROM
(
    SELECT correlation_id, uniqExact(source, id) AS stored, countIf(has({starts:Array(String)}, name)) > 0 AS started
    FROM events
    WHERE cityHash64(correlation_id) % {slices:UInt32} = {slice:UInt32}
    GROUP BY correlation_id
) AS events
LEFT JOIN
(
    SELECT correlation_id, argMax(stored, version) AS judged, argMax(rule_hash, version) AS rule, 1 AS known
    FROM instances
    WHERE workflow = {workflow:String} AND cityHash64(correlation_id) % {slices:UInt32} = {slice:UInt32}
    GROUP BY correlation_id
) AS instances USING (correlation_id)
WHERE if(known = 1, judged != stored OR rule != {rule_hash:String}, started)
LIMIT {limit:UInt64}
"""


@dataclass(frozen=True, slots=True)
class Work:
    """Correlation IDs to judge by one workflow; `last` when with it a new rule has been applied to all."""

    workflow: Workflow
    among: Sql
    last: bool = False


class Sweep:
    """What to judge beside what was touched."""

    def __init__(self, workflows: Sequence[Workflow], settings: EvaluatorSettings) -> None:
        self._workflows = workflows
        self._settings = settings
        self._backlog: deque[Work] | None = None
        self._slice = 0
        self._swept_at: int | None = None

    @property
    def is_behind(self) -> bool:
        return bool(self._backlog)

    def due(self, clickhouse: ClickHouse, database: Database, now: int) -> list[Work]:
        """What to judge in this tick. Raises StoreUnavailable."""
        if self._backlog is None:
            self._backlog = deque(_backlog(clickhouse, database, self._workflows, self._settings.batch))
        work = [self._backlog[0]] if self._backlog else []
        if self._swept_at is None or now < self._swept_at + self._settings.sweep_every:
            self._swept_at = self._swept_at or now
            return work
        self._swept_at = now
        self._slice = (self._slice + 1) % self._settings.sweep_slices
        return work + [it for workflow in self._workflows if (it := self._stale(clickhouse, workflow))]

    def done(self, database: Database, work: Work) -> None:
        """Its verdicts have been written."""
        if self._backlog and self._backlog[0] is work:
            self._backlog.popleft()
        if work.last:
            with database.begin() as connection:
                cursors.move(connection, _applied(work.workflow), _fingerprint(work.workflow))

    def _stale(self, clickhouse: ClickHouse, workflow: Workflow) -> Work | None:
        parameters: dict[str, object] = {
            "workflow": workflow.name,
            "rule_hash": workflow.content_hash,
            "starts": list(workflow.start.names),
            "slices": self._settings.sweep_slices,
            "slice": self._slice,
            "limit": _LIMIT,
        }
        found = [correlation_id for (correlation_id,) in clickhouse.query(_STALE, parameters)]
        whole = slice_of(self._settings.sweep_slices, self._slice)
        return Work(workflow, only(found) if len(found) < _LIMIT else whole) if found else None


def _backlog(clickhouse: ClickHouse, database: Database, workflows: Sequence[Workflow], batch: int) -> list[Work]:
    """Every slice of each workflow whose rule was never applied to all that is stored."""
    with database.read() as connection:
        new = [it for it in workflows if cursors.read(connection, _applied(it)) != _fingerprint(it)]
    [(events,)] = clickhouse.query("SELECT count() FROM events")
    parts = max(1, -(-events // (4 * batch)))  # an instance has a handful of events
    return [Work(it, slice_of(parts, part), last=part == parts - 1) for it in new for part in range(parts)]


def _applied(workflow: Workflow) -> str:
    return f"rule.{workflow.name}"


def _fingerprint(workflow: Workflow) -> int:
    return int(workflow.content_hash[:15], 16)
