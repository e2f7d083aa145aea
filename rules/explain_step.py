"""Why one step is what it is, in sentences."""

from collections.abc import Iterator

from rules.explain_deadline import Base, base, deadlines
from rules.explain_known import FALSE, TRUE, Known, by_whom, key, said
from rules.explain_life import Happened, Part
from rules.expression import steps_named
from rules.expression_text import expression_text
from rules.sentence_scene import gap, instant, listed
from rules.spec import Step
from rules.verdict import StepState, StepVerdict
from store.duration import format_duration
from store.event import CONFIRMED

Told = Iterator[tuple[str, str]]
"""A topic, and a sentence on it."""


def of_step(known: Known, step: Step) -> Told:
    """In the order in which a person would ask."""
    counted_from = base(known, step)
    yield from _why(known, step, counted_from)
    yield from _came(known, step)
    yield from _times(known, step)
    yield from _testimony(known, step)
    yield from _base(known, step, counted_from)
    yield from _due(known, step, counted_from)
    yield from _when(known, step)
    yield from _undo(known, step)


# The state


def _why(known: Known, step: Step, counted_from: Base) -> Told:
    here = known.told(step.name)
    match here.state:
        case StepState.SKIPPED:
            yield "state", _skipped(known, step)
        case StepState.NOT_NEEDED:
            yield "state", _not_needed(known, here)
        case StepState.WAITING:
            yield "state", _waiting(known, step, counted_from)
        case StepState.FAILED:
            failure = known.failure(step)
            by = f": {said(failure)}{by_whom(failure)}" if failure else ""
            yield "state", f"it definitely did not happen{by}"
        case StepState.PENDING:
            yield "state", _pending(known, step, here)
        case StepState.MISSING:
            yield "state", f"due {instant(here.due)}{_grace(known)}, and it had not come by {instant(known.as_of)}"
        case StepState.ON_TIME | StepState.LATE:
            yield "state", _fulfilled(here)


def _skipped(known: Known, step: Step) -> str:
    if known.needed(step) == 0:
        return "it takes 0 events: nothing is expected"
    named = [name for name in _named(step) if known.skipped(name)]
    if named:
        return f"its `when` reads {listed(named)}, which is skipped"
    return "its `when` is not true, so it is not expected"


def _not_needed(known: Known, here: StepVerdict) -> str:
    ending = known.ending()
    over = f"the {known.workflow.noun} was over before it fell due" + (f": {said(ending)}" if ending else "")
    return over if here.at is None else f"{over}; it came only after that"


def _waiting(known: Known, step: Step, counted_from: Base) -> str:
    undecided = _undecided(known, step)
    if undecided:
        return f"it is not decided yet whether it is expected: its `when` reads {listed(undecided)}, not here yet"
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


def _fulfilled(here: StepVerdict) -> str:
    if here.due is None:
        return "it came, and has no deadline"
    if here.state is StepState.LATE:
        return f"it came {gap(here.due, here.at)} after its deadline"
    early = f", {gap(here.at, here.due)} before its deadline" if here.at != here.due else ", just at its deadline"
    return f"it came in time{early}"


def _grace(known: Known) -> str:
    grace = known.workflow.grace
    return f", and {format_duration(grace)} may pass in transit" if grace else ""


# What has come


def _came(known: Known, step: Step) -> Told:
    confirmed, real = known.confirmed(step), known.nth(step)
    if confirmed:
        yield "came", f"by the word of somebody who looked: {said(confirmed)}{by_whom(confirmed)}"
    elif real:
        yield "came", said(real)
    found = known.happened(Part.FULFILS, step.name)
    more = [it for it in found if it is not real]
    if more:
        some = "; ".join(map(said, more[:_SHOWN])) + ("; …" if len(more) > _SHOWN else "")
        yield "also", f"{len(more)} more that fulfil it: {some}" if real else f"of what it takes: {some}"
    copies = [it.id for it in found if it.conflict]
    if copies:
        yield "copies", f"there are differing copies of {', '.join(copies)}: the earliest counts"


_SHOWN = 5


