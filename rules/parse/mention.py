"""Steps that a step names: under `after`, `after_any` and `needs`, and in its expressions."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from rules.diagnostic import Check, Problems, did_you_mean, printable, quoted
from rules.expression import START, Attribute, Expression, Position, walk
from rules.parse.keys import Keys
from rules.parse.reference import Scope
from rules.parse.value import listed, name, refuse
from rules.parse.yaml_tree import Node, Sequence

_STEPS = "a step, `start`, or a list of them"
_NEEDED = "a step or a list of them"


@dataclass(frozen=True, slots=True)
class Mention:
    """A step's name where it stands in the file."""

    name: str
    at: Position


def mentions(*expressions: Expression | None) -> Iterator[Mention]:
    """Every step that expressions read, as often as they do."""
    for node in chain.from_iterable(walk(found) for found in expressions if found is not None):
        if isinstance(node, Attribute) and node.step is not None and node.position is not None and node.step != START:
            yield Mention(node.step, node.position)


def predecessors(keys: Keys, scope: Scope, problems: Problems) -> tuple[list[Mention], list[Mention]]:
    """What `after` names, and what `after_any` does."""
    after = _steps(keys["after"], "after", _STEPS, scope, problems) if "after" in keys else []
    if "after_any" not in keys:
        return after, []
    node = keys["after_any"]
    if not isinstance(node, Sequence):
        refuse(node, "after_any", "a list of steps", problems)
        return after, []
    if "after" in keys:
        message = 'a step has "after" or "after_any", not both'
        problems.error(
            node.at, Check.CONFLICT, message, "`after` waits for all of its steps, `after_any` for the first"
        )
    return after, _steps(node, "after_any", _STEPS, scope, problems)


def needed(keys: Keys, scope: Scope, problems: Problems) -> list[Mention]:
    """What `needs` names: steps, and not the start, which has no `expires`."""
    if "needs" not in keys:
        return []
    found = _steps(keys["needs"], "needs", _NEEDED, replace(scope, starts=frozenset()), problems)
    for mention in found:
        if mention.name == START:
            message = '"needs" names steps, and the start is none: it has no `expires`'
            problems.error(mention.at, Check.UNKNOWN_STEP, message)
    return [mention for mention in found if mention.name != START]


def _steps(node: Node, key: str, expected: str, scope: Scope, problems: Problems) -> list[Mention]:
    found: dict[str, Mention] = {}
    for item in listed(node, key, expected, problems) or ():
        called = name(item, key, problems, expected)
        if called is None:
            continue
        if called != START and called not in scope.steps:
            _report_unknown(called, item.at, scope, problems)
        elif called in found:
            problems.warning(item.at, Check.REPEATED, f"{quoted(key)} names {quoted(called)} twice")
        else:
            found[called] = Mention(called, item.at)
    return [*found.values()]


def _report_unknown(called: str, at: Position, scope: Scope, problems: Problems) -> None:
    if called in scope.starts:
        problems.error(at, Check.UNKNOWN_STEP, f"{quoted(called)} is no step but the start event", "write start")
        return
    near = did_you_mean(called, scope.names)
    few = not near and len(scope.steps) <= 12
    hint = f"the steps are {', '.join(map(printable, sorted(scope.steps)))}" if few else ""
    problems.error(at, Check.UNKNOWN_STEP, f"{quoted(called)} is no step{near}", hint)
