"""The JSON of an instance: one shape for `noshow check --format jsonl` and for the REST interface."""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.verdict import WHOLE
from store.instant import rfc3339, rfc3339_or_none


@dataclass(frozen=True, slots=True)
class Step:
    """A step's state; `at`, `due` and `warned` in µs UTC, `None` where there is none.

    `count` of `needed` events have come: both `None` where the step has no `times`, `needed` while it is not known.
    """

    name: str
    state: str
    at: int | None
    due: int | None
    count: int | None = None
    needed: int | None = None
    warned: int | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """A verdict in plain values. `version` is the rule's; `start` in µs UTC, `None` of an orphan.

    `findings` are (step, kind), open ones; step `WHOLE` in those of the whole instance.
    """

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
        "findings": [{"step": step_or_none(step), "kind": kind} for step, kind in instance.findings],
    }


def step_or_none(step: str) -> str | None:
    """The step of a finding, null in one of the whole instance."""
    return None if step == WHOLE else step


def _step_json(step: Step) -> dict[str, object]:
    told = {"state": step.state, "at": rfc3339_or_none(step.at), "due": rfc3339_or_none(step.due)}
    counted = {"count": step.count, "needed": step.needed} if step.count is not None else {}
    warned = {"warned": rfc3339(step.warned)} if step.warned is not None else {}
    return {**told, **counted, **warned}
