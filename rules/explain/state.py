"""Why one step is in its state, in a sentence."""

from rules.explain.deadline import Base
from rules.explain.known import Known, by_whom, said
from rules.expression import steps_named
from rules.sentence.scene import gap, instant, listed
from rules.spec import Step
from rules.verdict import StepState, StepVerdict
from store.duration import format_duration


def why(known: Known, step: Step, counted_from: Base) -> str:
    """By the state that the verdict has."""
    here = known.told(step.name)
    match here.state:
        case StepState.SKIPPED:
            return _skipped(known, step)
        case StepState.NOT_NEEDED:
            return _not_needed(known, here)
        case StepState.WAITING:
            return _waiting(known, step, counted_from)
        case StepState.FAILED:
            failure = known.failure(step)
            return "it definitely did not happen" + (f": {said(failure)}{by_whom(failure)}" if failure else "")
        case StepState.PENDING:
            return _pending(known, step, here)
        case StepState.MISSING:
            return f"due {instant(here.due)}{_grace(known)}, and it had not come by {instant(known.as_of)}"
        case StepState.ON_TIME | StepState.LATE:
            return _fulfilled(step, here)


def _skipped(known: Known, step: Step) -> str:
    if known.needed(step) == 0:
        return "it takes 0 events: nothing is expected"
    skipped = [name for name in named(step) if known.skipped(name)]
    if skipped:
        return f"its `when` reads {listed(skipped)}, which is skipped"
    return "its `when` is not true, so it is not expected"


def _not_needed(known: Known, here: StepVerdict) -> str:
    ending = known.ending()
    over = f"the {known.workflow.noun} was over before it fell due" + (f": {said(ending)}" if ending else "")
    return over if here.at is None else f"{over}; it came only after that"


def _waiting(known: Known, step: Step, counted_from: Base) -> str:
    unsaid = undecided(known, step)
    if unsaid:
        return f"it is not decided yet whether it is expected: its `when` reads {listed(unsaid)}, not here yet"
    lacking = [_lacking(known, name) for name in counted_from.names]
    return f"it is counted from {' or '.join(lacking) if step.after_any else listed(lacking)}"


def _lacking(known: Known, name: str) -> str:
    if not known.is_required(name):
        return f"{name}, which has not come and may never"
    return f"{name}, which has not come"


def _pending(known: Known, step: Step, here: StepVerdict) -> str:
    if here.due is None:
        return "it may still come, and has no deadline"
    if not known.is_required(step.name):
        return "it may come, and need not"
    return f"it may still come: due {instant(here.due)}{_grace(known)}"


def _fulfilled(step: Step, here: StepVerdict) -> str:
    if here.due is None:
        promised = step.within is not None or step.due is not None
        return "it came; its deadline is not known yet" if promised else "it came, and has no deadline"
    if here.state is StepState.LATE:
        return f"it came {gap(here.due, here.at)} after its deadline"
    early = f", {gap(here.at, here.due)} before its deadline" if here.at != here.due else ", just at its deadline"
    return f"it came in time{early}"


def _grace(known: Known) -> str:
    grace = known.workflow.grace
    return f", and {format_duration(grace)} may pass in transit" if grace else ""


# Whether it is expected


def named(step: Step) -> tuple[str, ...]:
    """The steps that its `when` reads."""
    return steps_named(step.when) if step.when is not None else ()


def undecided(known: Known, step: Step) -> list[str]:
    """Those of them for want of which `when` is not decided."""
    if any(map(known.skipped, named(step))):
        return []
    return [name for name in named(step) if not known.has_first(name)]
