"""The events of a story: `+20m PaymentReceived`, with what it carries under it; testimony; or all of it as a map."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from rules.diagnostic import Check, Problems, did_you_mean, nearest, printable, quoted
from rules.expression import Position
from rules.parse.json import Json, json_object, json_text
from rules.parse.keys import Keys, Vocabulary
from rules.parse.value import is_nothing, name, refuse
from rules.parse.yaml_tree import Map, Node, Scalar, Sequence
from rules.story.story import OWN
from rules.story.time import EXPECTED, parse_time
from store.event import Event

TESTIMONY = ("confirmed", "absent")

_SOURCE, _WITNESS = "test", "noshow"
EVENT = Vocabulary(("at", "event", *TESTIMONY, "id", "source", "of", "by", "reason", "attributes"))
_SHAPE = "an event such as `+20m PaymentReceived`, or `+20m PaymentReceived: {amount: 12}`"
_WORDS = {"as": "id", "from": "source", "of": "of", "by": "by"}
_MODIFIER = re.compile(r"(?P<rest>.*\S)\s+(?P<word>as|from|of|by)\s+(?P<value>\S+)")


@dataclass(frozen=True, slots=True)
class Stage:
    """What a story plays on: its workflow's name, steps and the event names its rule looks for, and its time zero."""

    workflow: str
    steps: frozenset[str]
    names: frozenset[str]
    t0: int
    defaults: Mapping[str, Mapping[str, Json]]


@dataclass(frozen=True, slots=True)
class _Told:
    """An event as it was told, before what was left out is filled in."""

    node: Node
    at: int
    event: str
    said: Mapping[str, str]
    attributes: Mapping[str, Json]


def events(node: Node, stage: Stage, problems: Problems) -> tuple[Event, ...]:
    """The events in the order told; an empty list is a story in which nothing happens."""
    if not isinstance(node, Sequence):
        refuse(node, "events", f"a list of events; {_SHAPE}", problems)
        return ()
    told = (_told(item, stage, problems) for item in node.items)
    return tuple(_event(it, place, stage, problems) for place, it in enumerate(told, start=1) if it is not None)


def _told(node: Node, stage: Stage, problems: Problems) -> _Told | None:
    match node:
        case Scalar() if not is_nothing(node):
            return _line(node, None, stage, problems)
        case Map(entries=(entry,)) if entry.key.text not in EVENT.known:
            return _line(entry.key, entry.value, stage, problems)
        case Map():
            return _map(node, stage, problems)
    refuse(node, "events", _SHAPE, problems)
    return None


def _line(line: Scalar, attributes: Node | None, stage: Stage, problems: Problems) -> _Told | None:
    """`+20m PaymentReceived as e1 from payments of order-2`."""
    written = name(line, "events", problems, _SHAPE)
    if written is None:
        return None
    when, _, rest = written.strip().partition(" ")
    at = time(replace(line, text=when), "the time of an event", stage.t0, problems)
    if at is None:
        return None
    rest = rest.strip()
    if not rest:
        problems.error(line.at, Check.NAME, f"{quoted(line.text)} names no event; expected {_SHAPE}")
        return None
    if "{" in rest and rest not in stage.names:
        message = f"{quoted(written)}: what an event carries stands behind a colon"
        problems.error(line.at, Check.NAME, message, "write `+20m PaymentReceived: {amount: 12}`")
        return None
    event, said = _modifiers(rest, stage)
    carried = json_object(attributes, "attributes", stage.t0, problems) if attributes is not None else {}
    return _Told(line, at, event, said, carried)


def _modifiers(rest: str, stage: Stage) -> tuple[str, dict[str, str]]:
    """The event's name and what follows it. A name that the rule knows is taken whole."""
    said: dict[str, str] = {}
    while rest not in stage.names and (found := _MODIFIER.fullmatch(rest)):
        word = _WORDS[found["word"]]
        if word in said:
            break
        said[word] = found["value"]
        rest = found["rest"]
    first, _, step = rest.partition(" ")
    if first in TESTIMONY and step and rest not in stage.names:
        return first, {**said, "step": step.strip()}
    return rest, said


