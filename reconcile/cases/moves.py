"""What people, and the clock, do with cases: pure functions from one case to the next. Times are µs UTC.

Each move says from which states it is possible; who comes too late is told who was quicker.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from reconcile.actor import Actor
from reconcile.cases.case import BY_PEOPLE, UNRESOLVED, Case, Change, News, Reason, State
from reconcile.cases.finding import Finding
from reconcile.cases.settle import opened, resolved, why
from reconcile.errors import BadMove, NotYours, Overtaken
from reconcile.teams import EVERY_TEAM, Teams
from store.instant import moment, rfc3339


@dataclass(frozen=True, slots=True)
class By:
    """Who moves, and whose cases: those that concern one of `teams`. `revision`: of the case as they saw it, where only
    that one is to be changed."""

    actor: Actor
    teams: Teams = EVERY_TEAM
    revision: int | None = None

    @property
    def name(self) -> str:
        return self.actor.name


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Somebody knows. What can only be seen, and not mended, is settled by that."""

    note: str = ""
    what: ClassVar[str] = "case.acknowledged"
    possible_in: ClassVar[frozenset[State]] = frozenset({State.OPEN, State.SNOOZED})

    def of(self, case: Case, by: By, now: int) -> Case:
        seen = _with_flags(case, lambda finding: replace(finding, acknowledged=True))
        if not seen.wrong:
            only_late = why(seen.findings) is Reason.ARRIVED_LATE
            reason = Reason.ARRIVED_LATE if only_late else Reason.ACCEPTED
            return resolved(seen, reason, by.name, now, self.note)
        return replace(
            seen, state=State.ACKNOWLEDGED, state_by=by.name, state_at=now, note=self.note, snoozed_until=None
        )


@dataclass(frozen=True, slots=True)
class Snooze:
    """Nobody wants to hear of it before `until`."""

    until: int
    note: str = ""
    what: ClassVar[str] = "case.snoozed"
    possible_in: ClassVar[frozenset[State]] = frozenset({State.OPEN, State.ACKNOWLEDGED})

    def of(self, case: Case, by: By, now: int) -> Case:
        if self.until <= now:
            raise BadMove(f"until: expected an instant in the future, and {rfc3339(self.until)} is past")
        return replace(
            case, state=State.SNOOZED, state_by=by.name, state_at=now, note=self.note, snoozed_until=self.until
        )


@dataclass(frozen=True, slots=True)
class Resolve:
    """A person settles it, with everything that is wrong now."""

    reason: Reason
    note: str
    what: ClassVar[str] = "case.resolved"
    possible_in: ClassVar[frozenset[State]] = UNRESOLVED

    def of(self, case: Case, by: By, now: int) -> Case:
        if self.reason not in BY_PEOPLE:
            raise BadMove(f"reason: {self.reason} is none that people give; expected one of {', '.join(BY_PEOPLE)}")
        if not self.note.strip():
            raise BadMove("note: a case is resolved with a few words on why")
        settled = _with_flags(case, lambda finding: replace(finding, settled=True))
        return resolved(settled, self.reason, by.name, now, self.note)


@dataclass(frozen=True, slots=True)
class Reopen:
    """Back to open from whatever it is: what was seen is unseen, what was settled is not."""

    note: str = ""
    what: ClassVar[str] = "case.reopened"
    possible_in: ClassVar[frozenset[State]] = frozenset(State) - {State.OPEN}

    def of(self, case: Case, by: By, now: int) -> Case:
        fresh = replace(case, findings=tuple(replace(it, acknowledged=False, settled=False) for it in case.findings))
        if not fresh.wrong:
            raise Overtaken("nothing that was flagged holds any more: there is nothing to reopen it for")
        return opened(fresh, by.name, now, self.note)


