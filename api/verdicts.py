"""Verdicts and findings, read from ClickHouse in their newest versions. Times are µs UTC, `None` where absent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    """Something that was flagged on a step, open or closed. `noted` ones are recorded and ask for nothing."""

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


def instances(clickhouse: ClickHouse, filters: Mapping[str, str], after: Place, limit: int) -> list[Instance]:
    """At most `limit` instances behind `after`. `filters`: workflow, state, correlation_id; '' filters nothing."""
    parameters = {
        **filters,
        "after_workflow": after.workflow,
        "after_correlation_id": after.correlation_id,
        "limit": limit,
    }
    return [_instance(row) for row in clickhouse.query(query("instances"), parameters)]


def verdict(clickhouse: ClickHouse, workflow: str, correlation_id: str) -> Verdict | None:
    key = {"workflow": workflow, "correlation_id": correlation_id}
    for row in clickhouse.query(query("instance"), key):
        instance = _instance(row[:11])
        # No state: it was an instance until its start event turned out to be something else.
        return Verdict(instance, *row[11:]) if instance.state else None
    return None


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


def _instance(row: tuple[Any, ...]) -> Instance:
    workflow, version, correlation_id, state, start, names, states, ats, dues, at_steps, kinds = row
    return Instance(
        workflow=workflow,
        version=version,
        correlation_id=correlation_id,
        state=state,
        start=start,
        steps=[Step(*step) for step in zip(names, states, ats, dues, strict=True)],
        findings=list(zip(at_steps, kinds, strict=True)),
    )