def _map(node: Map, stage: Stage, problems: Problems) -> _Told | None:
    if len(node.entries) > 1 and node.entries[0].key.text.startswith(("+", "-")):
        message = "what an event carries is indented deeper than its time and name"
        problems.error(node.entries[1].key.at, Check.TYPE, message, _SHAPE)
        return None
    keys = Keys(node, EVENT, problems)
    named = [key for key in ("event", *TESTIMONY) if key in keys]
    if len(named) != 1 or keys.lacks("at"):
        message = "an event needs `at` and one of `event`, `confirmed` and `absent`"
        problems.error(node.at, Check.CONFLICT if len(named) > 1 else Check.MISSING_KEY, message, _SHAPE)
        return None
    called = name(keys[named[0]], named[0], problems, "a step" if named[0] in TESTIMONY else "an event name")
    at = time(keys["at"], "at", stage.t0, problems) if "at" in keys else None
    said = {key: keys.name(key) for key in ("id", "source", "of", "by", "reason") if key in keys}
    carried = json_object(keys["attributes"], "attributes", stage.t0, problems) if "attributes" in keys else {}
    if called is None or at is None:
        return None
    if named[0] in TESTIMONY:
        return _Told(keys[named[0]], at, named[0], {**said, "step": called}, carried)
    return _Told(keys[named[0]], at, called, said, carried)


def _event(told: _Told, place: int, stage: Stage, problems: Problems) -> Event:
    said = told.said
    source = said.get("source", _WITNESS if "step" in said else _SOURCE)
    attributes = dict(_testimony(told, stage, problems)) if "step" in said else _attributes(told, stage, problems)
    # Events of one instant are in the order told.
    identity = said.get("id", f"event {place:04}")
    return Event(identity, said.get("of", OWN), told.event, told.at, source, json_text(attributes))


def _attributes(told: _Told, stage: Stage, problems: Problems) -> dict[str, Json]:
    for word in ("by", "reason"):
        if word in told.said:
            problems.error(told.node.at, Check.CONFLICT, f"`{word}` belongs to testimony: confirmed or absent")
    warn_of_stranger(told.event, told.node.at, stage.names, problems)
    return {**stage.defaults.get(told.event, {}), **told.attributes}


def _testimony(told: _Told, stage: Stage, problems: Problems) -> Iterator[tuple[str, Json]]:
    step = told.said["step"]
    if step not in stage.steps:
        unknown_step(step, told.node.at, stage.steps, problems)
    if "source" in told.said:
        problems.error(told.node.at, Check.CONFLICT, f"testimony is always from {_WITNESS}: leave the source out")
    yield from {"workflow": stage.workflow, "step": step, "actor": told.said.get("by", "somebody")}.items()
    if "reason" in told.said:
        yield "reason", told.said["reason"]
    yield from told.attributes.items()


def time(node: Node, key: str, t0: int, problems: Problems) -> int | None:
    """An instant, µs UTC, or `None` after a report."""
    if not isinstance(node, Scalar) or is_nothing(node):
        refuse(node, key, EXPECTED, problems)
        return None
    try:
        return parse_time(node.text.strip(), t0)
    except ValueError as error:
        problems.error(node.at, Check.TIMESTAMP, f"{quoted(key)}: {error}; this is {quoted(node.text)}")
        return None


def unknown_step(step: str, at: Position, steps: frozenset[str], problems: Problems) -> None:
    near = did_you_mean(step, steps)
    hint = "" if near or len(steps) > 12 else f"the steps are {', '.join(map(printable, sorted(steps)))}"
    problems.error(at, Check.UNKNOWN_STEP, f"{quoted(step)} is no step of the rule{near}", hint)


def warn_of_stranger(event: str, at: Position, names: frozenset[str], problems: Problems) -> None:
    """An event that the rule does not look for may well happen; a name so near to one that it does is a mistake."""
    if event not in names and nearest(event, names) is not None:
        message = f"the rule looks for no event {quoted(event)}{did_you_mean(event, names)}"
        problems.warning(at, Check.NAME, message)
