"""What judging gives: states, findings, and the instant at which the answer can next change. Times: microseconds, UTC.

The meaning of every member is rules-language.md §2.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class StepState(StrEnum):
    SKIPPED = "skipped"  # `when` is false, or `times` is 0
    NOT_NEEDED = "not_needed"  # the instance was over before the step fell due
    WAITING = "waiting"  # `when` is undecided, or what it comes after has not come
    ON_TIME = "on_time"  # came, and not after its deadline
    LATE = "late"  # came after its deadline
    FAILED = "failed"  # definitely did not happen, and will not
    PENDING = "pending"  # may still come in time
    MISSING = "missing"  # deadline and grace have passed: unknown, not failed


class InstanceState(StrEnum):
    CANCELLED = "cancelled"  # a `cancel` event called it off
    INCOMPLETE = "incomplete"  # a step is missing
    FAILED = "failed"  # a required step failed
    COMPLETE = "complete"  # nothing more is expected
    RUNNING = "running"  # something still is
    ORPHAN = "orphan"  # step events, and no instance of any workflow


class Kind(StrEnum):
    """The kinds of finding, in the order in which those of one step are told."""

    MISSING = "missing"
    LATE = "late"
    FAILED = "failed"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out_of_order"
    MISMATCH = "mismatch"
    AFTER_END = "after_end"
    NOT_UNDONE = "not_undone"
    HALF_UNDONE = "half_undone"  # of the instance
    ORPHAN = "orphan"  # of the correlation ID


RUNAWAY = "runaway"
"""A kind of finding that no rule asks for: the evaluator's own, of what has too many events to be judged any more."""

WHOLE = ""
"""Stands for the step in a finding of the whole instance; such come behind those of the steps."""


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """`at`: when the step was fulfilled; `due`: its deadline without grace; `None` where there is none.

    Of a step with `times`, `count` is how many distinct events fulfil it so far and `needed` how many it takes (`None`
    while the step that says so has not occurred); both are `None` of others. `warned`: since when the early warning of
    a pending step holds.
    """

    step: str
    state: StepState
    at: int | None
    due: int | None
    count: int | None = None
    needed: int | None = None
    warned: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition that holds at `as_of`. `since`: the instant from which it has held, in event time.

    `step` is `WHOLE` in a finding of the instance or of the correlation ID.
    """

    step: str
    kind: Kind
    since: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one instance at one instant; an orphan has no `start` and no steps.

    `stored` counts the distinct copies of events of the correlation ID, also those still in the future: of most events
    there is one. `conflicts` counts the events of which differing copies exist. `undated` names steps whose `due`
    gave no timestamp though all that it reads has come. `wake_at` is the earliest later instant at which this answer
    can change by itself, `None` for never. `held`: when the holds end without which more would be found, or warned
    of. `ended_at` is when a cancel or ends_on event ended the instance. Two verdicts of one rule with the same
    `digest` are the same.
    """

    workflow: str
    correlation_id: str
    state: InstanceState
    start: int | None
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
    held: tuple[int, ...] = ()
    ended_at: int | None = field(default=None, compare=False)
    digest: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Unopened:
    """A correlation ID that has no instance of the workflow (or no longer), but perhaps events in the future."""

    workflow: str
    correlation_id: str
    wake_at: int | None


@dataclass(frozen=True, slots=True)
class Outdated:
    """An instance that is older than every version of its workflow, and so is not judged. `start`: µs UTC."""

    workflow: str
    correlation_id: str
    start: int


Answer = Verdict | Unopened | Outdated
