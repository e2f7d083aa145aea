"""The sweep: compares, slice by slice, what has been judged with what is stored, so that whatever slipped is found.

A failed materialized view, an insert that became visible too late, a rule that was added or changed: in each case the
count of stored events or the rule's hash of an instance is not what it should be, or there is no instance at all.
What an evaluator wrote that was paused and had lost its lease is found as well: a deadline that nobody woke up for, or
an open finding that the present verdict knows nothing of.
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

_SLICE = "evaluator.slice"
_NEITHER = -1  # no rule's fingerprint
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
    SELECT correlation_id, argMax(stored, version) AS judged, argMax(rule_hash, version) AS rule, 1 AS known,
           argMax(tuple(wake_at), version).1 <= fromUnixTimestamp64Micro({as_of:Int64}, 'UTC') AS overslept
    FROM instances
    WHERE workflow = {workflow:String} AND cityHash64(correlation_id) % {slices:UInt32} = {slice:UInt32}
    GROUP BY correlation_id
) AS instances USING (correlation_id)
WHERE if(known = 1, judged != stored OR rule != {rule_hash:String} OR ifNull(overslept, false), started)
LIMIT {limit:UInt64}
"""


@dataclass(frozen=True, slots=True)
class Work:
    """Correlation IDs to judge by one workflow (`None`: there are none); `last` when with it a new rule has been
    applied to all. `swept` is the slice that this is of: how many there are, and which."""

    workflow: Workflow
    among: Sql | None
    last: bool = False
    swept: tuple[int, int] | None = None


class Sweep:
    """What to judge beside what was touched, one work a tick."""

    def __init__(self, workflows: Sequence[Workflow], settings: EvaluatorSettings) -> None:
        self._workflows = workflows
        self._settings = settings
        self._backlog: deque[Work] | None = None
        self._slice = 0
        self._unswept: deque[Workflow] = deque()  # in the present slice
        self._swept_at: int | None = None

    @property
    def is_behind(self) -> bool:
        return bool(self._backlog or self._unswept)

    def forget(self) -> None:
        """Somebody else may have applied other rules meanwhile."""
        self._backlog = None

    def due(self, clickhouse: ClickHouse, database: Database, now: int) -> Work | None:
        """What to judge in this tick; everything that was woken until `now` has been. Raises StoreUnavailable."""
        if self._backlog is None:
            self._backlog = deque(_backlog(clickhouse, database, self._workflows, self._settings.batch))
        if self._backlog:
            return self._backlog[0]
        self._swept_at = now if self._swept_at is None else self._swept_at
        if not self._unswept and now >= self._swept_at + self._settings.sweep_every:
            self._swept_at = now
            self._begin_slice(database)
        return self._stale(clickhouse, self._unswept[0], now) if self._unswept else None

    def done(self, database: Database, work: Work) -> None:
        """Its verdicts have been written."""
        if self._backlog and self._backlog[0] is work:
            self._backlog.popleft()
        else:
            self._unswept.popleft()
        if work.last:
            with database.begin() as connection:
                cursors.move(connection, _applied(work.workflow), _fingerprint(work.workflow))

    def _begin_slice(self, database: Database) -> None:
        """The one after that which was begun last, by whomever."""
        with database.begin() as connection:
            self._slice = ((cursors.read(connection, _SLICE) or 0) + 1) % self._settings.sweep_slices
            cursors.move(connection, _SLICE, self._slice)
        self._unswept.extend(self._workflows)

    def _stale(self, clickhouse: ClickHouse, workflow: Workflow, now: int) -> Work:
        parameters: dict[str, object] = {
            "workflow": workflow.name,
            "rule_hash": workflow.content_hash,
            "starts": list(workflow.start.names),
            "slices": self._settings.sweep_slices,
            "slice": self._slice,
            "as_of": now,
            "limit": _LIMIT,
        }
        found = [correlation_id for (correlation_id,) in clickhouse.query(_STALE, parameters)]
        swept = (self._settings.sweep_slices, self._slice)
        among = only(found) if len(found) < _LIMIT else slice_of(*swept)
        return Work(workflow, among if found else None, swept=swept)


def _backlog(clickhouse: ClickHouse, database: Database, workflows: Sequence[Workflow], batch: int) -> list[Work]:
    """Every slice of each workflow whose rule was not the last that was applied to all that is stored."""
    with database.begin() as connection:
        new = [it for it in workflows if cursors.read(connection, _applied(it)) != _fingerprint(it)]
        for workflow in new:  # from now on neither the old rule nor the new one is
            cursors.move(connection, _applied(workflow), _NEITHER)
    [(events,)] = clickhouse.query("SELECT count() FROM events")
    parts = max(1, -(-events // (4 * batch)))  # an instance has a handful of events
    return [Work(it, slice_of(parts, part), last=part == parts - 1) for it in new for part in range(parts)]


def _applied(workflow: Workflow) -> str:
    return f"rule.{workflow.name}"


def _fingerprint(workflow: Workflow) -> int:
    return int(workflow.content_hash[:15], 16)
