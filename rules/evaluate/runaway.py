"""Correlation IDs with more events than any one order has: somebody sends a constant in the place of an ID.

To judge one is to read all its events, so each further one would cost more than the last. So it is judged a last time,
gets a finding that says so, and is then left out of whatever is judged; what was recorded of it stays. One that begins
nothing has nobody who could be told by a finding: it is left out all the same, and the log says so.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from rules.compile.sql import Sql, every, negate
from rules.evaluate.concern import telling
from rules.evaluate.detection import Detection
from rules.evaluate.record_rows import Open, Row, Stamp, common, instance_row
from rules.evaluate.records import Written, insert, open_findings
from rules.judge import only
from rules.ruleset import Rule
from rules.spec import Severity, Workflow
from rules.verdict import RUNAWAY, WHOLE, Answer, Verdict
from store.clickhouse import ClickHouse

_GRANULE = 1_024  # rows between two marks of the index of `events`

# The newest row of each is among those that have so many: what is stored grows only.
_STOPPED = f"""
SELECT DISTINCT correlation_id
FROM
(
    SELECT workflow, correlation_id, argMax(`findings.kind`, version) AS kinds
    FROM instances
    WHERE stored > {{most:UInt64}}
    GROUP BY workflow, correlation_id
)
WHERE has(kinds, '{RUNAWAY}')
"""

# Asked of the index, which has one row for each thousand: that costs next to nothing.
_LONG = """
SELECT correlation_id
FROM mergeTreeIndex(currentDatabase(), 'events')
GROUP BY correlation_id
HAVING count() >= {marks:UInt64}
"""

_AIMLESS = """
SELECT correlation_id, count() AS stored
FROM events
WHERE correlation_id IN {ids:Array(String)}
GROUP BY correlation_id
HAVING stored > {most:UInt64} AND countIf(name IN {names:Array(String)}) = 0
"""

_MOST_OF_THEM = """
SELECT toString(name), toString(source)
FROM events
WHERE correlation_id = {id:String}
GROUP BY name, source
ORDER BY count() DESC, name, source
LIMIT 1
"""

log = logging.getLogger(__name__)


class Runaways:
    """Those that are known. `most`: events that a correlation ID may have. `every`: how often (µs) others are looked
    for than those that are met when they are judged."""

    def __init__(self, most: int, every: int) -> None:
        self.most = most
        self._every = every
        self._looked_at: int | None = None
        self._stopped: frozenset[str] = frozenset()
        self._aimless: frozenset[str] = frozenset()

    def forget(self) -> None:
        """Somebody else may have stopped others meanwhile, or let some go."""
        self._looked_at = None

    def look(self, clickhouse: ClickHouse, rules: Sequence[Rule], now: int) -> None:
        """What there is, if that is not known, or was found out too long before `now` (µs UTC). Raises
        StoreUnavailable."""
        if self._looked_at is None:
            stopped = clickhouse.query(_STOPPED, {"most": self.most})
            self._stopped = frozenset(correlation_id for (correlation_id,) in stopped)
        elif now < self._looked_at + self._every:
            return
        self._looked_at = now
        self._find_aimless(clickhouse, rules)

    def known(self) -> list[str]:
        return sorted(self._stopped | self._aimless)

    def others(self, among: Sql) -> Sql:
        """The condition, without them."""
        known = self.known()
        return every(among, negate(only(known))) if known else among

    def has(self, answer: Answer) -> bool:
        """Whether it is one of them."""
        return isinstance(answer, Verdict) and answer.stored > self.most

    def stop(self, clickhouse: ClickHouse, workflow: Workflow, judged: Iterable[Answer], stamp: Stamp) -> Written:
        """Those among the verdicts, which have been written with a lower version. Raises StoreUnavailable or
        StoreRefused."""
        found = [it for it in judged if isinstance(it, Verdict) and self.has(it)]
        for verdict in found:
            _record(clickhouse, workflow, verdict, stamp, self.most)
        self._stopped |= {it.correlation_id for it in found}
        return Written(len(found), len(found))

    def _find_aimless(self, clickhouse: ClickHouse, rules: Sequence[Rule]) -> None:
        marks = max(2, self.most // (2 * _GRANULE))  # half as many as there are, for they lie in several parts
        ids = [id for (id,) in clickhouse.query(_LONG, {"marks": marks}) if id not in self._stopped]
        names = sorted({name for rule in rules for name in telling(rule)})
        found = clickhouse.query(_AIMLESS, {"ids": ids, "most": self.most, "names": names}) if ids else []
        for correlation_id, stored in found:
            if correlation_id not in self._aimless:
                told = _most_of_them(clickhouse, correlation_id)
                log.error("evaluator: %r has %d events, %s, and begins nothing: left out", correlation_id, stored, told)
        self._aimless = frozenset(correlation_id for correlation_id, _ in found)


def _record(clickhouse: ClickHouse, workflow: Workflow, verdict: Verdict, stamp: Stamp, most: int) -> None:
    """The finding first, as ever."""
    id = verdict.correlation_id
    opened = open_findings(clickhouse, workflow, [id]).get(id, {})
    sentence = (
        f"It has {verdict.stored} events, {_most_of_them(clickhouse, id)}: more than the {most} that anything may have."
        " It is judged no more; somebody may send a constant in the place of a correlation ID."
    )
    insert(clickhouse, "findings", [_finding(workflow, verdict, stamp, sentence)])
    insert(clickhouse, "instances", [_instance(workflow, verdict, opened, stamp)])


def _finding(workflow: Workflow, verdict: Verdict, stamp: Stamp, sentence: str) -> Row:
    return {
        **common(workflow, verdict, stamp),
        "step": WHOLE,
        "kind": RUNAWAY,
        "noted": False,
        "step_order": len(workflow.steps),
        "started_at": verdict.last_event_at if verdict.start is None else verdict.start,
        "at": None,
        "due": None,
        "since": stamp.as_of,
        **asdict(Detection(stamp.as_of, stamp.as_of)),
        "owner": workflow.owner,
        "severity": Severity.CRITICAL.value,
        "description": workflow.description,
        "runbook": "",
        "escalate_after": workflow.escalate_after,
        "sentence": sentence,
    }


def _instance(workflow: Workflow, verdict: Verdict, opened: Open, stamp: Stamp) -> Row:
    """As it was judged, and flagged. It is overdue for judgement at once: if more events are allowed one day, the sweep
    finds it, and no verdict is the recorded one."""
    row = dict(instance_row(workflow, verdict, opened, stamp))
    flag = {"step": WHOLE, "kind": RUNAWAY, "since": stamp.as_of, "detected_at": stamp.as_of}
    found = {f"findings.{part}": [*_listed(row[f"findings.{part}"]), it] for part, it in flag.items()}
    return {**row, **found, "wake_at": stamp.as_of, "digest": 0}


def _listed(values: object) -> list[object]:
    assert isinstance(values, list)
    return values


def _most_of_them(clickhouse: ClickHouse, correlation_id: str) -> str:
    [(name, source)] = clickhouse.query(_MOST_OF_THEM, {"id": correlation_id})
    return f"most of them {name}" + (f" from {source}" if source else "")
