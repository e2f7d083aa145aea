"""The values that a story can expect under a key. What is wrong is reported, and then the value means nothing."""

import re
from collections.abc import Collection

from rules.diagnostic import Check, Problems, did_you_mean, quoted
from rules.parse.value import boolean, integer, is_nothing, name, refuse, text
from rules.parse.yaml_tree import Node, Scalar, Sequence, Style
from rules.story.parse_events import Stage, time, unknown_step
from rules.story.story import NONE, OUTDATED, Value
from rules.verdict import InstanceState, StepState

_STATES = (*InstanceState, NONE, OUTDATED)
_MOST = 2**31 - 1
_NUMBER = re.compile(r"[-+]?[0-9]{1,300}(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


def items(node: Node, key: str, expected: str, problems: Problems) -> tuple[Node, ...]:
    """A list that may be empty."""
    if isinstance(node, Sequence):
        return node.items
    refuse(node, key, expected, problems)
    return ()


def one_of(node: Node, key: str, names: Collection[str], problems: Problems) -> str | None:
    expected = f"one of {', '.join(names)}"
    found = text(node, key, problems, expected)
    if found is not None and found not in names:
        message = f"{quoted(key)} must be {expected}, not {quoted(found)}{did_you_mean(found, names)}"
        problems.error(node.at, Check.CHOICE, message)
    return found


def state(node: Node, key: str, _: Stage, problems: Problems) -> Value:
    return one_of(node, key, _STATES, problems)


def step_state(node: Node, key: str, _: Stage, problems: Problems) -> Value:
    return one_of(node, key, [*StepState], problems)


def instant(node: Node, key: str, stage: Stage, problems: Problems) -> Value:
    return None if is_nothing(node) else time(node, key, stage.t0, problems)


def warned(node: Node, key: str, stage: Stage, problems: Problems) -> Value:
    """Whether it is warned of, or since when."""
    if isinstance(node, Scalar) and not node.text.strip().startswith(("+", "-")) and not node.text[:1].isdigit():
        return None if is_nothing(node) else boolean(node, key, problems)
    return instant(node, key, stage, problems)


def count(node: Node, key: str, _: Stage, problems: Problems) -> Value:
    return None if is_nothing(node) else integer(node, key, 0, _MOST, problems)


def version(node: Node, key: str, _: Stage, problems: Problems) -> Value:
    return integer(node, key, 1, _MOST, problems)


def number(node: Node, key: str, _: Stage, problems: Problems) -> Value:
    if is_nothing(node):
        return None
    if isinstance(node, Scalar) and node.style is Style.PLAIN and _NUMBER.fullmatch(node.text):
        return float(node.text)
    refuse(node, key, "a number, or null", problems)
    return None


def label(node: Node, key: str, _: Stage, problems: Problems) -> Value:
    if isinstance(node, Scalar):
        return None if is_nothing(node) else node.text
    refuse(node, key, "text, or null", problems)
    return None


def named_steps(node: Node, key: str, stage: Stage, problems: Problems) -> Value:
    found = []
    for item in items(node, key, "a list of steps, [] for none", problems):
        step = name(item, key, problems, "a step")
        if step is not None and step not in stage.steps:
            unknown_step(step, item.at, stage.steps, problems)
        found.append(step or "")
    return tuple(sorted(found))
