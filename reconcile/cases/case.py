"""The case of an order: its state, and what follows from its findings. Times are microseconds since the Unix epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from reconcile.cases.ambiguity import Ambiguity, ambiguities
from reconcile.cases.finding import About, Finding, Key
from rules.spec import Severity


class State(StrEnum):
    """What there is to do; docs/queue.md draws it."""

    OPEN = "open"  # something is wrong that nobody has looked at
    ACKNOWLEDGED = "acknowledged"  # something is wrong, and somebody knows
    SNOOZED = "snoozed"  # something is wrong, and nobody wants to hear of it before `snoozed_until`
    RESOLVED = "resolved"  # nothing is wrong any more, or a person has settled it


UNRESOLVED = frozenset(State) - {State.RESOLVED}


class Reason(StrEnum):
    """Why a case is resolved."""

    ARRIVED_LATE = "arrived_late"  # by itself, or when seen: what is left is only late
    CONDITION_CEASED = "condition_ceased"  # by itself: nothing that was flagged holds any more, and nothing was late
    RULE_REMOVED = "rule_removed"  # by itself: what closed last did so because no rule judges it any more
    CONFIRMED_AT_SOURCE = "confirmed_at_source"  # whoever carries it out says that it happened
    FIXED = "fixed"  # somebody put it right
    ACCEPTED = "accepted"  # it is as flagged, and may stay so
    FALSE_ALARM = "false_alarm"  # nothing was ever wrong: the rule or an event is
    DEVIATED = "deviated"  # something else was done instead, on purpose
    DUPLICATE = "duplicate"  # dealt with in another case
    OTHER = "other"  # the note says


BY_PEOPLE = tuple(Reason)[3:]


class News(StrEnum):
    """A change that its owners are told: the type of the notification."""

    OPENED = "case.opened"  # the first finding that asks for somebody
    UPDATED = "case.updated"  # still unresolved, and what is wrong, whose it is or where it is stuck has changed, or
    # it is open again that was acknowledged or snoozed
    RESOLVED = "case.resolved"  # nothing asks for anybody any more
    REOPENED = "case.reopened"  # was resolved, and something is wrong again
    ESCALATED = "case.escalated"  # has been unresolved for longer than it may
    DUE_SOON = "step.due_soon"  # of no case yet: a step that has not come and will soon be late
    DISCREPANCY = "discrepancy.found"  # of no case: the source of truth and what is stored here differ
    SILENT = "source.silent"  # of no case: what falls silent is waited for
    LET_GO = "source.let_go"  # the same is waited for no longer
    BACK = "source.back"  # the same is heard again


@dataclass(frozen=True, slots=True)
class Case:
    """A row of `cases`, with its findings in the order of their places. What follows from them is not kept here.

    `transition` counts the news: 0 means that nobody has been told of this case; `revision` counts the writes.
    `opened_at` is when it last opened, `state_at` when it came into its state and `state_by` who brought it there, ''
    where it did by itself. `note` is what that person said. `escalated_at` is of this opening or of the last one.
    """

    id: str
    workflow: str
    correlation_id: str
    state: State
    reason: Reason | None
    transition: int
    revision: int
    about: About
    assignee: str
    state_by: str
    state_at: int
    note: str
    snoozed_until: int | None
    opened_at: int
    updated_at: int
    resolved_at: int | None
    escalated_at: int | None
    findings: tuple[Finding, ...]

    @property
    def key(self) -> Key:
        return self.workflow, self.correlation_id

    @property
    def unresolved(self) -> bool:
        return self.state is not State.RESOLVED

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The findings that keep it unresolved, in the order of the graph."""
        return tuple(sorted((finding for finding in self.findings if finding.keeps_open), key=_in_graph_order))

    @property
    def focus(self) -> Finding:
        return in_focus(self.findings)

    @property
    def owner(self) -> str:
        return self.focus.owner

    @property
    def owners(self) -> frozenset[str]:
        """The teams that it concerns."""
        return frozenset({self.owner, *(finding.owner for finding in self.findings if finding.open)})

    @property
    def step(self) -> str:
        """Where it is stuck."""
        return self.focus.step

    @property
    def kind(self) -> str:
        return self.focus.kind

    @property
    def sentence(self) -> str:
        return self.focus.sentence

    @property
    def since(self) -> int:
        """Since when it is stuck."""
        return self.focus.since

    @property
    def severity(self) -> Severity:
        """The highest of what keeps it unresolved; one level more once it was escalated, whatever its findings do."""
        highest = max((Severity(finding.severity) for finding in self.wrong or [self.focus]), key=rank)
        return highest if self.escalated_at is None else _raised(highest)

    @property
    def escalate_at(self) -> int | None:
        """When it is raised if it is still unresolved then: once, by the first finding that asks for it."""
        if not self.unresolved or self.escalated_at is not None:
            return None
        spans = ((finding.detected_at, finding.escalate_after) for finding in self.wrong)
        return min((max(self.opened_at, seen) + span for seen, span in spans if span is not None), default=None)

    @property
    def ambiguity(self) -> tuple[Ambiguity, ...]:
        return ambiguities(self.wrong)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a case: as it is now and as it was."""

    case: Case
    previous: Case | None
    news: News | None

    @property
    def appeared(self) -> tuple[Finding, ...]:
        """The findings that keep the case unresolved and did not before."""
        before = _places(self.previous)
        return tuple(finding for finding in self.case.wrong if finding.place not in before)

    @property
    def righted(self) -> tuple[Finding, ...]:
        """The findings that kept the case unresolved and no longer do, as they are now."""
        before = _places(self.previous)
        return tuple(f for f in self.case.findings if f.place in before and not f.keeps_open)

    @property
    def owners(self) -> tuple[str, ...]:
        """Whose findings keep it unresolved or did before this change: the owner of the case first, each once."""
        before = self.previous.wrong if self.previous else ()
        return tuple(dict.fromkeys(finding.owner for finding in (*self.case.wrong, *before)))


def in_focus(findings: Sequence[Finding]) -> Finding:
    """The finding that stands for the case.

    While it is unresolved: the first in the order of the graph of those that keep it so. Else the first of those that
    it was settled with; else the open one that began last, which is the arrival that settled it; else the one that
    closed last.
    """
    if wrong := [finding for finding in findings if finding.keeps_open]:
        return min(wrong, key=_in_graph_order)
    if settled := [finding for finding in findings if finding.open and finding.settled]:
        return min(settled, key=_in_graph_order)
    if noted := [finding for finding in findings if finding.open]:
        return max(noted, key=lambda finding: (finding.since, finding.step_order, finding.kind))
    return max(findings, key=lambda finding: (finding.version, -finding.step_order, finding.kind))


def _in_graph_order(finding: Finding) -> tuple[int, int, str]:
    return finding.step_order, finding.since, finding.kind


def rank(severity: Severity) -> int:
    """info 0, warning 1, critical 2."""
    return list(Severity).index(severity)


def _raised(severity: Severity) -> Severity:
    return list(Severity)[min(rank(severity) + 1, len(Severity) - 1)]


def _places(case: Case | None) -> set[tuple[str, str]]:
    return {finding.place for finding in case.wrong} if case else set()
