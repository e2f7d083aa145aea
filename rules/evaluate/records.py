"""What the evaluator writes: findings, deadlines, instances.

Order matters. A finding is written before the instance that carries it, and so is the deadline: the instance row is the
record that the rest has been done. After a crash in between, the instance is still the old one and all is done again.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, TypeVar
from urllib.parse import quote

from rules.compile.sql import Column, Query, Select, Sql, Value, equals, every, render
from rules.evaluate.detection import Detection, Key, Sight, detect
from rules.evaluate.record_rows import Open, Row, Stamp, deadline_rows, finding_rows, instance_row, tombstone
from rules.evaluate.slice import IN_SLICE, Slice
from rules.spec import Workflow
from rules.verdict import WHOLE, Answer, Outdated, Verdict
from store.clickhouse import ClickHouse

T = TypeVar("T")

RULE_REMOVED = "rule_removed"
"""Why a finding was closed that no rule asks for any more; one whose condition ceased to hold says nothing."""

_ASKED_AT_ONCE = 10_000  # correlation IDs named in one query
_ADDRESS = 30_000  # characters: the parameters of a command travel in the address of the request

_OPEN = """
SELECT correlation_id, step, kind, toUnixTimestamp64Micro(argMax(detected_at, version)),
       toUnixTimestamp64Micro(argMax(tuple(apparent_at), version).1), argMax(delayed_by, version),
       toUnixTimestamp64Micro(argMax(coalesce(found_at, written_at), version))
FROM findings
WHERE workflow = {workflow:String} AND correlation_id IN {ids:Array(String)}
GROUP BY correlation_id, step, kind
HAVING argMax(open, version)
"""


def _refuted(which: str) -> str:
    return f"""
SELECT workflow, correlation_id, step, kind
FROM
(
    SELECT workflow, correlation_id, step, kind
    FROM findings
    WHERE {which}
    GROUP BY workflow, correlation_id, step, kind
    HAVING argMax(open, version)
) AS flagged
LEFT JOIN
(
    SELECT workflow, correlation_id, argMax(arrayZip(`findings.step`, `findings.kind`), version) AS holding
    FROM instances
    WHERE {which}
    GROUP BY workflow, correlation_id
) AS judged USING (workflow, correlation_id)
WHERE NOT has(holding, (step, kind))
ORDER BY workflow
"""


_REFUTED_IN_SLICE = _refuted(IN_SLICE)
_REFUTED_OF = _refuted("workflow = {workflow:String} AND correlation_id IN {ids:Array(String)}")

# What was opened under a version, is so still, and is not on record, which is newer.
_OPENED = """
SELECT correlation_id, step, kind
FROM
(
    SELECT correlation_id, step, kind
    FROM findings
    WHERE workflow = {workflow:String} AND correlation_id IN {ids:Array(String)}
    GROUP BY correlation_id, step, kind
    HAVING argMax(open, version) AND max(version) = {version:UInt64}
) AS flagged
INNER JOIN
(
    SELECT correlation_id, argMax(arrayZip(`findings.step`, `findings.kind`), version) AS holding
    FROM instances
    WHERE workflow = {workflow:String} AND correlation_id IN {ids:Array(String)}
    GROUP BY correlation_id
    HAVING max(version) > {version:UInt64}
) AS judged USING (correlation_id)
WHERE NOT has(holding, (step, kind))
"""

_ALIVE = """
SELECT correlation_id
FROM instances
WHERE workflow = {workflow:String} AND correlation_id IN {ids:Array(String)}
GROUP BY correlation_id
HAVING argMax(state, version) != ''
"""

_CLOSE = """
INSERT INTO findings
SELECT * REPLACE (
    {version:UInt64} AS version,
    false AS open,
    fromUnixTimestamp64Micro({as_of:Int64}, 'UTC') AS closed_at,
    {because:String} AS closed_because,
    coalesce(found_at, written_at) AS found_at,
    now64(6, 'UTC') AS written_at)
FROM findings
WHERE workflow = {workflow:String} AND correlation_id IN {ids:Array(String)}
  AND has(arrayZip({ids:Array(String)}, {steps:Array(String)}, {kinds:Array(String)}), (correlation_id, step, kind))
