"""What a story expects at an instant: `{state: running, steps: {PaymentReceived: late}, findings: []}`."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from rules.diagnostic import Check, Problems, did_you_mean, quoted
from rules.expression import Position
from rules.parse_keys import Keys, Vocabulary
from rules.parse_story_events import Stage, time, unknown_step
from rules.parse_value import boolean, integer, is_nothing, name, refuse, text
from rules.story import NONE, OUTDATED, Flag, Path, Value, Want
from rules.verdict import WHOLE, InstanceState, Kind, StepState
from rules.yaml_tree import Map, Node, Scalar, Sequence

EXPECT = Vocabulary(
    ("state", "steps", "findings", "start", "ended", "version", "at_risk", "unit", "customer", "undated", "conflicts")
)
STEP = Vocabulary(("state", "at", "due", "count", "needed", "warned"))
_STATES = (*InstanceState, NONE, OUTDATED)
_OF_THE_WHOLE = (Kind.HALF_UNDONE, Kind.ORPHAN)
_FINDING = "a step and what is wrong with it, such as `PaymentReceived late`"
_SINCE = re.compile(r"(?P<rest>.*\S)\s+since\s+(?P<since>\S+)")
_MOST = 2**31 - 1

_Reader = Callable[[Node, str, Stage, Problems], Value]


@dataclass(frozen=True, slots=True)
class Expectation:
    """`flags_at` is where `findings` stands, if it does."""

    wants: tuple[Want, ...]
    flags: tuple[Flag, ...] | None
    flags_at: Position


def expectation(node: Node, stage: Stage, problems: Problems) -> Expectation:
    """Everything that an `expect` says; what is wrong is reported and left out."""
    if not isinstance(node, Map) or not node.entries:
        expected = "a map of what must be so: {state: …, steps: {…}, findings: […]}"
        refuse(node, "expect", expected, problems)
        return Expectation((), None, node.at)
    keys = Keys(node, EXPECT, problems)
    wants = [
        Want((key,), read(keys[key], key, stage, problems), keys[key].at) for key, read in _ALL.items() if key in keys
    ]
    if "steps" in keys:
        wants += _steps(keys["steps"], stage, problems)
    flags = tuple(_flags(keys["findings"], stage, problems)) if "findings" in keys else None
    return Expectation(tuple(wants), flags, keys.place("findings") if flags is not None else node.at)


def _steps(node: Node, stage: Stage, problems: Problems) -> Iterator[Want]:
    if not isinstance(node, Map):
        refuse(node, "steps", "a map of steps to what they must be, such as {PaymentReceived: late}", problems)
        return
    for entry in node.entries:
        if entry.key.text not in stage.steps:
            unknown_step(entry.key.text, entry.key.at, stage.steps, problems)
        else:
            yield from _step(entry.key.text, entry.value, stage, problems)


def _step(step: str, node: Node, stage: Stage, problems: Problems) -> Iterator[Want]:
    if not isinstance(node, Map):
        yield Want(("steps", step, "state"), _step_state(node, step, stage, problems), node.at)
        return
    keys = Keys(node, STEP, problems)
    for key, read in _OF_A_STEP.items():
        if key in keys:
            path: Path = ("steps", step, key)
            yield Want(path, read(keys[key], key, stage, problems), keys[key].at)


def _flags(node: Node, stage: Stage, problems: Problems) -> Iterator[Flag]:
    seen: set[tuple[str, Kind]] = set()
    for item in _items(node, "findings", f"a list, [] for none; {_FINDING}", problems):
        flag = _flag(item, stage, problems)
        if flag is None:
            continue
        if (flag.step, flag.kind) in seen:
            problems.error(item.at, Check.REPEATED, f'"findings" names {quoted(str(flag))} twice')
        seen.add((flag.step, flag.kind))
        yield flag


def _flag(node: Node, stage: Stage, problems: Problems) -> Flag | None:
    written = name(node, "findings", problems, _FINDING)
    if written is None:
        return None
    found = _SINCE.fullmatch(written.strip())
    words = (found["rest"] if found else written).split()
    kind, step = words[-1], " ".join(words[:-1])
    since = time(_part(node, found["since"]), "since", stage.t0, problems) if found else None
    if kind not in {*Kind}:
        turned = f"the step comes first: {step} {words[0]}" if words[0] in {*Kind} else ""
        message = f"{quoted(kind)} is no finding{did_you_mean(kind, list(Kind))}; expected {_FINDING}"
        problems.error(node.at, Check.CHOICE, message, turned or f"the findings are {', '.join(Kind)}")
        return None
    return _whose(node, step, Kind(kind), since, stage, problems)


def _whose(node: Node, step: str, kind: Kind, since: int | None, stage: Stage, problems: Problems) -> Flag | None:
    if kind in _OF_THE_WHOLE and step != WHOLE:
        message = f"`{kind}` is a finding of the whole, not of a step: write {kind} alone"
        problems.error(node.at, Check.CONFLICT, message)
    elif kind not in _OF_THE_WHOLE and step == WHOLE:
        problems.error(node.at, Check.MISSING_KEY, f"`{kind}` of which step? expected {_FINDING}")
    elif step != WHOLE and step not in stage.steps:
        unknown_step(step, node.at, stage.steps, problems)
    else:
        return Flag(step, kind, since)
    return None


def _part(node: Node, part: str) -> Scalar:
    assert isinstance(node, Scalar)
    return Scalar(node.at, part, node.style, node.start, node.end)


def _items(node: Node, key: str, expected: str, problems: Problems) -> tuple[Node, ...]:
    """A list that may be empty."""
    if isinstance(node, Sequence):
        return node.items
    refuse(node, key, expected, problems)
    return ()


def _one_of(node: Node, key: str, names: Collection[str], problems: Problems) -> str | None:
    expected = f"one of {', '.join(names)}"
    found = text(node, key, problems, expected)
    if found is not None and found not in names:
        message = f"{quoted(key)} must be {expected}, not {quoted(found)}{did_you_mean(found, names)}"
        problems.error(node.at, Check.CHOICE, message)
    return found


def _state(node: Node, key: str, _: Stage, problems: Problems) -> Value:
    return _one_of(node, key, _STATES, problems)


def _step_state(node: Node, key: str, _: Stage, problems: Problems) -> Value:
    return _one_of(node, key, [*StepState], problems)


def _instant(node: Node, key: str, stage: Stage, problems: Problems) -> Value:
    return None if is_nothing(node) else time(node, key, stage.t0, problems)


def _warned(node: Node, key: str, stage: Stage, problems: Problems) -> Value:
    """Whether it is warned of, or since when."""
    if isinstance(node, Scalar) and not node.text.strip().startswith(("+", "-")) and not node.text[:1].isdigit():
        return None if is_nothing(node) else boolean(node, key, problems)
    return _instant(node, key, stage, problems)


def _count(node: Node, key: str, _: Stage, problems: Problems) -> Value:
    return None if is_nothing(node) else integer(node, key, 0, _MOST, problems)


def _version(node: Node, key: str, _: Stage, problems: Problems) -> Value:
    return integer(node, key, 1, _MOST, problems)


def _number(node: Node, key: str, _: Stage, problems: Problems) -> Value:
    if is_nothing(node):
        return None
    try:
        if isinstance(node, Scalar) and len(node.text) < 400:
            return float(node.text)
    except ValueError:
        pass
    refuse(node, key, "a number, or null", problems)
    return None


def _label(node: Node, key: str, _: Stage, problems: Problems) -> Value:
    if isinstance(node, Scalar):
        return None if is_nothing(node) else node.text
    refuse(node, key, "text, or null", problems)
    return None


def _named_steps(node: Node, key: str, stage: Stage, problems: Problems) -> Value:
    found = []
    for item in _items(node, key, "a list of steps, [] for none", problems):
        step = name(item, key, problems, "a step")
        if step is not None and step not in stage.steps:
            unknown_step(step, item.at, stage.steps, problems)
        found.append(step or "")
    return tuple(sorted(found))


_ALL: dict[str, _Reader] = {
    "state": _state,
    "start": _instant,
    "ended": _instant,
    "version": _version,
    "at_risk": _number,
    "unit": _label,
    "customer": _label,
    "undated": _named_steps,
    "conflicts": _count,
}
_OF_A_STEP: dict[str, _Reader] = {
    "state": _step_state,
    "at": _instant,
    "due": _instant,
    "count": _count,
    "needed": _count,
    "warned": _warned,
}
