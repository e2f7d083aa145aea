"""What is safe to do about a case now: a pure function of what is known of it. Times are µs UTC.

Every deed that there is comes back, in the order in which to think of it, with a reason: why it is offered or why not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from reconcile.actions.people import why_not_repeated
from reconcile.actions.row import AGAIN, Action, State
from reconcile.cases.case import State as CaseState
from rules.spec import Step, Workflow
from rules.spec_truth import Action as Declared
from rules.verdict import Kind, StepState
from store.instant import rfc3339


class Deed(StrEnum):
    ASK = "ask"  # the source of truth
    SETTLE = "settle"  # say what became of an action
    REPEAT = "repeat"  # an action, under the same key
    APPROVE = "approve"  # as the second person
    RUN = "run"  # an action
    RESOLVE = "resolve"  # with a reason
    CREDIT = "credit"  # put it right by hand, and record that
    ESCALATE = "escalate"  # raise the case


@dataclass(frozen=True, slots=True)
class Offer:
    """`name` is the action's, `action_id` that of a round of it. `people`: how many it takes."""

    deed: Deed
    label: str
    offered: bool
    why: str
    step: str = ""
    name: str = ""
    action_id: str = ""
    people: int = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What the source of truth said last of a step."""

    outcome: str
    note: str
    last_at: int | None


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a case. `findings` are open ones as (step, kind); `states` those of the steps by the newest
    verdict, and `came` when they were fulfilled; `undone`: when the last undoing event came, of steps that have one;
    `workflow` is `None` where no rule judges it any more.
    """

    case_state: str
    workflow: Workflow | None
    findings: Sequence[tuple[str, str]]
    states: Mapping[str, str]
    came: Mapping[str, int | None]
    undone: Mapping[str, int]
    asked: Mapping[str, Asked]
    actions: Sequence[Action]

    def kinds(self, step: str) -> set[str]:
        return {kind for of, kind in self.findings if of == step}

    def rounds(self, step: str, name: str) -> list[Action]:
        return sorted((it for it in self.actions if it.place == (step, name)), key=lambda it: it.round)

    def without(self, action: Action) -> "Situation":
        return replace(self, actions=[it for it in self.actions if it.id != action.id])


class Fact(StrEnum):
    """What is known of a step."""

    HAPPENED = "happened"
    ABSENT = "absent"  # it definitely did not happen, and will not
    UNKNOWN = "unknown"  # nothing arrived, which is not the same
    EXPECTED = "expected"  # it may still come by itself
    NOT_EXPECTED = "not expected"


def offers(situation: Situation, now: int) -> tuple[Offer, ...]:
    found = [*_of_steps(situation, now), *_of_case(situation)]
    order = list(Deed)
    return tuple(sorted(found, key=lambda offer: (order.index(offer.deed), not offer.offered)))


def run_offer(situation: Situation, step: Step, action: Declared) -> Offer:
    """Whether to run an action now."""
    reason = _hindrance(situation, step, action)
    offered, why = (False, reason) if reason else _on_what_is_known(situation, step)
    return Offer(Deed.RUN, action.label, offered, why, step.name, action.name, people=action.approve)


def fact(situation: Situation, step: str) -> Fact:
    match situation.states.get(step):
        case StepState.ON_TIME | StepState.LATE:
            return Fact.HAPPENED
        case StepState.FAILED:
            return Fact.ABSENT
        case StepState.PENDING | StepState.WAITING:
            return Fact.EXPECTED
        case StepState.SKIPPED | StepState.NOT_NEEDED:
            came = situation.kinds(step) & {Kind.AFTER_END, Kind.NOT_UNDONE}
            return Fact.HAPPENED if came else Fact.NOT_EXPECTED
        case _:
            return Fact.UNKNOWN


def _of_steps(situation: Situation, now: int) -> Iterator[Offer]:
    for step in situation.workflow.in_graph_order() if situation.workflow else ():
        if step.truth is not None:
            yield _ask(situation, step)
        for declared in step.actions:
            yield run_offer(situation, step, declared)
    for action in situation.actions:
        yield from _of_round(situation, action, now)


def _ask(situation: Situation, step: Step) -> Offer:
    unsettled = [it for it in situation.actions if it.step == step.name and it.state is State.UNKNOWN]
    offered = situation.case_state != CaseState.RESOLVED
    if unsettled:
        why = f"it is not known whether “{unsettled[0].label}” happened"
    elif fact(situation, step.name) is Fact.UNKNOWN:
        why = f"it is not known whether {step.name} happened{_said(situation, step.name)}"
    else:
        offered, why = False, f"it is known of {step.name}: {fact(situation, step.name)}"
    return Offer(Deed.ASK, f"Ask the source about {step.name}", offered, why, step.name)


