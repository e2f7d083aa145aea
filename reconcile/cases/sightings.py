"""Reading `findings` in ClickHouse. Times are microseconds since the Unix epoch, UTC."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from reconcile.cases.finding import About, Detection, Finding, Key, Sighting
from reconcile.identity import NAMESPACE
from store.clickhouse import ClickHouse

_ORDERS = 500  # read by one query

Place = tuple[str, str, str, str]  # workflow, correlation ID, step, kind

_EXTENT = """
SELECT toUnixTimestamp64Micro(max(written_at)), count(), sum(cityHash64(workflow, correlation_id, step, kind, version))
FROM findings
WHERE written_at >= fromUnixTimestamp64Micro({start:Int64})
"""

_WRITTEN = """
SELECT toUnixTimestamp64Micro(written_at), workflow, correlation_id, step, kind, version
FROM findings
WHERE written_at BETWEEN fromUnixTimestamp64Micro({written_at:Int64}) AND fromUnixTimestamp64Micro({end:Int64})
  AND (written_at, workflow, correlation_id, step, kind) > (fromUnixTimestamp64Micro({written_at:Int64}),
       {workflow:String}, {correlation_id:String}, {step:String}, {kind:String})
ORDER BY written_at, workflow, correlation_id, step, kind
LIMIT {limit:UInt64}
"""

_NEWEST = """
SELECT workflow, correlation_id, step, kind, version, open, noted, step_order, toUnixTimestamp64Micro(at),
       toUnixTimestamp64Micro(due), toUnixTimestamp64Micro(since), toUnixTimestamp64Micro(detected_at),
       toUnixTimestamp64Micro(closed_at), owner, severity, description, runbook, sentence, rule_hash, closed_because,
       escalate_after, noun, toUnixTimestamp64Micro(started_at), at_risk, unit, customer, labels,
       toUnixTimestamp64Micro(apparent_at), toUnixTimestamp64Micro(coalesce(found_at, written_at)), delayed_by
FROM findings
WHERE (workflow, correlation_id) IN {keys:Array(Tuple(String, String))}
ORDER BY workflow, correlation_id, step, kind, version DESC
LIMIT 1 BY workflow, correlation_id, step, kind
"""

_SLICE = """
SELECT workflow, correlation_id, step, kind, max(version)
FROM findings
WHERE startsWith(SHA1(concat(unhex({namespace:String}), workflow, '/', correlation_id)), unhex({digits:String}))
GROUP BY workflow, correlation_id, step, kind
"""

_VERDICTS = """
SELECT workflow, correlation_id, version, toUnixTimestamp64Micro(judged_at),
       arrayZip(findings.step, findings.kind)
