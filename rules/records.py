"""What the evaluator writes: findings, deadlines, instances.

Order matters. A finding is written before the instance that carries it, and so is the deadline: the instance row is the
record that the rest has been done. After a crash in between, the instance is still the old one and all is done again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from rules.sentence import sentence
from rules.spec import Late, Workflow
from rules.verdict import Finding, Kind, StepVerdict, Unopened, Verdict
from store.clickhouse import ClickHouse
from store.event import DAY

T = TypeVar("T")
Row = Mapping[str, object]
Open = Mapping[tuple[str, str], int]
"""The open findings of one instance by (step, kind): when each was first seen, µs UTC."""

_ASKED_AT_ONCE = 10_000  # correlation IDs named in one query
_ADDRESS = 30_000  # characters: the parameters of a command travel in the address of the request
_ERA = 2_000 * DAY  # at most 67 months, of the 100 that the engine takes

_OPEN = """
SELECT correlation_id, step, kind, argMax(toUnixTimestamp64Micro(detected_at), version)
FROM findings
WHERE workflow = {workflow:String} AND correlation_id IN {ids:Array(String)}
GROUP BY correlation_id, step, kind
HAVING argMax(open, version)
"""

_REFUTED = """
SELECT correlation_id, step, kind
FROM
(
    SELECT correlation_id, step, kind
    FROM findings
    WHERE workflow = {workflow:String} AND cityHash64(correlation_id) % {slices:UInt32} = {slice:UInt32}
    GROUP BY correlation_id, step, kind
    HAVING argMax(open, version)
) AS flagged
LEFT JOIN
(
    SELECT correlation_id, argMax(arrayZip(`findings.step`, `findings.kind`), version) AS holding
    FROM instances
    WHERE workflow = {workflow:String} AND cityHash64(correlation_id) % {slices:UInt32} = {slice:UInt32}
    GROUP BY correlation_id
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
    now64(6, 'UTC') AS written_at)
FROM findings
WHERE workflow = {workflow:String} AND correlation_id IN {ids:Array(String)}
  AND has(arrayZip({ids:Array(String)}, {steps:Array(String)}, {kinds:Array(String)}), (correlation_id, step, kind))
ORDER BY version DESC
LIMIT 1 BY correlation_id, step, kind
"""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When was judged (µs UTC), and the version that what is written carries."""

    as_of: int
    version: int


@dataclass(frozen=True, slots=True)
class Written:
    """How many of each a write has changed."""

    instances: int = 0
    opened: int = 0
    closed: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(
            self.instances + other.instances,
            self.opened + other.opened,
            self.closed + other.closed,
        )


def write(clickhouse: ClickHouse, workflow: Workflow, changed: Sequence[Verdict | Unopened], stamp: Stamp) -> Written:
    """Store verdicts that differ from what is recorded. Raises StoreUnavailable or StoreRefused."""
    before = _open(clickhouse, workflow, [verdict.correlation_id for verdict in changed])
    verdicts = [verdict for verdict in changed if isinstance(verdict, Verdict)]
    opened = {
        verdict.correlation_id: _opened(verdict, before.get(verdict.correlation_id, {}), stamp) for verdict in verdicts
    }
    closed = [
        (correlation_id, step, kind)
        for correlation_id, findings in before.items()
        for step, kind in findings
        if (step, kind) not in opened.get(correlation_id, {})
    ]
    _insert(clickhouse, "findings", [row for it in verdicts for row in _findings(workflow, it, opened, stamp)])
    _close(clickhouse, workflow, closed, stamp)
    for rows in _by_era(_deadlines(changed)):
        _insert(clickhouse, "deadlines", rows)
    gone = _alive(clickhouse, workflow, [it.correlation_id for it in changed if isinstance(it, Unopened)])
    instances = [_instance(workflow, verdict, opened[verdict.correlation_id], stamp) for verdict in verdicts]
    _insert(clickhouse, "instances", instances + [_tombstone(workflow, it, stamp) for it in gone])
    new = sum(len(findings.keys() - before.get(id, {}).keys()) for id, findings in opened.items())
    return Written(len(instances) + len(gone), new, len(closed))


