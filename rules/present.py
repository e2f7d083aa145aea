"""The JSON of an instance: one shape for `noshow check --format jsonl` and for the REST interface."""

from collections.abc import Sequence
from dataclasses import dataclass

from store.instant import rfc3339_or_none


@dataclass(frozen=True, slots=True)
class Step:
    """A step's state; `at` and `due` in µs UTC, `None` where there is none."""

    name: str
    state: str
    at: int | None
    due: int | None


@dataclass(frozen=True, slots=True)
class Instance:
    """A verdict in plain values. `version` is the rule's; `start` in µs UTC; `findings` are (step, kind), open ones."""

    workflow: str
    version: int
    correlation_id: str
    state: str
    start: int | None
    steps: Sequence[Step]
    findings: Sequence[tuple[str, str]]


def instance_json(instance: Instance) -> dict[str, object]:
    """What JSON shows of an instance. Times are RFC 3339 in UTC with `Z`, null where there is none."""
    return {
        "workflow": instance.workflow,
        "version": instance.version,
        "correlation_id": instance.correlation_id,
        "state": instance.state,
        "start": rfc3339_or_none(instance.start),
        "steps": {step.name: _step_json(step) for step in instance.steps},
        "findings": [{"step": step, "kind": kind} for step, kind in instance.findings],
    }


def _step_json(step: Step) -> dict[str, object]:
    return {"state": step.state, "at": rfc3339_or_none(step.at), "due": rfc3339_or_none(step.due)}
