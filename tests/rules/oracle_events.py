"""The oracle's reading of events: which of them count, in which order, and which are testimony."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rules.expression import Attribute
from rules.spec import Matcher, Workflow
from store.event import Event
from tests.rules.oracle_expression import is_true, look_up

OURS = "noshow"  # the source of testimony
CONFIRMED, ABSENT = "confirmed", "absent"


def distinct(events: Iterable[Event]) -> list[Event]:
    """Each (source, id) once, as the copy that counts, in the order of time, id, source."""
    counted = [min(copies, key=lambda copy: (copy.time, *content(copy))) for copies in copies_of_each(events)]
    return sorted(counted, key=lambda event: (event.time, event.id.encode(), event.source.encode()))


def conflicts(events: Iterable[Event]) -> int:
    """How many (source, id) have copies that differ."""
    return sum(len({(copy.time, *content(copy)) for copy in copies}) > 1 for copies in copies_of_each(events))


def differing(events: Iterable[Event]) -> int:
    """How many copies there are that differ from each other."""
    return sum(len({(copy.time, *content(copy)) for copy in copies}) for copies in copies_of_each(events))


def copies_of_each(events: Iterable[Event]) -> list[list[Event]]:
    def identity(event: Event) -> tuple[str, str]:
        return event.source, event.id

    return [list(copies) for _, copies in groupby(sorted(events, key=identity), key=identity)]


def content(event: Event) -> tuple[bytes, bytes]:
    return event.name.encode(), event.attributes.encode()


def real(events: Iterable[Event]) -> list[Event]:
    """Those that something out there sent: testimony, and whatever else is ours, matches nothing in a rule."""
    return [event for event in events if event.source != OURS]


def fulfilling(matcher: Matcher, events: Iterable[Event]) -> Iterator[Event]:
    for event in events:
        if any(event.name == m.name and is_true(m.where, {None: event.attributes}) for m in matcher.alternatives):
            yield event


def fulfilling_any(matchers: Iterable[Matcher], events: Sequence[Event]) -> list[Event]:
    """The events that any of these takes, in their order."""
    taken = [event for matcher in matchers for event in fulfilling(matcher, events)]
    return [event for event in events if event in taken]


def testimony(workflow: Workflow, step: str, events: Iterable[Event]) -> Event | None:
    """The latest testimony on a step; what was said before it no longer counts."""
    said = [
        event
        for event in events
        if event.source == OURS
        and event.name in (CONFIRMED, ABSENT)
        and attribute(event, "workflow") == workflow.name
        and attribute(event, "step") == step
    ]
    return said[-1] if said else None


def attribute(event: Event, name: str) -> object:
    return look_up(Attribute(None, (name,)), {None: event.attributes})
