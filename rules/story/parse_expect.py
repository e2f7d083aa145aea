"""What a story expects at an instant: `{state: running, steps: {PaymentReceived: late}, findings: []}`."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from rules.diagnostic import Check, Problems, did_you_mean, quoted
from rules.expression import Position
from rules.parse.keys import Keys, Vocabulary
from rules.parse.value import name, refuse
from rules.parse.yaml_tree import Map, Node, Scalar
from rules.story import parse_value as value
from rules.story.parse_events import Stage, time, unknown_step
from rules.story.story import Flag, Path, Value, Want
from rules.verdict import WHOLE, Kind, StepState

EXPECT = Vocabulary(
    ("state", "steps", "findings", "start", "ended", "version", "at_risk", "unit", "customer", "undated", "conflicts")
)
STEP = Vocabulary(("state", "at", "due", "count", "needed", "warned"))
_OF_THE_WHOLE = (Kind.HALF_UNDONE, Kind.ORPHAN)
_FINDING = "a step and what is wrong with it, such as `PaymentReceived late`"
_SINCE = re.compile(r"(?P<rest>.*\S)\s+since\s+(?P<since>\S+)")

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
        yield Want(("steps", step, "state"), value.step_state(node, step, stage, problems), node.at)
        return
    keys = Keys(node, STEP, problems)
    for key, read in _OF_A_STEP.items():
        if key in keys:
            path: Path = ("steps", step, key)
            yield Want(path, read(keys[key], key, stage, problems), keys[key].at)


def _flags(node: Node, stage: Stage, problems: Problems) -> Iterator[Flag]:
    seen: set[tuple[str, Kind]] = set()
    for item in value.items(node, "findings", f"a list, [] for none; {_FINDING}", problems):
        flag = _flag(item, stage, problems)
        if flag is None:
            continue
        if (flag.step, flag.kind) in seen:
            problems.error(item.at, Check.REPEATED, f'"findings" names {quoted(str(flag))} twice')
        seen.add((flag.step, flag.kind))
        yield flag


def _flag(node: Node, stage: Stage, problems: Problems) -> Flag | None:
    written = name(node, "findings", problems, _FINDING)
    if written is None or not isinstance(node, Scalar):
        return None
    found = _SINCE.fullmatch(written.strip())
    step, _, kind = (found["rest"] if found else written.strip()).rpartition(" ")
    since = time(replace(node, text=found["since"]), "since", stage.t0, problems) if found else None
    if kind not in {*Kind}:
        message = f"{quoted(kind)} is no finding{did_you_mean(kind, list(Kind))}; expected {_FINDING}"
        is_state = kind in {*StepState}
        hint = f"`{kind}` is a state: it belongs under steps" if is_state else f"the findings are {', '.join(Kind)}"
        problems.error(node.at, Check.CHOICE, message, hint)
        return None
    flag = Flag(step.strip(), Kind(kind), since)
    return flag if _is_sound(flag, node.at, stage.steps, problems) else None


def _is_sound(flag: Flag, at: Position, steps: frozenset[str], problems: Problems) -> bool:
    """Whether it is said of a step, or of the whole, as its kind is."""
    if flag.kind in _OF_THE_WHOLE and flag.step != WHOLE:
        message = f"`{flag.kind}` is a finding of the whole, not of a step: write {flag.kind} alone"
        problems.error(at, Check.CONFLICT, message)
    elif flag.kind not in _OF_THE_WHOLE and flag.step == WHOLE:
        problems.error(at, Check.MISSING_KEY, f"`{flag.kind}` of which step? expected {_FINDING}")
    elif flag.step != WHOLE and flag.step not in steps:
        unknown_step(flag.step, at, steps, problems)
    else:
        return True
    return False


_ALL: dict[str, _Reader] = {
    "state": value.state,
    "start": value.instant,
    "ended": value.instant,
    "version": value.version,
    "at_risk": value.number,
    "unit": value.label,
    "customer": value.label,
    "undated": value.named_steps,
    "conflicts": value.count,
}
_OF_A_STEP: dict[str, _Reader] = {
    "state": value.step_state,
    "at": value.instant,
    "due": value.instant,
    "count": value.count,
    "needed": value.count,
    "warned": value.warned,
}
