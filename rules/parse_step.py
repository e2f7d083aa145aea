"""One step of a workflow."""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.diagnostic import Check, Problems, did_you_mean, printable, quoted
from rules.expression import START, Attribute, Expression, Position, walk
from rules.parse_expression import DUE, WHEN, WHERE, Use, expression
from rules.parse_keys import STEP, Keys
from rules.parse_matcher import matcher, narrowed
from rules.parse_reference import STEPS, Scope
from rules.parse_value import is_nothing, listed, name, refuse
from rules.spec import Late, Match, Matcher, Severity, Step
from rules.yaml_tree import Entry, Map, Node, Sequence


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a step takes from its workflow where it says nothing itself."""

    owner: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Mention:
    """A step's name where it stands in the file."""

    name: str
    at: Position


@dataclass(frozen=True, slots=True)
class Draft:
    """A step as far as it could be read; where something is wrong with it, that has been reported.

    `mentions` are the steps that it depends on. `never_due`: it is required, and nothing in it gives a deadline.
    """

    step: Step
    at: Position
    mentions: tuple[Mention, ...]
    never_due: bool


def step(entry: Entry, scope: Scope, inherited: Inherited, problems: Problems) -> Draft:
    """The entry of one step under `steps`."""
    called = _name(entry, problems)
    keys = _keys(entry, problems)
    after, after_any = _predecessors(keys, scope, problems)
    optional = keys.boolean("optional")
    when, due = (_expression(keys, use, scope, problems) for use in (WHEN, DUE))
    found = Step(
        name=called,
        matcher=_matcher(called, keys, scope, problems),
        after=() if after_any else tuple(mention.name for mention in after) or (START,),
        after_any=tuple(mention.name for mention in after_any),
        within=keys.deadline("within"),
        due=due,
        when=when,
        optional=optional or False,
        late=keys.choice("late", Late.NOTE),
        owner=keys.name("owner", inherited.owner),
        severity=keys.choice("severity", inherited.severity),
        description=keys.text("description"),
        runbook=keys.url("runbook"),
    )
    mentions = (*after, *after_any, *_mentions(when), *_mentions(due))
    misspelt_optional = "optional" not in keys and not keys.lacks("optional")
    open_ended = keys.lacks("within") and keys.lacks("due")
    never_due = open_ended and optional is False and not misspelt_optional and _may_have_keys(entry.value)
    return Draft(found, entry.key.at, mentions, never_due)


def _name(entry: Entry, problems: Problems) -> str:
    found = name(entry.key, entry.key.text, problems, "a name") or entry.key.text
    if found in (START, STEPS):
        message = f"a step can't be called {quoted(found)}: expressions use this word"
        problems.error(entry.key.at, Check.NAME, message, "choose another name and put the event's under `event`")
    return found


def _keys(entry: Entry, problems: Problems) -> Keys:
    value = entry.value
    if not _may_have_keys(value):
        refuse(value, entry.key.text, "a map of this step's keys", problems)
    node = value if isinstance(value, Map) else Map(value.at, ())
    return Keys(node, STEP, problems)


def _may_have_keys(value: Node) -> bool:
    """A step may have nothing under its name."""
    return isinstance(value, Map) or is_nothing(value)


def _matcher(called: str, keys: Keys, scope: Scope, problems: Problems) -> Matcher:
    found = matcher(keys["event"], "event", scope, problems) if "event" in keys else None
    where = _expression(keys, WHERE, scope.of_one_event, problems)
    return narrowed(found or Matcher((Match(called),)), where)


def _expression(keys: Keys, use: Use, scope: Scope, problems: Problems) -> Expression | None:
    return expression(keys[use.key], use, scope, problems) if use.key in keys else None


def _mentions(found: Expression | None) -> Iterator[Mention]:
    for node in walk(found) if found is not None else ():
        if isinstance(node, Attribute) and node.step is not None and node.position is not None and node.step != START:
            yield Mention(node.step, node.position)


def _predecessors(keys: Keys, scope: Scope, problems: Problems) -> tuple[list[Mention], list[Mention]]:
    after = _steps(keys["after"], "after", scope, problems) if "after" in keys else []
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
    return after, _steps(node, "after_any", scope, problems)


def _steps(node: Node, key: str, scope: Scope, problems: Problems) -> list[Mention]:
    found: dict[str, Mention] = {}
    for item in listed(node, key, "a step, `start`, or a list of them", problems) or ():
        called = name(item, key, problems, "a step, `start`, or a list of them")
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