@dataclass(frozen=True, slots=True)
class Assign:
    """It is `to`'s from now on; '' is nobody. Who takes a case from somebody else must have seen that it was theirs,
    and says so by the revision."""

    to: str
    note: str = ""
    what: ClassVar[str] = "case.assigned"
    possible_in: ClassVar[frozenset[State]] = UNRESOLVED

    def of(self, case: Case, by: By, now: int) -> Case:
        if case.assignee == self.to:
            raise Overtaken(f"{case.assignee or 'nobody'} has it already")
        if case.assignee not in ("", by.name) and by.revision is None:
            raise Overtaken(f"{case.assignee} has it; give the revision that you saw to take it over")
        return replace(case, assignee=self.to)


@dataclass(frozen=True, slots=True)
class Wake:
    """The snooze is over."""

    note: str = ""
    what: ClassVar[str] = "case.woken"
    possible_in: ClassVar[frozenset[State]] = frozenset({State.SNOOZED})

    def of(self, case: Case, by: By, now: int) -> Case:
        if case.snoozed_until is None or case.snoozed_until > now:
            raise Overtaken(f"its snooze is not over: {standing(case, now)}")
        return opened(case, "", now)


@dataclass(frozen=True, slots=True)
class Escalate:
    """It has been unresolved for too long: it is raised, and stays in its state."""

    note: str = ""
    what: ClassVar[str] = "case.escalated"
    possible_in: ClassVar[frozenset[State]] = UNRESOLVED

    def of(self, case: Case, by: By, now: int) -> Case:
        if case.escalate_at is None or case.escalate_at > now:
            raise Overtaken("it is not to be raised yet, or was raised before")
        return replace(case, escalated_at=now)


Move = Acknowledge | Snooze | Resolve | Reopen | Assign | Wake | Escalate


def make(case: Case, move: Move, by: By, now: int) -> Change:
    """What the move makes of the case. Raises `Overtaken`, `NotYours`, or `BadMove`."""
    permitted(case, by)
    if case.state not in move.possible_in:
        raise Overtaken(standing(case, now))
    if by.revision not in (None, case.revision):
        raise Overtaken(f"it has changed since you looked, and is at revision {case.revision}: {standing(case, now)}")
    after = move.of(case, by, now)
    news = _news(case, after, move)
    after = replace(after, transition=case.transition + (news is not None), revision=case.revision + 1, updated_at=now)
    return Change(after, case, news)


def permitted(case: Case, by: By) -> None:
    """Raises `NotYours` where the case concerns other teams only."""
    if not by.teams.have(case.owners):
        raise NotYours(f"it is a case of {', '.join(sorted(case.owners))}, and you are of {by.teams}")


def standing(case: Case, now: int) -> str:
    """Who brought it into its state, and when: `maria resolved it at 12:03 UTC as fixed: paid by hand`."""
    at = _clock(case.state_at, now)
    said = f": {case.note}" if case.note else ""
    match case.state:
        case State.RESOLVED if case.state_by:
            return f"{case.state_by} resolved it at {at} as {case.reason}{said}"
        case State.RESOLVED:
            return f"it was resolved by itself at {at} as {case.reason}"
        case State.ACKNOWLEDGED:
            return f"{case.state_by} acknowledged it at {at}{said}"
        case State.SNOOZED:
            return f"{case.state_by} snoozed it at {at} until {_clock(case.snoozed_until or now, now)}{said}"
        case State.OPEN if case.state_by:
            return f"{case.state_by} reopened it at {at}{said}"
        case State.OPEN:
            return f"it is open since {at}"


def _news(before: Case, after: Case, move: Move) -> News | None:
    match move:
        case Wake():
            return News.UPDATED
        case Escalate():
            return News.ESCALATED
    if before.unresolved and not after.unresolved:
        return News.RESOLVED
    return News.REOPENED if after.unresolved and not before.unresolved else None


def _with_flags(case: Case, said: Callable[[Finding], Finding]) -> Case:
    """Of what keeps it unresolved."""
    return replace(case, findings=tuple(said(it) if it.keeps_open else it for it in case.findings))


def _clock(at: int, now: int) -> str:
    """`12:03 UTC`; with its date on another day than today's."""
    day = "" if moment(at).date() == moment(now).date() else f"{moment(at):%Y-%m-%d} "
    return f"{day}{moment(at):%H:%M} UTC"
