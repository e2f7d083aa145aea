"""What the evaluator says of one order, as the reconciler sees it. Times are microseconds since the Unix epoch, UTC."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rules.verdict import Kind

Key = tuple[str, str]  # workflow, correlation ID

RULE_REMOVED = "rule_removed"  # why a finding closed that nobody asks for any more

# What nothing more can be done about than to see it: once somebody has, such a finding keeps no case open.
_ONLY_TO_BE_SEEN = frozenset({Kind.LATE, Kind.DUPLICATE, Kind.AFTER_END})


@dataclass(frozen=True, slots=True)
class Finding:
    """One (workflow, correlation ID, step, kind) in its newest version, open or closed: a row of `case_findings`.

    `kind` is text, so that a kind of a newer evaluator does no harm. `noted` findings are recorded and ask for nothing.
    `step` is `WHOLE` in one of the whole order. `closed_because` is '' where the condition ceased to hold.
    `escalate_after` (µs): how long a case with it may stay unresolved before it is raised.

    A person has seen it if `acknowledged`, and settled the case with it if `settled`. Both are about the condition that
    holds since `detected_at`, and end with it.
    """

    workflow: str
    correlation_id: str
    step: str
    kind: str
    version: int
    open: bool
    noted: bool
    step_order: int
    at: int | None
    due: int | None
    since: int
    detected_at: int
    closed_at: int | None
    owner: str
    severity: str
    description: str
    runbook: str
    sentence: str
    rule_hash: str
    closed_because: str = ""
    escalate_after: int | None = None
    acknowledged: bool = False
    settled: bool = False

    @property
    def key(self) -> Key:
        return self.workflow, self.correlation_id

    @property
    def place(self) -> tuple[str, str]:
        """What tells it from the other findings of its order."""
        return self.step, self.kind

    @property
    def keeps_open(self) -> bool:
        """Whether a case with this finding is unresolved."""
        seen = self.acknowledged and self.kind in _ONLY_TO_BE_SEEN
        return self.open and not (self.noted or self.settled or seen)

    @property
    def withdrawn(self) -> bool:
        """Closed because no rule judges it any more."""
        return not self.open and self.closed_because == RULE_REMOVED


@dataclass(frozen=True, slots=True)
class About:
    """What is known of the order itself. `started_at`: of an orphan the time of its first event. `labels` are the
    workflow's."""

    noun: str
    started_at: int
    at_risk: float | None = None
    unit: str | None = None
    customer: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Detection:
    """Of an open finding: when it was judged, from when on it could have been found, when its row was written, and why
    that says nothing of how quickly things are found ('' where it does)."""

    step: str
    kind: str
    detected_at: int
    apparent_at: int
    found_at: int
    delayed_by: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """All findings of one order as they stand in ClickHouse; `about` comes with the newest of them. `detections` are
    those of the open ones, as far as that is known.

    It is not `complete` while the evaluator is still writing: what it found there belongs to no verdict yet.
    """

    workflow: str
    correlation_id: str
    findings: tuple[Finding, ...]
    about: About
    complete: bool = True
    detections: tuple[Detection, ...] = ()

    @property
    def key(self) -> Key:
        return self.workflow, self.correlation_id

    @property
    def version(self) -> int:
        return max(finding.version for finding in self.findings)


def newest(known: Iterable[Finding], seen: Iterable[Finding]) -> tuple[Finding, ...]:
    """Both together, of each place the higher version; what is known wins a tie.

    What people said of a finding goes over to its next version as long as it has not closed in between.
    """
    findings = {finding.place: finding for finding in known}
    for finding in seen:
        before = findings.get(finding.place)
        if before is None or before.version < finding.version:
            findings[finding.place] = _with_what_was_said(finding, before)
    return tuple(findings.values())


def _with_what_was_said(finding: Finding, before: Finding | None) -> Finding:
    if before is None or not before.open or before.detected_at != finding.detected_at:
        return replace(finding, acknowledged=False, settled=False)
    return replace(finding, acknowledged=before.acknowledged, settled=before.settled)
