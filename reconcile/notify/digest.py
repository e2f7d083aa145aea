"""Many subjects in few words: how many, of what, and what is at stake."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconcile.cases.case import News
from reconcile.notify.item import Item
from reconcile.notify.wording import amount, of_kind

CAUSES = 5  # the most frequent ones, that are told

_VERBS: Mapping[str, str] = {
    News.OPENED: "flagged",
    News.REOPENED: "open again",
    News.ESCALATED: "escalated",
    News.UPDATED: "changed",
    News.RESOLVED: "settled",
    News.DUE_SOON: "due soon",
    News.DISCREPANCY: "differing from the source",
}
_REPEATED = "still unresolved"


@dataclass(frozen=True, slots=True)
class Cause:
    """What is wrong with `count` of them: on this step of this workflow, of this kind."""

    workflow: str
    step: str
    kind: str
    count: int
    at_risk: Mapping[str, float]


def sums(items: Iterable[Item]) -> dict[str, float]:
    """What is at risk, by unit ('' where there is none)."""
    found: defaultdict[str, float] = defaultdict(float)
    for item in items:
        if item.at_risk is not None:
            found[item.unit or ""] += item.at_risk
    return dict(found)


def causes(items: Iterable[Item]) -> list[Cause]:
    """The most frequent first."""
    by_place: defaultdict[tuple[str, str, str], list[Item]] = defaultdict(list)
    for item in items:
        by_place[item.workflow, item.step, item.kind].append(item)
    found = [Cause(*place, len(those), sums(those)) for place, those in by_place.items()]
    return sorted(found, key=lambda it: (-it.count, it.workflow, it.step, it.kind))


def common(items: Sequence[Item], of: Callable[[Item], str]) -> str | None:
    """What all of them share."""
    values = {of(item) for item in items}
    return values.pop() if len(values) == 1 else None


def counts(items: Iterable[Item]) -> dict[str, int]:
    """How many of each: `flagged`, `settled`, …"""
    return dict(Counter(_REPEATED if item.repeated else _VERBS[item.type] for item in items))


def title(items: Sequence[Item], noun: str) -> str:
    """One line: `1,204 orders flagged, 3 settled: PaymentReceived is missing`."""
    (verb, count), *more = counts(items).items()
    many = [f"{count:,} {noun if count == 1 else plural(noun)} {verb}", *(f"{count:,} {verb}" for verb, count in more)]
    found = causes(_pressing(items))
    return f"{', '.join(many)}: {_phrase(found[0])}" + (" and more" if len(found) > 1 else "")


def text(items: Sequence[Item]) -> str:
    """A few sentences that go on from the title."""
    found = causes(_pressing(items))
    several = [f"{cause.count:,} x {_phrase(cause)}." for cause in found[:CAUSES]] if len(found) > 1 else []
    rest = [f"And {len(found) - CAUSES} other causes."] if len(found) > CAUSES else []
    stakes = [amount(value, unit) for unit, value in sums(_open(items)).items()]
    return " ".join([*several, *rest, *([f"At risk: {', '.join(stakes)}."] if stakes else [])])


def plural(noun: str) -> str:
    return noun if noun.endswith("s") else f"{noun}s"


def _pressing(items: Sequence[Item]) -> Sequence[Item]:
    """What is still to be done; where all is settled, that."""
    return list(_open(items)) or items


def _open(items: Iterable[Item]) -> Iterable[Item]:
    return (item for item in items if item.type is not News.RESOLVED)


def _phrase(cause: Cause) -> str:
    return of_kind(cause.step, cause.kind)
