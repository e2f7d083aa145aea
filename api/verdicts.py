"""Verdicts and findings, read from ClickHouse in their newest versions. Times are µs UTC, `None` where absent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.sql import query
from rules.present import Instance, Step
from rules.spec import UNNAMED
from rules.verdict import StepState
from store.clickhouse import ClickHouse


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
    """An instance with what else its row tells. `events` counts its distinct events, `conflicts` differing copies;
    `version` is that of the row."""

    instance: Instance
    at_risk: float | None
    unit: str | None
    customer: str | None
    events: int
    conflicts: int
    undated: Sequence[str]
    ended_at: int | None
    judged_at: int
    version: int


def verdict(clickhouse: ClickHouse, workflow: str, correlation_id: str) -> Verdict | None:
    key = (workflow, correlation_id)
    found = newest(clickhouse, [key]).get(key)
    return None if found is None or not found.instance.state else found


def newest(clickhouse: ClickHouse, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Verdict]:
    """The present verdicts on (workflow, correlation ID), those included whose instance is no more: of state ''."""
    wanted = {
        "workflows": sorted({workflow for workflow, _ in keys}),
        "correlation_ids": sorted({correlation_id for _, correlation_id in keys}),
    }
    rows = clickhouse.query(query("instances"), wanted) if keys else []
    return {(row[0], row[2]): Verdict(_instance(row[:_INSTANCE]), *row[_INSTANCE:]) for row in rows}


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
    return str(rows[0][0]) if rows else UNNAMED


_INSTANCE = 14  # so many columns make the instance


def _instance(row: tuple[Any, ...]) -> Instance:
    workflow, version, correlation_id, state, start, *steps, flagged, kinds = row
    return Instance(
        workflow=workflow,
        version=version,
        correlation_id=correlation_id,
        state=state,
        start=start,
        steps=[_step(Step(*step)) for step in zip(*steps, strict=True)],
        findings=list(zip(flagged, kinds, strict=True)),
    )


def _step(step: Step) -> Step:
    """What is not asked for has no deadline, though one could be reckoned."""
    return replace(step, due=None) if step.state == StepState.SKIPPED else step
