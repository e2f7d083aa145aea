"""What a notification says to a person. Times are microseconds since the Unix epoch, UTC."""

from collections.abc import Iterable, Mapping

from reconcile.cases.case import Change, News, Reason
from reconcile.cases.finding import About, Finding
from rules.verdict import RUNAWAY, WHOLE, Kind
from store.duration import format_duration
from store.event import DAY, HOUR, MICROSECOND, MINUTE, SECOND

# From how long on, to what it is rounded down.
_COARSER = ((2 * DAY, HOUR), (HOUR, MINUTE), (SECOND, SECOND), (0, MICROSECOND))

# What is said of a step, or of the whole order, while it holds and when it no longer does.
_WRONG: Mapping[str, str] = {
    Kind.MISSING: "is missing",
    Kind.LATE: "arrived late",
    "due_soon": "is due soon",
    "theirs_only": "happened at the source, and no event of it came",
    "ours_only": "came here, and is not known at the source",
    "amount": "has another amount at the source",
    "outcome": "has another outcome at the source",
    "unknown_order": "is listed at the source for what nobody here has heard of",
    Kind.FAILED: "failed",
    Kind.DUPLICATE: "came too often",
    Kind.OUT_OF_ORDER: "is out of order",
    Kind.MISMATCH: "does not fit",
    Kind.AFTER_END: "came after the end",
    Kind.NOT_UNDONE: "is not undone",
    Kind.HALF_UNDONE: "is half undone",
    Kind.ORPHAN: "never began",
    RUNAWAY: "has too many events to be judged",
}
_RIGHT: Mapping[str, str] = {
    Kind.FAILED: "has not failed after all",
    Kind.DUPLICATE: "no longer came too often",
    Kind.MISMATCH: "fits now",
    Kind.AFTER_END: "no longer counts as after the end",
    Kind.NOT_UNDONE: "is undone, or need not be",
    Kind.ORPHAN: "has a beginning now",
    RUNAWAY: "is judged again",
}
_CAUTION: Mapping[str, str] = {
    Kind.MISSING: "Missing means that no event arrived; it may have happened all the same.",
    Kind.NOT_UNDONE: "Not undone means that no event says so; it may have been undone all the same.",
    Kind.ORPHAN: "The event that begins it may be lost, or was sent under another correlation ID.",
}


def overdue(finding: Finding, now: int) -> int | None:
    """How late (µs): to `now` while it is missing, to its arrival when it came; `None` where that means nothing."""
    missing = finding.kind == Kind.MISSING and finding.open
    until = now if missing else finding.at if finding.kind == Kind.LATE else None
    return None if until is None or finding.due is None else max(0, until - finding.due)


def title(change: Change, now: int) -> str:
    """One line: which one, what about it."""
    case = change.case
    name = f"{case.about.noun} {case.correlation_id}"
    match change.news:
        case News.RESOLVED if case.state_by:
            return f"{name} is settled by {case.state_by} as {_words(case.reason or '')}{_said(case.note)}"
        case News.RESOLVED:
            verb = "is closed" if case.reason is Reason.RULE_REMOVED else "is settled"
            return f"{name} {verb}: {_list(_righted(change, now))}"
        case News.REOPENED:
            by = f" by {case.state_by}" if case.state_by else ""
            return f"{name} is open again{by}: {_wrong(case.focus, now)}"
        case News.ESCALATED:
            return f"{name} is raised, open for {rounded(now - case.opened_at)}: {_wrong(case.focus, now)}"
        case News.UPDATED:
            return f"{name}: {_list([*_righted(change, now), *_appeared(change, now), *_remaining(change, now)])}"
        case _:
            return f"{name}: {_wrong(case.focus, now)}"


def text(change: Change, now: int) -> str:
    """A few sentences that go on from the title: how it stands, what else is wrong, what is at stake."""
    focus = change.case.focus
    if change.news is News.RESOLVED:
        removed = change.case.reason is Reason.RULE_REMOVED
        outlook = "Nobody watches for it any more." if removed else "Nothing is left to do."
        return " ".join([_sentence(focus.sentence), outlook] if focus.open else [outlook])
    others = [f"Also: {_wrong(finding, now)}." for finding in change.case.wrong if finding is not focus]
    return " ".join(
        [_sentence(focus.sentence), *_caution(focus), *others, *_stake(change.case.about), *_runbook(focus)]
    )


def of_kind(step: str, kind: str) -> str:
    """What is wrong with a step, or with the whole, in three words."""
    told = _WRONG.get(kind) or f"is flagged as {_words(kind)}"
    return f"{'it' if step == WHOLE else step} {told}"


def _wrong(finding: Finding, now: int) -> str:
    late = overdue(finding, now)
    told = of_kind(finding.step, finding.kind)
    match finding.kind:
        case Kind.MISSING:
            return told + (f", {rounded(late)} overdue" if late else "")
        case Kind.LATE:
            return told.removesuffix(" late") + (f" {rounded(late)} late" if late else " late")
        case _:
            return told


def _what(finding: Finding) -> str:
    return "it" if finding.step == WHOLE else finding.step


def _righted(change: Change, now: int) -> list[str]:
    arrived = {finding.step: finding for finding in change.case.findings if finding.open and finding.kind == Kind.LATE}
    return [_right(finding, arrived.get(finding.step), now) for finding in change.righted]


def _right(finding: Finding, arrival: Finding | None, now: int) -> str:
    if finding.withdrawn:
        return f"the rule that flagged {_what(finding)} is gone"
    if arrival and finding.kind in (Kind.MISSING, Kind.FAILED):
        return _wrong(arrival, now)
    return f"{_what(finding)} {_RIGHT.get(finding.kind) or f'is no longer {_words(finding.kind)}'}"


def _said(note: str) -> str:
    return f": {note}" if note else ""


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def _appeared(change: Change, now: int) -> list[str]:
    return [_wrong(finding, now) for finding in change.appeared]


def _remaining(change: Change, now: int) -> list[str]:
    remaining = [finding for finding in change.case.wrong if finding not in change.appeared]
    return [f"still open: {_wrong(finding, now)}" for finding in remaining]


def _caution(finding: Finding) -> list[str]:
    return [_CAUTION[finding.kind]] if finding.kind in _CAUTION else []


def _stake(about: About) -> list[str]:
    return about_stake(about.at_risk, about.unit, about.customer)


def about_stake(at_risk: float | None, unit: str | None, customer: str | None) -> list[str]:
    """What is at stake, and for whom, in a sentence each."""
    risk = [] if at_risk is None else [f"At risk: {amount(at_risk, unit)}."]
    return risk + ([f"Customer: {customer}."] if customer else [])


def amount(value: float, unit: str | None) -> str:
    number = f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
    return f"{number} {unit}" if unit else number


def _runbook(finding: Finding) -> list[str]:
    return [f"Runbook: {finding.runbook}"] if finding.runbook else []


def _list(phrases: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(phrases))


def _sentence(phrase: str) -> str:
    return phrase if phrase.endswith((".", "!", "?")) else phrase + "."


def rounded(micros: int) -> str:
    """A duration with as much of it as matters."""
    unit = next(unit for least, unit in _COARSER if micros >= least)
    return format_duration(micros - micros % unit)
