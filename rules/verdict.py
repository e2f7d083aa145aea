"""What judging gives: states, findings, and the instant at which the answer can next change. Times: microseconds, UTC.

The meaning of every member is rules-language.md §2.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class StepState(StrEnum):
    SKIPPED = "skipped"  # `when` is false
    NOT_NEEDED = "not_needed"  # the instance was over before the step fell due
    WAITING = "waiting"  # `when` is undecided, or what it comes after has not come
    ON_TIME = "on_time"  # came, and not after its deadline
    LATE = "late"  # came after its deadline
    PENDING = "pending"  # may still come in time
    MISSING = "missing"  # deadline and grace have passed: unknown, not failed


class InstanceState(StrEnum):
    CANCELLED = "cancelled"  # a `cancel` event called it off
    INCOMPLETE = "incomplete"  # a step is missing
    COMPLETE = "complete"  # nothing more is expected
    RUNNING = "running"  # something still is


class Kind(StrEnum):
    """The kinds of finding."""

    MISSING = "missing"
    LATE = "late"
    OUT_OF_ORDER = "out_of_order"
    AFTER_END = "after_end"


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """`at`: when the step was fulfilled; `due`: its deadline without grace; `None` where there is none."""

    step: str
    state: StepState
    at: int | None
    due: int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition that holds at `as_of`. `since`: the instant from which it has held, in event time."""

    step: str
    kind: Kind
    since: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one instance at one instant.

    `stored` counts the distinct events of the correlation ID, also those still in the future; `conflicts` the events of
    which differing copies exist. `undated` names steps whose `due` gave no timestamp though all that it reads has come.
    `wake_at` is the earliest later instant at which this answer can change by itself, `None` for never. `ended_at` is
    when a cancel or ends_on event ended the instance. Two verdicts of one rule with the same `digest` are the same.
    """

    workflow: str
    correlation_id: str
    state: InstanceState
    start: int
    steps: tuple[StepVerdict, ...]
    findings: tuple[Finding, ...]
    at_risk: float | None = None
    unit: str | None = None
    customer: str | None = None
    stored: int = 0
    conflicts: int = 0
    undated: tuple[str, ...] = ()
    last_event: str = ""
    last_event_at: int = 0
    wake_at: int | None = None
    ended_at: int | None = field(default=None, compare=False)
    digest: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Unopened:
    """A correlation ID that has no instance of the workflow (or no longer), but perhaps events in the future."""

    workflow: str
    correlation_id: str
    wake_at: int | None
