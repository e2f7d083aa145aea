"""A rule file's text → a workflow, or everything that is wrong with it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rules.diagnostic import Check, Diagnostic, Problems, TooMany, quoted
from rules.expression import Expression, Position
from rules.parse import keys as parse_keys
from rules.parse.expression import AT_RISK, CUSTOMER, UNIT, VALUE, Use, expression
from rules.parse.graph import check_cycles, check_deadlines, check_needs
from rules.parse.keys import WORKFLOW, Keys
from rules.parse.matcher import event_names, matcher
from rules.parse.mention import Mention
from rules.parse.reference import Scope
from rules.parse.source import Source
from rules.parse.step import Draft, Inherited, step
from rules.parse.value import refuse
from rules.parse.yaml_tree import Entry, Map, Node, Refused, Scalar, read
from rules.spec import UNNAMED, AtRisk, Match, Matcher, Orphans, Severity, Workflow

LARGEST = 1 << 20  # bytes of a rule file (characters, where only the text is at hand)

MOST_STEPS = 500  # the query that judges grows with them

_KEBAB_CASE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Parsed:
    """`workflow` is `None` where a diagnostic is an error. `diagnostics` are sorted by position.

    Also where something else in the file is wrong there are: `name`, the workflow's name and its place; `version`, or
    `None` if it is no number; and `places`: where the values of the workflow's keys stand, as `("start",)`, the names
    of its steps, as `("steps", "Paid")`, and the values of their keys, as `("steps", "Paid", "within")`.
    """

    workflow: Workflow | None
    diagnostics: tuple[Diagnostic, ...]
    name: Mention | None = None
    version: int | None = 1
    places: Mapping[tuple[str, ...], Position] = field(default_factory=dict)


def parse(text: str, file: str) -> Parsed:
    """Read one rule file; `file` is what diagnostics call it. Never raises on account of the text."""
    problems = Problems(file, Source(text))
    if len(text) > LARGEST:
        return Parsed(None, (too_large(file),))
    workflow, root = None, None
    try:
        root = read(problems)
        workflow = _root(root, problems)
    except TooMany:
        pass
    places = dict(_places(root))
    found = None if problems.failed else workflow
    return Parsed(found, tuple(sorted(problems.found)), _name(root), _version_of(root), places)


def too_large(file: str) -> Diagnostic:
    message = f"the file is larger than {LARGEST >> 20} MiB, which no rule file needs to be"
    return Diagnostic(file, 1, 1, Check.SIZE, message)


def _name(root: Node | None) -> Mention | None:
    node = root.get("workflow") if isinstance(root, Map) else None
    return Mention(node.text, node.at) if isinstance(node, Scalar) else None


def _places(root: Node | None) -> Iterator[tuple[tuple[str, ...], Position]]:
    yield from (((entry.key.text,), entry.value.at) for entry in _entries(root))
    for it in _entries(root.get("steps") if isinstance(root, Map) else None):
        yield ("steps", it.key.text), it.key.at
        yield from ((("steps", it.key.text, entry.key.text), entry.value.at) for entry in _entries(it.value))


def _entries(node: Node | None) -> tuple[Entry, ...]:
    return node.entries if isinstance(node, Map) else ()


def _version_of(root: Node | None) -> int | None:
    node = root.get("version") if isinstance(root, Map) else None
    if node is None:
        return 1
    return int(node.text) if isinstance(node, Scalar) and re.fullmatch("[0-9]{1,10}", node.text) else None


def _root(root: Node | None, problems: Problems) -> Workflow | None:
    if isinstance(root, Map):
        return _workflow(root, problems)
    if root is not None and not isinstance(root, Refused):
        message = "a rule file is a map: it begins with `workflow: its-name`"
        problems.error(root.at, Check.TYPE, message)
    return None


def _workflow(root: Map, problems: Problems) -> Workflow:
    keys = Keys(root, WORKFLOW, problems)
    _require(keys, root, problems)
    scope = _scope(keys)
    severity = keys.choice("severity", Severity.WARNING)
    inherited = Inherited(keys.name("owner"), severity, keys.deadline("escalate_after"))
    drafts = _steps(keys, scope, inherited, problems)
    version, effective_from = _version(keys, problems)
    check_cycles(drafts, problems)
    check_needs(drafts, problems)
    if keys.lacks("within"):
        check_deadlines(drafts, problems)
    return Workflow(
        name=_workflow_name(keys, problems),
        start=_matcher(keys, "start", scope, problems) or Matcher((Match(""),)),
        steps=tuple(draft.step for draft in drafts),
        description=keys.text("description"),
        noun=keys.name("noun", UNNAMED),
        owner=inherited.owner,
        severity=inherited.severity,
        labels=keys.text_map("labels"),
        grace=keys.allowance("grace"),
        skew=keys.allowance("skew"),
        within=keys.deadline("within"),
        cancel=_matcher(keys, "cancel", scope, problems),
        ends_on=_matcher(keys, "ends_on", scope, problems),
        at_risk=_at_risk(keys, scope, problems),
        customer=_expression(keys, CUSTOMER, scope, problems),
        version=version,
        effective_from=effective_from,
        orphans=keys.choice("orphans", Orphans.IGNORE),
        escalate_after=inherited.escalate_after,
    )


_REQUIRED = {
    "workflow": "the name of the workflow",
    "start": "the event that opens an instance",
    "steps": "at least one step",
}


def _require(keys: Keys, root: Map, problems: Problems) -> None:
    for key, meaning in _REQUIRED.items():
        if keys.lacks(key):
            problems.error(root.at, Check.MISSING_KEY, f"{quoted(key)} is missing: {meaning}")


def _scope(keys: Keys) -> Scope:
    steps = keys.get("steps")
    names = [entry.key.text for entry in steps.entries] if isinstance(steps, Map) else []
    return Scope(frozenset(names), event_names(keys.get("start")))


def _workflow_name(keys: Keys, problems: Problems) -> str:
    found = keys.name("workflow")
    if found and not _KEBAB_CASE.fullmatch(found):
        words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", found)
        hint = f"write {'-'.join(word.lower() for word in words)}" if words else ""
        message = f"a workflow's name is in kebab-case, such as order-fulfilment, not {quoted(found)}"
        problems.error(keys["workflow"].at, Check.NAME, message, hint)
    return found


def _version(keys: Keys, problems: Problems) -> tuple[int, int | None]:
    """The version and since when it holds, µs UTC."""
    version = keys.integer("version", 1) or 1
    if version > 1 and keys.lacks("effective_from"):
        message = f'version {version} needs "effective_from": an instance is judged by the version of its start'
        problems.error(keys["version"].at, Check.MISSING_KEY, message, "as in effective_from: 2026-11-20T14:00:00Z")
    return version, keys.instant("effective_from")


def _matcher(keys: Keys, key: str, scope: Scope, problems: Problems) -> Matcher | None:
    return matcher(keys[key], key, scope, problems) if key in keys else None


def _expression(keys: Keys, use: Use, scope: Scope, problems: Problems) -> Expression | None:
    return expression(keys[use.key], use, scope, problems) if use.key in keys else None


def _at_risk(keys: Keys, scope: Scope, problems: Problems) -> AtRisk | None:
    if "at_risk" not in keys:
        return None
    node = keys["at_risk"]
    if not isinstance(node, Map):
        value, unit = expression(node, AT_RISK, scope, problems), None
    else:
        inner = Keys(node, parse_keys.AT_RISK, problems)
        if inner.lacks("value"):
            problems.error(node.at, Check.MISSING_KEY, '"at_risk" needs a value: {value: …, unit: …}')
        value = _expression(inner, VALUE, scope, problems)
        unit = _expression(inner, UNIT, scope, problems)
    return None if value is None else AtRisk(value, unit)


def _steps(keys: Keys, scope: Scope, inherited: Inherited, problems: Problems) -> list[Draft]:
    if "steps" not in keys:
        return []
    node = keys["steps"]
    if not isinstance(node, Map):
        refuse(node, "steps", "a map of steps by their names", problems)
        return []
    if not node.entries:
        problems.error(node.at, Check.NAME, '"steps" is empty; a workflow has at least one step')
    if len(node.entries) > MOST_STEPS:
        message = f"a workflow has at most {MOST_STEPS} steps, and this has {len(node.entries)}"
        problems.error(node.entries[MOST_STEPS].key.at, Check.SIZE, message, "make several workflows of it")
        return []
    return [step(entry, scope, inherited, problems) for entry in node.entries]