FROM instances
WHERE (workflow, correlation_id) IN {keys:Array(Tuple(String, String))}
ORDER BY workflow, correlation_id, version DESC
LIMIT 1 BY workflow, correlation_id
"""


@dataclass(frozen=True, slots=True)
class Extent:
    """What was written from an instant on: `end` is the last `written_at`, `digest` changes with any row."""

    end: int
    rows: int
    digest: int


@dataclass(frozen=True, slots=True)
class Written:
    """That a version of a finding was written, and when."""

    written_at: int
    place: Place
    version: int

    @property
    def key(self) -> Key:
        return self.place[:2]


@dataclass(frozen=True, slots=True)
class Present:
    """The newest verdict on an order: its version, when it was judged, what holds."""

    version: int
    judged_at: int
    holds: frozenset[tuple[str, str]]  # step, kind

    def refutes(self, finding: Finding) -> bool:
        """Whether it is open and this newer verdict says that it does not hold.

        So it is with what an evaluator wrote that died before it had finished: its successor knows nothing of it.
        """
        return finding.open and finding.version < self.version and finding.place not in self.holds

    def close(self, finding: Finding) -> Finding:
        return replace(finding, open=False, version=self.version, closed_at=self.judged_at)


def extent(clickhouse: ClickHouse, start: int) -> Extent:
    """What was written at `start` or later."""
    return Extent(*clickhouse.query(_EXTENT, {"start": start})[0])


def written(clickhouse: ClickHouse, after: Written, end: int, limit: int) -> list[Written]:
    """The next rows behind `after` in the order of (written_at, place), none written later than `end`."""
    workflow, correlation_id, step, kind = after.place
    parameters = {
        "written_at": after.written_at,
        "workflow": workflow,
        "correlation_id": correlation_id,
        "step": step,
        "kind": kind,
        "end": end,
        "limit": limit,
    }
    return [Written(row[0], row[1:5], row[5]) for row in clickhouse.query(_WRITTEN, parameters)]


def look(clickhouse: ClickHouse, keys: Iterable[Key]) -> Iterator[list[Sighting]]:
    """All findings of these orders, each in its newest version; so many orders at a time as go into one transaction.

    The evaluator writes what has closed, then what is open, then the verdict. So verdicts are read first: what they say
    has been done is there when the findings are read.
    """
    for batch in _batches(keys):
        present = _present(clickhouse, batch)
        rows = clickhouse.query(_NEWEST, {"keys": batch})
        yield [_sighting(list(rows), present.get(key)) for key, rows in groupby(rows, key=lambda row: row[:2])]


def slice_versions(clickhouse: ClickHouse, digits: str) -> dict[Place, int]:
    """The newest version of every finding whose case's id begins with these hex digits (two, four, …)."""
    return {row[:4]: row[4] for row in clickhouse.query(_SLICE, {"namespace": NAMESPACE.hex, "digits": digits})}


def verdicts(clickhouse: ClickHouse, keys: Iterable[Key]) -> Iterator[dict[Key, Present]]:
    """The present verdicts on these orders, as far as there are any; so many at a time as `look` gives."""
    return (_present(clickhouse, batch) for batch in _batches(keys))


def _present(clickhouse: ClickHouse, keys: Sequence[Key]) -> dict[Key, Present]:
    return {
        (workflow, correlation_id): Present(version, judged_at, frozenset(map(tuple, holds)))
        for workflow, correlation_id, version, judged_at, holds in clickhouse.query(_VERDICTS, {"keys": keys})
    }


def _batches(keys: Iterable[Key]) -> Iterator[list[Key]]:
    keys = list(keys)
    return (keys[start : start + _ORDERS] for start in range(0, len(keys), _ORDERS))


def _sighting(rows: Sequence[tuple[Any, ...]], present: Present | None) -> Sighting:
    workflow, correlation_id = rows[0][:2]
    findings = tuple(_as_of(present, _finding(row)) for row in rows)
    complete = present is None or all(finding.version <= present.version for finding in findings)
    about = _about(max(rows, key=lambda row: row[4]))
    detections = tuple(
        _detection(it, row) for it, row in zip(findings, rows, strict=True) if it.open and row[_DETECTION]
    )
    return Sighting(workflow, correlation_id, findings, about, complete, detections)


def _as_of(present: Present | None, finding: Finding) -> Finding:
    return present.close(finding) if present is not None and present.refutes(finding) else finding


def _finding(row: tuple[Any, ...]) -> Finding:
    workflow, correlation_id, *rest = row[:_ABOUT]
    return Finding(workflow, correlation_id, *(_storable(value) for value in rest))


_ABOUT = 21  # the first column of `_NEWEST` that tells of the order itself
_DETECTION = 27  # and of how the finding was found


def _about(row: tuple[Any, ...]) -> About:
    noun, started_at, at_risk, unit, customer, labels = row[_ABOUT:_DETECTION]
    at_risk = at_risk if at_risk is not None and math.isfinite(at_risk) else None
    return About(_storable(noun), started_at, at_risk, _storable(unit), _storable(customer), dict(labels))


def _detection(finding: Finding, row: tuple[Any, ...]) -> Detection:
    apparent_at, found_at, delayed_by = row[_DETECTION:]
    return Detection(finding.step, finding.kind, finding.detected_at, apparent_at, found_at, delayed_by)


def _storable(value: Any) -> Any:
    """PostgreSQL keeps no NUL in a text; one in somebody's customer name must not cost the case."""
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value
