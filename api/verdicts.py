"""Verdicts and findings, read from ClickHouse in their newest versions. Times are µs UTC, `None` where absent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from api.sql import query
from rules.present import Instance, Step
from store.clickhouse import ClickHouse


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a page of instances ended."""

    workflow: str
    correlation_id: str


BEFORE_ALL = Place("", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was flagged on a step, or on all of the instance (step `WHOLE`), open or closed.

    `noted` ones are recorded and ask for nothing. `closed_because` is '' where the condition ceased to hold.
    """

    step: str
    kind: str
    open: bool
    noted: bool
    owner: str
    severity: str
    sentence: str
    description: str
    runbook: str
    labels: Mapping[str, str]
    at: int | None
    due: int | None
    since: int
    detected_at: int
    closed_at: int | None
    closed_because: str
    noun: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """An instance with what else its row tells. `events` counts its distinct events, `conflicts` differing copies."""

    instance: Instance
    at_risk: float | None
    unit: str | None
    customer: str | None
    events: int
    conflicts: int
    undated: Sequence[str]
    ended_at: int | None
    judged_at: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which instances: '' and 0 filter nothing. `kind`: with an open finding of it; `version`: of the rule."""

    workflow: str = ""
    correlation_id: str = ""
    state: str = ""
    kind: str = ""
    version: int = 0


def instances(clickhouse: ClickHouse, wanted: Wanted, after: Place, limit: int) -> list[Instance]:
    """At most `limit` instances behind `after`."""
    return [verdict.instance for verdict in _verdicts(clickhouse, wanted, after, limit)]


def verdict(clickhouse: ClickHouse, workflow: str, correlation_id: str) -> Verdict | None:
    if not workflow or not correlation_id:  # there are none, and they would filter nothing
        return None
    return next(_verdicts(clickhouse, Wanted(workflow, correlation_id), BEFORE_ALL, 1), None)


def _verdicts(clickhouse: ClickHouse, wanted: Wanted, after: Place, limit: int) -> Iterator[Verdict]:
    parameters = {
        **asdict(wanted),
        "after_workflow": after.workflow,
        "after_correlation_id": after.correlation_id,
        "limit": limit,
    }
    for row in clickhouse.query(query("instances"), parameters):
        yield Verdict(_instance(row[:_INSTANCE]), *row[_INSTANCE:])


def findings(clickhouse: ClickHouse, workflow: str, correlation_id: str) -> list[Finding]:
    key = {"workflow": workflow, "correlation_id": correlation_id}
    return [Finding(*row) for row in clickhouse.query(query("findings"), key)]


def workflows_of(clickhouse: ClickHouse, correlation_id: str) -> list[tuple[str, str]]:
    """The workflows that know this correlation ID, each with the state of its instance."""
    rows = clickhouse.query(query("workflows_of"), {"correlation_id": correlation_id})
    return [(workflow, state) for workflow, state in rows]


def noun_of(clickhouse: ClickHouse, workflow: str) -> str:
    """What people call an instance of it, as far as is known here."""
    rows = clickhouse.query(query("noun"), {"workflow": workflow})
    return str(rows[0][0]) if rows else "instance"


_INSTANCE = 14  # so many columns make the instance


def _instance(row: tuple[Any, ...]) -> Instance:
    workflow, version, correlation_id, state, start, *steps, flagged, kinds = row
    return Instance(
        workflow=workflow,
        version=version,
        correlation_id=correlation_id,
        state=state,
        start=start,
        steps=[Step(*step) for step in zip(*steps, strict=True)],
        findings=list(zip(flagged, kinds, strict=True)),
    )
