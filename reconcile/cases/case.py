"""The case of an order: a pure function of its findings. Times are microseconds since the Unix epoch, UTC."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from reconcile.cases.finding import About, Finding, Key
from reconcile.identity import case_id
from rules.spec import Severity


class State(StrEnum):
    OPEN = "open"  # at least one finding is open that is not merely noted
    RESOLVED = "resolved"  # none is


class Reason(StrEnum):
    """Why a case is resolved."""

    ARRIVED_LATE = "arrived_late"  # what is left open is noted only: it came, though late
    CONDITION_CEASED = "condition_ceased"  # nothing that was flagged holds any more, and nothing was late
    RULE_REMOVED = "rule_removed"  # what closed last did so because no rule judges it any more


class News(StrEnum):
    """A change that its owners are told: the type of the notification."""

    OPENED = "case.opened"  # the first finding that asks for somebody
    UPDATED = "case.updated"  # still open, and what is wrong, or whose it is, or where it is stuck has changed
    RESOLVED = "case.resolved"  # nothing asks for anybody any more
    REOPENED = "case.reopened"  # was resolved, and something is wrong again


@dataclass(frozen=True, slots=True)
class Case:
    """A row of `cases`, with its findings. `step` … `since` are those of the finding in focus.

    `transition` counts the news: 0 means that nobody has been told of this case. `opened_at` is when it last opened.
    """

    id: str
    workflow: str
    correlation_id: str
    state: State
    reason: Reason | None
    transition: int
    owner: str
    severity: Severity
    step: str
    kind: str
    sentence: str
    since: int
    about: About
    opened_at: int
    updated_at: int
    resolved_at: int | None
    findings: tuple[Finding, ...]

    @property
    def key(self) -> Key:
        return self.workflow, self.correlation_id

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The findings that keep it open, in the order of the graph."""
        return tuple(sorted((finding for finding in self.findings if finding.keeps_open), key=_in_graph_order))

    @property
    def focus(self) -> Finding:
        return in_focus(self.findings)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a case: as it is now and as it was."""

    case: Case
    previous: Case | None
    news: News | None

    @property
    def appeared(self) -> tuple[Finding, ...]:
        """The findings that keep the case open and did not before."""
        before = _places(self.previous)
        return tuple(finding for finding in self.case.wrong if finding.place not in before)

    @property
    def righted(self) -> tuple[Finding, ...]:
        """The findings that kept the case open and no longer do, as they are now."""
        before = _places(self.previous)
        return tuple(f for f in self.case.findings if f.place in before and not f.keeps_open)

    @property
    def owners(self) -> tuple[str, ...]:
        """Whose findings keep it open or did before this change: the owner of the case first, each once."""
        before = self.previous.wrong if self.previous else ()
        return tuple(dict.fromkeys(finding.owner for finding in (*self.case.wrong, *before)))


def settle(findings: Sequence[Finding], about: About, previous: Case | None, now: int) -> Change | None:
    """The case that these findings make, at least one: all that are known of the order, each in its newest version.

    `previous` is the case before them; `None` comes back where nothing about it differs.
    """
    focus = in_focus(findings)
    wrong = [finding for finding in findings if finding.keeps_open]
    news = _news(previous, wrong, focus)
    case = Case(
        id=case_id(focus.workflow, focus.correlation_id),
        workflow=focus.workflow,
        correlation_id=focus.correlation_id,
        state=State.OPEN if wrong else State.RESOLVED,
        reason=None if wrong else _reason(findings),
        transition=(previous.transition if previous else 0) + (news is not None),
        owner=focus.owner,
        severity=_highest(wrong or [focus]),
        step=focus.step,
        kind=focus.kind,
        sentence=focus.sentence,
        since=focus.since,
        about=about,
        opened_at=previous.opened_at if previous and news not in (News.OPENED, News.REOPENED) else now,
        updated_at=now,
        resolved_at=None if wrong else _resolved_at(previous, now),
        findings=tuple(sorted(findings, key=lambda finding: finding.place)),
    )
    if previous and replace(case, updated_at=previous.updated_at) == previous:
        return None
    return Change(case, previous, news)


def in_focus(findings: Sequence[Finding]) -> Finding:
    """The finding that stands for the case.

    While it is open: the first in the order of the graph of those that keep it open; else the open one that began
    last, which is the arrival that settled it; else the one that closed last.
    """
    if wrong := [finding for finding in findings if finding.keeps_open]:
        return min(wrong, key=_in_graph_order)
    if noted := [finding for finding in findings if finding.open]:
        return max(noted, key=lambda finding: (finding.since, finding.step_order, finding.kind))
    return max(findings, key=lambda finding: (finding.version, -finding.step_order, finding.kind))


def _in_graph_order(finding: Finding) -> tuple[int, int, str]:
    return finding.step_order, finding.since, finding.kind


def _news(previous: Case | None, wrong: Sequence[Finding], focus: Finding) -> News | None:
    if previous is None or previous.state is State.RESOLVED:
        if not wrong:
            return None
        return News.REOPENED if previous and previous.transition else News.OPENED
    if not wrong:
        return News.RESOLVED
    was, now = _concern(previous.wrong, previous.focus), _concern(wrong, focus)
    return News.UPDATED if was != now else None


def _concern(wrong: Sequence[Finding], focus: Finding) -> object:
    """What an owner must know: what is wrong, whose it is, and where the order is stuck."""
    return focus.place, {(finding.step, finding.kind, finding.owner) for finding in wrong}


def _reason(findings: Sequence[Finding]) -> Reason:
    if any(finding.open for finding in findings):
        return Reason.ARRIVED_LATE
    last = max(finding.version for finding in findings)
    closed_last = [finding for finding in findings if finding.version == last]
    return Reason.RULE_REMOVED if all(finding.withdrawn for finding in closed_last) else Reason.CONDITION_CEASED


def _highest(findings: Sequence[Finding]) -> Severity:
    return max((Severity(finding.severity) for finding in findings), key=rank)


def rank(severity: Severity) -> int:
    """info 0, warning 1, critical 2."""
    return list(Severity).index(severity)


def _resolved_at(previous: Case | None, now: int) -> int:
    return now if previous is None or previous.resolved_at is None else previous.resolved_at


def _places(case: Case | None) -> set[tuple[str, str]]:
    return {finding.place for finding in case.wrong} if case else set()
