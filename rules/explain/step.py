"""Why one step is what it is, in sentences."""

from collections.abc import Iterator

from rules.explain.deadline import Base, base, deadlines
from rules.explain.known import FALSE, TRUE, Known, by_whom, key, said
from rules.explain.life import Happened, Part
from rules.explain.state import named, undecided, why
from rules.expression import steps_named
from rules.expression_text import expression_text
from rules.sentence.scene import instant, listed
from rules.spec import Step
from store.event import CONFIRMED

Told = Iterator[tuple[str, str]]
"""A topic, and a sentence on it."""


def of_step(known: Known, step: Step) -> Told:
    """In the order in which a person would ask."""
    counted_from = base(known, step)
    yield "state", why(known, step, counted_from)
    yield from _came(known, step)
    yield from _times(known, step)
    yield from _testimony(known, step)
    yield from _base(known, step, counted_from)
    yield from _due(known, step, counted_from)
    yield from _when(known, step)
    yield from _undo(known, step)


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


def _when(known: Known, step: Step) -> Told:
    if step.when is None or undecided(known, step) or any(map(known.skipped, named(step))):
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
