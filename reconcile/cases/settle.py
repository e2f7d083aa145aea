"""What becomes of a case when its findings change: a pure function. Times are microseconds since the Unix epoch."""

from collections.abc import Sequence
from dataclasses import replace

from reconcile.cases.case import Case, Change, News, Reason, State
from reconcile.cases.finding import About, Finding
from reconcile.identity import case_id
from rules.verdict import Kind


def settle(findings: Sequence[Finding], about: About, previous: Case | None, now: int) -> Change | None:
    """The case that these findings make, at least one: all that are known of the order, each in its newest version.

    `previous` is the case before them; `None` comes back where nothing about it differs.
    """
    before = previous or _unborn(findings, about, now)
    seen = replace(before, about=about, findings=tuple(sorted(findings, key=lambda finding: finding.place)))
    if seen == previous:
        return None
    after = _as_it_must_be(seen, before, now)
    news = _news(before, after)
    return Change(
        replace(
            after,
            transition=before.transition + (news is not None),
            revision=before.revision + 1,
            updated_at=now,
        ),
        previous,
        news,
    )


def opened(case: Case, by: str, now: int, note: str = "") -> Case:
    """The case as open; where it was resolved, this is when it opened, and nobody has been told of its age."""
    case = replace(case, state=State.OPEN, state_by=by, state_at=now, note=note, snoozed_until=None)
    if case.resolved_at is None:
        return case
    return replace(case, reason=None, opened_at=now, resolved_at=None, escalated_at=None)


def resolved(case: Case, reason: Reason, by: str, now: int, note: str = "") -> Case:
    return replace(
        case,
        state=State.RESOLVED,
        reason=reason,
        state_by=by,
        state_at=now,
        note=note,
        snoozed_until=None,
        resolved_at=now,
    )


def why(findings: Sequence[Finding]) -> Reason:
    """Why a case with these findings, none of which keeps it unresolved, is resolved where no person says so."""
    left = [finding for finding in findings if finding.open and not finding.settled]
    if left and all(finding.noted or finding.kind == Kind.LATE for finding in left):
        return Reason.ARRIVED_LATE
    last = max(finding.version for finding in findings)
    closed_last = [finding for finding in findings if finding.version == last]
    return Reason.RULE_REMOVED if all(finding.withdrawn for finding in closed_last) else Reason.CONDITION_CEASED


def _unborn(findings: Sequence[Finding], about: About, now: int) -> Case:
    """A case before its first finding: nothing is wrong."""
    workflow, correlation_id = findings[0].workflow, findings[0].correlation_id
    return Case(
        id=case_id(workflow, correlation_id),
        workflow=workflow,
        correlation_id=correlation_id,
        state=State.RESOLVED,
        reason=None,
        transition=0,
        revision=0,
        about=about,
        assignee="",
        state_by="",
        state_at=now,
        note="",
        snoozed_until=None,
        opened_at=now,
        updated_at=now,
        resolved_at=now,
        escalated_at=None,
        findings=(),
    )


def _as_it_must_be(seen: Case, before: Case, now: int) -> Case:
    if before.unresolved:
        return _while_unresolved(seen, before, now)
    if seen.wrong:
        return opened(seen, "", now)
    # What a person said stays; what it said by itself is said anew, of the day on which it was resolved.
    return seen if seen.state_by else replace(seen, reason=why(seen.findings))


def _while_unresolved(seen: Case, before: Case, now: int) -> Case:
    if not seen.wrong:
        return resolved(seen, why(seen.findings), "", now)
    is_new = _holding(seen) - _holding(before)
    return opened(seen, "", now) if is_new and seen.state is not State.OPEN else seen


def _holding(case: Case) -> set[tuple[str, str, int]]:
    """What keeps it unresolved; what ceased to hold and holds again is another."""
    return {(finding.step, finding.kind, finding.detected_at) for finding in case.wrong}


def _news(before: Case, after: Case) -> News | None:
    if not before.unresolved:
        if not after.unresolved:
            return None
        return News.REOPENED if before.transition else News.OPENED
    if not after.unresolved:
        return News.RESOLVED
    woken = before.state is not after.state
    return News.UPDATED if woken or _concern(before) != _concern(after) else None


def _concern(case: Case) -> object:
    """What an owner must know: what is wrong, whose it is, and where the order is stuck."""
    return case.focus.place, {(finding.step, finding.kind, finding.owner) for finding in case.wrong}