def _of_round(situation: Situation, action: Action, now: int) -> Iterator[Offer]:
    """What is to be decided about one that was asked for."""
    here = (action.step, action.name, action.id)
    if action.state is State.PROPOSED:
        why = f"{action.asked_by} proposed it: {action.reason}"
        yield Offer(Deed.APPROVE, f"Approve: {action.label}", True, why, *here, people=2)
    if action.state is State.UNKNOWN:
        why = f"{action.label}: {action.note or 'no answer'}"
        yield Offer(Deed.SETTLE, f"Say what became of: {action.label}", True, why, *here)
        against = why_not_repeated(action, now) or _to_ask_first(situation, action)
        why = against or "the same key keeps it from doubling"
        yield Offer(Deed.REPEAT, f"Repeat: {action.label}", not against, why, *here)


def _to_ask_first(situation: Situation, action: Action) -> str:
    """An undoing of what is known not to have happened, or of what is not known, is not repeated either."""
    step = next((it for it in situation.workflow.steps if it.name == action.step), None) if situation.workflow else None
    if step is None or step.undone_by is None or fact(situation, step.name) is Fact.HAPPENED:
        return ""
    return f"it is to undo {step.name}, of which is known: {fact(situation, step.name)}"


def _of_case(situation: Situation) -> Iterator[Offer]:
    resolved = situation.case_state == CaseState.RESOLVED
    unknown = sorted({step for step, kind in situation.findings if kind == Kind.MISSING})
    why = "the case is resolved" if resolved else ""
    caution = f"mind that it is not known whether {', '.join(unknown)} happened" if unknown else "with a reason"
    yield Offer(Deed.RESOLVE, "Resolve", not resolved, why or caution)
    yield Offer(Deed.CREDIT, "Settle by hand, and record it", not resolved, why or caution)
    yield Offer(Deed.ESCALATE, "Escalate", not resolved, why or "where none of this will do")


def _hindrance(situation: Situation, step: Step, action: Declared) -> str:
    """What went before that speaks against it; '' where nothing does."""
    if situation.case_state == CaseState.RESOLVED:
        return "the case is resolved: reopen it first"
    rounds = situation.rounds(step.name, action.name)
    if rounds and rounds[-1].state not in AGAIN:
        return _under_way(rounds[-1])
    others = [it for it in situation.actions if it.step == step.name and it.state in _OPEN]
    return f"“{others[0].label}” comes first: {_under_way(others[0])}" if others else ""


_OPEN = (State.PROPOSED, State.READY, State.CALLING, State.UNKNOWN)


def _under_way(action: Action) -> str:
    match action.state:
        case State.PROPOSED:
            return f"{action.asked_by} has proposed it, and it waits for a second person"
        case State.SUCCEEDED:
            return f"it was done {rfc3339(action.settled_at or action.asked_at)}, asked for by {action.asked_by}"
        case State.UNKNOWN:
            return "it may have happened: ask, or say what became of it, before anything else is done"
        case _:
            return f"it is on its way, asked for by {action.asked_by}"


def _on_what_is_known(situation: Situation, step: Step) -> tuple[bool, str]:
    known = fact(situation, step.name)
    if known is Fact.UNKNOWN and (step.truth is not None or step.undone_by is not None):
        first = "ask the source" if step.truth is not None else "say whether it did"
        return False, f"it is not known whether {step.name} happened{_said(situation, step.name)}: {first} first"
    return _undoing(situation, step, known) if step.undone_by is not None else _doing(situation, step, known)


def _undoing(situation: Situation, step: Step, known: Fact) -> tuple[bool, str]:
    """Of what can be taken back, every action takes it back."""
    if known is not Fact.HAPPENED:
        return False, f"{step.name} has not happened, so there is nothing to undo, and nothing is sent"
    if step.name in situation.undone:
        return False, f"{step.name} is undone already"
    if Kind.NOT_UNDONE in situation.kinds(step.name):
        return True, f"{step.name} was to be undone, and no event says that it is"
    return True, f"{step.name} has happened, and can be undone"


def _doing(situation: Situation, step: Step, known: Fact) -> tuple[bool, str]:
    if known is Fact.UNKNOWN:
        return True, f"{step.name} is missing, and there is no source to ask: find out first whether it happened"
    if known is Fact.ABSENT:
        return True, f"{step.name} did not happen, and will not by itself"
    if known is Fact.HAPPENED:
        flagged = sorted(situation.kinds(step.name) - {Kind.LATE})
        return bool(
            flagged
        ), f"{step.name} has happened, {f'and is flagged: {flagged[0]}' if flagged else 'as it should'}"
    return False, f"{step.name} {'may still come by itself' if known is Fact.EXPECTED else 'is not expected'}"


def _said(situation: Situation, step: str) -> str:
    asked = situation.asked.get(step)
    if asked is None or asked.last_at is None:
        return ""
    return f" (the source said {rfc3339(asked.last_at)}: {asked.outcome}, {asked.note})"
