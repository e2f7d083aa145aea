"""What the provider says of an order against what is known here: a pure function."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from reconcile.truth.ours import Instance
from reconcile.truth.sweep.listing import Item, Outcome
from reconcile.truth.testimony import Said, Word
from rules.verdict import StepState


class Kind(StrEnum):
    THEIRS_ONLY = "theirs_only"  # it happened there, and no event of it came here
    OURS_ONLY = "ours_only"  # an event of it came here, and they do not list it
    AMOUNT = "amount"  # both have it, and not with one amount
    OUTCOME = "outcome"  # one says that it happened, the other that it failed or is missing
    UNKNOWN_ORDER = "unknown_order"  # they list an order that nothing was heard of


@dataclass(frozen=True, slots=True)
class Ours:
    """What is known here of the step: the verdict, how many real events fulfil it and with which amounts, and the last
    word on it."""

    instance: Instance | None
    events: int
    amounts: tuple[Decimal, ...]
    last: Said | None


@dataclass(frozen=True, slots=True)
class Difference:
    """`item`: what they say. `correction`: the word that sets it right; `None` where none does, or was said already."""

    kind: Kind
    item: Item
    correction: Word | None = None
    note: str = ""


def compare(items: Sequence[Item], ours: Ours, step: str) -> Difference | None:
    """Of one order, all that they say of it; `None` where we agree. One that happened outweighs those that failed."""
    happened = [it for it in items if it.outcome is Outcome.HAPPENED]
    failed = [it for it in items if it.outcome is Outcome.FAILED]
    if happened:
        return _where_it_happened(happened, ours, step)
    return _where_it_failed(failed[-1], ours, step) if failed else None


def _where_it_happened(items: Sequence[Item], ours: Ours, step: str) -> Difference | None:
    if ours.events:
        return next((Difference(Kind.AMOUNT, it) for it in items if _differs(it, ours.amounts)), None)
    if ours.instance is None:
        return Difference(Kind.UNKNOWN_ORDER, items[0])
    if ours.last is not None and ours.last.word is Word.CONFIRMED:
        return Difference(Kind.THEIRS_ONLY, items[0], None, f"{ours.last.actor} has confirmed it")
    now = ours.instance.steps.get(step)
    if now is None or now.state == StepState.SKIPPED:
        return Difference(Kind.THEIRS_ONLY, items[0])
    kind = Kind.OUTCOME if now.state == StepState.FAILED else Kind.THEIRS_ONLY
    return Difference(kind, items[0], Word.CONFIRMED)


def _where_it_failed(item: Item, ours: Ours, step: str) -> Difference | None:
    """Somebody may still be trying while the step is pending, so only what is missing is set right."""
    now = ours.instance.steps.get(step) if ours.instance else None
    if ours.events or (now is not None and now.is_fulfilled):
        return Difference(Kind.OUTCOME, item)
    if now is None or now.state != StepState.MISSING:
        return None
    if ours.last is not None and ours.last.word is Word.ABSENT:
        return None
    return Difference(Kind.OUTCOME, item, Word.ABSENT)


def _differs(item: Item, amounts: Sequence[Decimal]) -> bool:
    return item.number is not None and bool(amounts) and item.number not in amounts
