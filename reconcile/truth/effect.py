"""What somebody's word on a step would change: a pure function of the verdict and of the words before."""

from dataclasses import dataclass
from enum import StrEnum

from reconcile.truth.ours import Instance, Step
from reconcile.truth.testimony import Said, Word
from rules.verdict import StepState
from store.instant import rfc3339


class Effect(StrEnum):
    CONFIRMS = "confirms"  # the step counts as fulfilled
    DENIES = "denies"  # the step counts as failed
    ALREADY = "already"  # that is the last word on it
    FULFILLED = "fulfilled"  # a real event has fulfilled it, so no word counts
    NOT_EXPECTED = "not_expected"  # the step is skipped in this order
    UNKNOWN_ORDER = "unknown_order"  # nothing was heard of such an order
    UNKNOWN_STEP = "unknown_step"  # the rule has no such step
    AMBIGUOUS = "ambiguous"  # it can mean orders of several workflows
    NOT_YOURS = "not_yours"  # it is another team's step

    @property
    def changes(self) -> bool:
        return self in (Effect.CONFIRMS, Effect.DENIES)


@dataclass(frozen=True, slots=True)
class Expected:
    """An effect, and the sentence that tells it."""

    effect: Effect
    sentence: str


def effect(order: str, step: str, word: Word, known: Instance | None, last: Said | None) -> Expected:
    """`order`: what it is called in a sentence. `known`: as it was judged, if it is known at all. `last`: the last word
    on it, if there was one."""
    if known is None:
        return Expected(Effect.UNKNOWN_ORDER, f"{order} is not known here")
    now = known.steps.get(step)
    if now is None:
        return Expected(Effect.UNKNOWN_STEP, f"{order} has no step {step}")
    if last is not None and last.word is word and not _by_event(now, last):
        return Expected(Effect.ALREADY, f"{step} of {order}: {last.actor} said so already, {rfc3339(last.at)}")
    if _by_event(now, last):
        return Expected(Effect.FULFILLED, f"{step} of {order} has been fulfilled by an event, so no word on it counts")
    if now.state == StepState.SKIPPED:
        return Expected(Effect.NOT_EXPECTED, f"{step} is not expected of {order}, so no word on it counts")
    if word is Word.CONFIRMED:
        return Expected(Effect.CONFIRMS, f"would confirm {_state(now)} {step} of {order}")
    return Expected(Effect.DENIES, f"would mark {_state(now)} {step} of {order} as failed")


def _by_event(now: Step, last: Said | None) -> bool:
    """What is fulfilled at the very time of somebody's word is fulfilled by that."""
    return now.is_fulfilled and not (last is not None and last.word is Word.CONFIRMED and last.time == now.at)


def _state(now: Step) -> str:
    return "confirmed" if now.is_fulfilled else now.state.replace("_", " ")