def close_refuted(clickhouse: ClickHouse, workflow: Workflow, part: tuple[int, int], stamp: Stamp) -> Written:
    """Close the open findings that the recorded verdict does not have; `part`: how many slices of IDs, and which.

    Such were written by an evaluator that had lost its lease without knowing. Everything that was begun must have been
    written before. Raises StoreUnavailable or StoreRefused.
    """
    slices, slice = part
    refuted = clickhouse.query(_REFUTED, {"workflow": workflow.name, "slices": slices, "slice": slice})
    _close(clickhouse, workflow, refuted, stamp)
    return Written(closed=len(refuted))


def _open(clickhouse: ClickHouse, workflow: Workflow, ids: list[str]) -> dict[str, dict[tuple[str, str], int]]:
    """The open findings of each; asked of the findings, of which a tick that was cut off may have written some."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    for part in _parts(ids, _ASKED_AT_ONCE):
        for correlation_id, step, kind, detected_at in clickhouse.query(
            _OPEN, {"workflow": workflow.name, "ids": part}
        ):
            found.setdefault(correlation_id, {})[step, kind] = detected_at
    return found


def _alive(clickhouse: ClickHouse, workflow: Workflow, ids: list[str]) -> list[str]:
    """Those of which there is an instance on record."""
    parts = (clickhouse.query(_ALIVE, {"workflow": workflow.name, "ids": part}) for part in _parts(ids, _ASKED_AT_ONCE))
    return [correlation_id for rows in parts for (correlation_id,) in rows]


def _opened(verdict: Verdict, before: Open, stamp: Stamp) -> Open:
    keys = [(finding.step, finding.kind.value) for finding in verdict.findings]
    return {key: before.get(key, stamp.as_of) for key in keys}


def _close(clickhouse: ClickHouse, workflow: Workflow, closed: Sequence[tuple[Any, ...]], stamp: Stamp) -> None:
    """Copy the rows of (correlation ID, step, kind) as they stand, closed: the engine does it without our reading."""
    for part in _addressable(closed):
        ids, steps, kinds = (list(column) for column in zip(*part, strict=True))
        parameters = {"ids": ids, "steps": steps, "kinds": kinds, "workflow": workflow.name}
        clickhouse.command(_CLOSE, {**parameters, "version": stamp.version, "as_of": stamp.as_of})


def _addressable(closed: Sequence[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """In parts, so that no address becomes too long."""
    part: list[tuple[Any, ...]] = []
    room = _ADDRESS
    for names in closed:
        size = sum(len(quote(repr(name))) for name in names)
        if part and size > room:
            yield part
            part, room = [], _ADDRESS
        part.append(names)
        room -= size
    if part:
        yield part


def _findings(workflow: Workflow, verdict: Verdict, opened: Mapping[str, Open], stamp: Stamp) -> Iterator[Row]:
    told = {step.step: step for step in verdict.steps}
    for finding in verdict.findings:
        detected_at = opened[verdict.correlation_id][finding.step, finding.kind.value]
        yield {
            **_common(workflow, verdict, stamp),
            **_of_the_step(workflow, finding, told[finding.step]),
            "since": finding.since,
            "detected_at": detected_at,
            "sentence": sentence(workflow, verdict, finding, detected_at),
        }


def _common(workflow: Workflow, verdict: Verdict, stamp: Stamp) -> Row:
    """What a finding says of its instance and rule."""
    return {
        "workflow": workflow.name,
        "correlation_id": verdict.correlation_id,
        "version": stamp.version,
        "open": True,
        "instance_state": verdict.state.value,
        "started_at": verdict.start,
        "closed_at": None,
        "noun": workflow.noun,
        "labels": dict(workflow.labels),
        "at_risk": verdict.at_risk,
        "unit": verdict.unit,
        "customer": verdict.customer,
        "last_event": verdict.last_event,
        "last_event_at": verdict.last_event_at,
        "rule_hash": workflow.content_hash,
        "rule_version": workflow.version,
    }


def _of_the_step(workflow: Workflow, finding: Finding, told: StepVerdict) -> Row:
    step = workflow.step(finding.step)
    return {
        "step": step.name,
        "kind": finding.kind.value,
        "noted": finding.kind is Kind.LATE and step.late is Late.NOTE,
        "step_order": workflow.in_graph_order().index(step),
        "at": told.at,
        "due": told.due,
        "owner": step.owner,
        "severity": step.severity.value,
        "description": step.description,
        "runbook": step.runbook,
    }


def _deadlines(changed: Sequence[Verdict | Unopened]) -> Iterator[tuple[int, str]]:
    for verdict in changed:
        if verdict.wake_at is not None:
            yield verdict.wake_at, verdict.correlation_id


def _by_era(deadlines: Iterable[tuple[int, str]]) -> Iterable[list[Row]]:
    """`deadlines` is parted by months, and an insert may not touch too many of them."""
    eras: dict[int, list[Row]] = {}
    for wake_at, correlation_id in deadlines:
        eras.setdefault(wake_at // _ERA, []).append({"wake_at": wake_at, "correlation_id": correlation_id})
    return eras.values()


def _instance(workflow: Workflow, verdict: Verdict, opened: Open, stamp: Stamp) -> Row:
    steps, findings = verdict.steps, verdict.findings
    return {
        **_rule(workflow, verdict.correlation_id, stamp),
        "state": verdict.state.value,
        "start": verdict.start,
        "steps.name": [step.step for step in steps],
        "steps.state": [step.state.value for step in steps],
        "steps.at": [step.at for step in steps],
        "steps.due": [step.due for step in steps],
        "findings.step": [finding.step for finding in findings],
        "findings.kind": [finding.kind.value for finding in findings],
        "findings.since": [finding.since for finding in findings],
        "findings.detected_at": [opened[finding.step, finding.kind.value] for finding in findings],
        "at_risk": verdict.at_risk,
        "unit": verdict.unit,
        "customer": verdict.customer,
        "stored": verdict.stored,
        "conflicts": verdict.conflicts,
        "undated": list(verdict.undated),
        "last_event": verdict.last_event,
        "last_event_at": verdict.last_event_at,
        "ended_at": verdict.ended_at,
        "wake_at": verdict.wake_at,
        "digest": verdict.digest,
    }


def _tombstone(workflow: Workflow, correlation_id: str, stamp: Stamp) -> Row:
    """Of an instance that is no more: its start event turned out to be the later copy of another event."""
    nothing = dict.fromkeys(("start", "stored", "conflicts", "last_event_at", "digest"), 0)
    unknown = dict.fromkeys(("at_risk", "unit", "customer", "ended_at", "wake_at"))
    steps = [f"steps.{part}" for part in ("name", "state", "at", "due")]
    findings = [f"findings.{part}" for part in ("step", "kind", "since", "detected_at")]
    lists: Row = {name: [] for name in (*steps, *findings, "undated")}
    return {**_rule(workflow, correlation_id, stamp), **nothing, **unknown, **lists, "state": "", "last_event": ""}


def _rule(workflow: Workflow, correlation_id: str, stamp: Stamp) -> Row:
    return {
        "workflow": workflow.name,
        "correlation_id": correlation_id,
        "version": stamp.version,
        "rule_hash": workflow.content_hash,
        "rule_version": workflow.version,
        "judged_at": stamp.as_of,
    }


def _insert(clickhouse: ClickHouse, table: str, rows: Sequence[Row]) -> None:
    if rows:
        clickhouse.insert(table, {name: [row[name] for row in rows] for name in rows[0]})


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
