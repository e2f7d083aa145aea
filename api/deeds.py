"""What the audit trail tells of a case, in words."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import UNSET, Struct, UnsetType

from reconcile.audit.row import Row
from reconcile.cases.case import Reason, State
from reconcile.notify.wording import of_kind
from rules.sentence.scene import listed
from rules.verdict import WHOLE, Kind

_DID: Mapping[str, str] = {
    "case.opened": "opened the case",
    "case.recorded": "recorded a case that asks for nothing",
    "case.resolved": "resolved it",
    "case.reopened": "reopened it",
    "case.acknowledged": "acknowledged it",
    "case.snoozed": "snoozed it",
    "case.woken": "ended its snooze",
    "case.assigned": "assigned it",
    "case.escalated": "raised it",
    "case.commented": "commented",
    "truth.asked": "had the source asked",
    "truth.confirmed": "said that it happened",
    "truth.absent": "said that it did not happen",
    "truth.unknown": "could not tell",
    "action.asked": "asked for an action",
    "action.proposed": "proposed an action",
    "action.approved": "approved an action",
    "action.withdrawn": "withdrew an action",
    "action.settled": "said what became of an action",
    "action.repeated": "had an action repeated",
    "action.called": "had an action called",
    "action.succeeded": "had an action done",
    "action.failed": "had an action refused",
    "action.unknown": "got no certain answer to an action",
}


class _Flag(Struct, frozen=True):
    step: str
    kind: str
    state: str

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    @property
    def what(self) -> str:
        return "it" if self.step == WHOLE else self.step


class _Told(Struct, frozen=True):
    """Of a case as it was or is, only what differs between the two."""

    state: str = ""
    step: str | UnsetType = UNSET
    owner: str | UnsetType = UNSET
    severity: str | UnsetType = UNSET
    at_risk: float | UnsetType | None = UNSET
    unit: str | UnsetType | None = UNSET
    findings: Sequence[_Flag] = ()


class _Detail(Struct, frozen=True):
    before: _Told = _Told()
    after: _Told = _Told()


def did(row: Row) -> str:
    """`resolved it` of `case.resolved`; what is newer than this list is told by its name."""
    if row.what == "case.updated":
        return _updated(row)
    return _DID.get(row.what, row.what.replace(".", " ").replace("_", " "))


def _updated(row: Row) -> str:
    """What the evaluator found. Where the case stays settled, `why` goes on with the reason for that."""
    told = msgspec.json.decode(row.detail, type=_Detail)
    is_settled = row.why in set(Reason)
    standing = () if is_settled else _standing(told.after)
    found = listed([*_flags(told.before.findings, told.after.findings), *standing])
    words = f"found that {found}" if found else "judged it anew"
    if told.after.state == State.OPEN:
        return f"{words}, so it is open again"
    return f"{words}; it stays settled" if is_settled else words


def _flags(before: Sequence[_Flag], after: Sequence[_Flag]) -> Iterator[str]:
    """What is wrong by now and was not, and what is no longer. That a step is late says that it is not missing."""
    was = {(it.step, it.kind): it.is_open for it in before}
    fresh = [it for it in after if it.is_open and not was.get((it.step, it.kind))]
    yield from (of_kind(it.step, it.kind) for it in fresh)
    came = {it.step for it in fresh if it.kind == Kind.LATE}
    for it in after:
        if not it.is_open and was.get((it.step, it.kind)) and not (it.kind == Kind.MISSING and it.step in came):
            yield f"{it.what} is no longer flagged as {it.kind.replace('_', ' ')}"


def _standing(after: _Told) -> Iterator[str]:
    if after.step is not UNSET:
        yield "it is stuck elsewhere now"
    if after.owner is not UNSET:
        yield f"{after.owner or 'nobody'} owns it now"
    if after.severity is not UNSET:
        yield f"it is {after.severity} now"
    if not (after.at_risk is UNSET and after.unit is UNSET):
        yield "what is at risk has changed"