def _times(known: Known, step: Step) -> Told:
    if step.times is None:
        return
    here, asked = known.told(step.name), expression_text(step.times)
    waits = [name for name in steps_named(step.times) if known.at(name) is None]
    if waits:
        yield "times", f"how many it takes is for {listed(waits)} to say: `{asked}`; {here.count} have come"
        return
    reading = known.reading(step, "times", step.times)
    odd = known.values[key(step.name, "times")] is None
    why = f", for {reading}" if reading else ""
    default = " gives no number, so 1 counts" if odd else ""
    yield "times", f"{here.count} of {here.needed} have come: `{asked}`{default}{why}"


def _testimony(known: Known, step: Step) -> Told:
    heard, counts = known.happened(Part.TESTIFIES, step.name), known.word(step)
    for event in heard:
        told = f"{said(event)}{by_whom(event)}"
        yield "testimony", f"{told}: {_weight(known, event, counts is event, event is heard[-1])}"


def _weight(known: Known, event: Happened, counts: bool, is_last: bool) -> str:
    if not is_last:
        return "superseded by a later word"
    if not counts:
        return "ignored, for the real event came"
    if event.name != CONFIRMED and event.time < known.start:
        return "ignored, for it was said before the start"
    return "counts"


# The deadline


def _base(known: Known, step: Step, counted_from: Base) -> Told:
    names = map(known.called, counted_from.names)
    if counted_from.at is None:
        joined = " or ".join(names) if step.after_any else " and ".join(names)
        told = f"{joined}, not here yet"
    else:
        told = f"{' and '.join(names)}, {instant(counted_from.at)}"
    through = listed(list(counted_from.through))
    verb = "is" if len(counted_from.through) == 1 else "are"
    yield "counted from", told + (f"; {through} {verb} skipped, so what comes before counts" if through else "")


def _due(known: Known, step: Step, counted_from: Base) -> Told:
    here = known.told(step.name)
    given = known.values.get(key(step.name, "due"))
    promised = given if isinstance(given, int) else None
    all_ = sorted(deadlines(known, step, counted_from, promised), key=lambda it: it.at)
    if here.due is not None:
        why = listed([it.why for it in all_ if it.at == here.due])
        yield "due", instant(here.due) + (f": {why}" if why else "")
    for other in all_:
        if other.at != here.due:
            yield "due", f"not {instant(other.at)} ({other.why}), which is later"
    if step.due is not None and step.name in known.verdict.undated:
        yield "due", f"`{expression_text(step.due)}` is no timestamp: {known.reading(step, 'due', step.due)}"
    elif step.due is not None and promised is None:
        waits = [name for name in steps_named(step.due) if not known.has_first(name)]
        if waits:
            yield "due", f"`{expression_text(step.due)}` is for {listed(waits)} to say, not here yet"


# Whether it is expected


def _named(step: Step) -> tuple[str, ...]:
    return steps_named(step.when) if step.when is not None else ()


def _undecided(known: Known, step: Step) -> list[str]:
    named = _named(step)
    if any(map(known.skipped, named)):
        return []
    return [name for name in named if not known.has_first(name)]


def _when(known: Known, step: Step) -> Told:
    if step.when is None or _undecided(known, step) or any(map(known.skipped, _named(step))):
        return
    reading = known.reading(step, "when", step.when)
    yield "when", f"{judged(known, step, 'when')}: `{expression_text(step.when)}`" + (f"; {reading}" if reading else "")


def judged(known: Known, step: Step, which: str) -> str:
    """Whether its `when` or `match` holds."""
    if known.values[key(step.name, which, TRUE)]:
        return "true"
    return "false" if known.values[key(step.name, which, FALSE)] else "unknown, which counts as false"


def _undo(known: Known, step: Step) -> Told:
    if step.undone_by is None or known.at(step.name) is None:
        return
    undoing, lapse, since = known.undoing(step), known.undo_lapse(step), known.undo_from()
    if undoing:
        yield "undone", said(undoing)
    elif since is not None and step.leave_behind:
        yield "undone", "not, and it may stay"
    elif since is not None and lapse is not None:
        names = " or ".join(step.undone_by.names)
        yield "undone", f"not yet: {names} is expected until {instant(lapse)}"