ORDER BY version DESC
LIMIT 1 BY correlation_id, step, kind
"""


class Closed(NamedTuple):
    """A finding to close, and why."""

    id: str
    step: str
    kind: str
    because: str


class Found(NamedTuple):
    """Of a finding that was opened: from when on it could have been found (µs UTC), and the good reason, if any, why it
    was late."""

    workflow: str
    apparent_at: int
    delayed_by: str


@dataclass(frozen=True, slots=True)
class Written:
    """How many of each a write has changed, and how what was opened was found."""

    instances: int = 0
    opened: int = 0
    closed: int = 0
    found: tuple[Found, ...] = field(default=(), compare=False, repr=False)

    def __add__(self, other: "Written") -> "Written":
        return Written(
            self.instances + other.instances,
            self.opened + other.opened,
            self.closed + other.closed,
            self.found + other.found,
        )


def write(clickhouse: ClickHouse, workflow: Workflow, changed: Sequence[Answer], stamp: Stamp) -> Written:
    """Store answers that differ from what is recorded. Raises StoreUnavailable or StoreRefused."""
    before = open_findings(clickhouse, workflow, [answer.correlation_id for answer in changed])
    verdicts = {answer.correlation_id: answer for answer in changed if isinstance(answer, Verdict)}
    opened = dict(_opened(clickhouse, verdicts, before, stamp))
    findings = [row for id, verdict in verdicts.items() for row in finding_rows(workflow, verdict, opened[id], stamp)]
    insert(clickhouse, "findings", findings)
    outdated = {answer.correlation_id for answer in changed if isinstance(answer, Outdated)}
    closed = list(_ceased(workflow, before, opened, outdated))
    _close(clickhouse, workflow.name, closed, stamp)
    for rows in deadline_rows(changed):
        insert(clickhouse, "deadlines", rows)
    gone = _alive(clickhouse, workflow, [it.correlation_id for it in changed if not isinstance(it, Verdict)])
    instances = [instance_row(workflow, verdict, opened[id], stamp) for id, verdict in verdicts.items()]
    insert(clickhouse, "instances", instances)
    end_instances(clickhouse, workflow.name, gone, stamp)
    new = tuple(_found(workflow, opened, before))
    return Written(len(instances) + len(gone), len(new), len(closed), new)


def end_instances(clickhouse: ClickHouse, workflow: str, correlation_ids: Sequence[str], stamp: Stamp) -> None:
    """From now on they are no more; their findings must have been closed. Raises StoreUnavailable or StoreRefused."""
    insert(clickhouse, "instances", [tombstone(workflow, it, stamp) for it in correlation_ids])


def _found(workflow: Workflow, now: Mapping[str, Open], before: Mapping[str, Open]) -> Iterator[Found]:
    """The findings that are open `now` and were not `before`."""
    for id, findings in now.items():
        for key, it in findings.items():
            if key not in before.get(id, {}):
                apparent_at = it.detected_at if it.apparent_at is None else it.apparent_at
                yield Found(workflow.name, apparent_at, it.delayed_by)


def _ceased(
    workflow: Workflow, before: Mapping[str, Open], now: Mapping[str, Open], outdated: Collection[str]
) -> Iterator[Closed]:
    """The findings that were open `before` and are not `now`; those of `outdated` instances have no rule."""
    asked_for = {WHOLE, *(step.name for step in workflow.steps)}
    for id, findings in before.items():
        for step, kind in findings:
            if (step, kind) not in now.get(id, {}):
                removed = id in outdated or step not in asked_for
                yield Closed(id, step, kind, RULE_REMOVED if removed else "")


def close_refuted(clickhouse: ClickHouse, part: Slice, stamp: Stamp) -> Written:
    """Close the open findings that the recorded verdict does not have, in this slice.

    Such were written by an evaluator that had lost its lease without knowing. Everything that was begun must have been
    written before. Raises StoreUnavailable or StoreRefused.
    """
    return _close_all(clickhouse, clickhouse.query(_REFUTED_IN_SLICE, part.parameters), stamp)


def close_refuted_among(clickhouse: ClickHouse, workflow: str, among: Sql, stamp: Stamp) -> Written:
    """The same of one workflow and what `among` says, a condition on the correlation ID; all of that must have been
    judged before. Raises StoreUnavailable or StoreRefused."""
    ours = equals(Column("workflow"), Value(workflow, "String"))
    ids = {"correlation_id": Column("correlation_id")}
    asked = render(Query({"ids": Select(ids, source="findings", prewhere=every(ours, among), group_by=tuple(ids))}))
    written = Written()
    for part in _parts([id for (id,) in clickhouse.query(asked.text, asked.parameters)], _ASKED_AT_ONCE):
        refuted = clickhouse.query(_REFUTED_OF, {"workflow": workflow, "ids": part})
        written += _close_all(clickhouse, refuted, stamp)
    return written


def _close_all(clickhouse: ClickHouse, refuted: Sequence[tuple[str, str, str, str]], stamp: Stamp) -> Written:
    for workflow, rows in groupby(refuted, key=itemgetter(0)):
        _close(clickhouse, workflow, [Closed(id, step, kind, "") for _, id, step, kind in rows], stamp)
    return Written(closed=len(refuted))


def close_opened(clickhouse: ClickHouse, workflow: str, ids: Sequence[str], stamp: Stamp) -> int:
    """Close what was opened under the version of `stamp` and a newer record does not have: how many.

    Raises StoreUnavailable or StoreRefused.
    """
    refuted: list[Closed] = []
    for part in _parts(ids, _ASKED_AT_ONCE):
        rows = clickhouse.query(_OPENED, {"workflow": workflow, "ids": part, "version": stamp.version})
        refuted += [Closed(id, step, kind, "") for id, step, kind in rows]
    _close(clickhouse, workflow, refuted, stamp.next)
    return len(refuted)


def open_findings(clickhouse: ClickHouse, workflow: Workflow, ids: list[str]) -> dict[str, dict[Key, Detection]]:
    """The open findings of each, as they were first seen; asked of the findings, of which a tick that was cut off may
    have written some."""
    found: dict[str, dict[Key, Detection]] = {}
    for part in _parts(ids, _ASKED_AT_ONCE):
        for id, step, kind, *detected in clickhouse.query(_OPEN, {"workflow": workflow.name, "ids": part}):
            found.setdefault(id, {})[step, kind] = Detection(*detected)
    return found


def _alive(clickhouse: ClickHouse, workflow: Workflow, ids: list[str]) -> list[str]:
    """Those of which there is an instance on record."""
    parts = (clickhouse.query(_ALIVE, {"workflow": workflow.name, "ids": part}) for part in _parts(ids, _ASKED_AT_ONCE))
    return [correlation_id for rows in parts for (correlation_id,) in rows]


def _opened(
    clickhouse: ClickHouse, verdicts: Mapping[str, Verdict], before: Mapping[str, Open], stamp: Stamp
) -> Iterator[tuple[str, Open]]:
    """What each has now; what was open `before` keeps how it was found."""
    found = {
        id: {(it.step, it.kind.value): Sight(id, it.since) for it in verdict.findings}
        for id, verdict in verdicts.items()
    }
    new = {sight for id, its in found.items() for key, sight in its.items() if key not in before.get(id, {})}
    detected = detect(clickhouse, new, stamp.as_of, stamp.circumstances) if new else {}
    for id, its in found.items():
        known = before.get(id, {})
        yield id, {key: known[key] if key in known else detected[sight] for key, sight in its.items()}


def _close(clickhouse: ClickHouse, workflow: str, closed: Iterable[Closed], stamp: Stamp) -> None:
    """Copy the rows as they stand, closed: the engine does it without our reading."""
    parameters = {"workflow": workflow, "version": stamp.version, "as_of": stamp.as_of}
    for because, alike in groupby(sorted(closed, key=_because), _because):
        for part in _addressable(alike):
            names = {
                "ids": [it.id for it in part],
                "steps": [it.step for it in part],
                "kinds": [it.kind for it in part],
            }
            clickhouse.command(_CLOSE, {**parameters, **names, "because": because})


def _because(closed: Closed) -> str:
    return closed.because


def _addressable(closed: Iterable[Closed]) -> Iterator[list[Closed]]:
    """In parts, so that no address becomes too long."""
    part: list[Closed] = []
    room = _ADDRESS
    for it in closed:
        size = sum(len(quote(repr(name))) for name in it)
        if part and size > room:
            yield part
            part, room = [], _ADDRESS
        part.append(it)
        room -= size
    if part:
        yield part


def insert(clickhouse: ClickHouse, table: str, rows: Sequence[Row]) -> None:
    """Rows that have the same columns. Raises StoreUnavailable or StoreRefused."""
    if rows:
        clickhouse.insert(table, {name: [row[name] for row in rows] for name in rows[0]})


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
