"""One step of a workflow."""

from dataclasses import dataclass

from rules.diagnostic import Check, Problems, nearest, printable, quoted
from rules.expression import START, Attribute, Expression, Literal, Position, walk
from rules.parse.expression import DUE, MATCH, TIMES, WHEN, WHERE, Use, expression
from rules.parse.keys import LARGEST_INTEGER, STEP, Keys
from rules.parse.matcher import matcher, narrowed
from rules.parse.mention import Mention, mentions, needed, predecessors
from rules.parse.reference import STEPS, Scope, Sees, own_attribute
from rules.parse.truth import actions, truth
from rules.parse.types import start_of
from rules.parse.value import is_nothing, name, refuse
from rules.parse.yaml_tree import Entry, Map, Node
from rules.spec import Late, Match, Matcher, Severity, Step


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a step takes from its workflow where it says nothing itself."""

    owner: str
    severity: Severity
    escalate_after: int | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A step as far as it could be read; where something is wrong with it, that has been reported.

    `mentions` are the steps that it depends on, `needs` those among them whose `expires` bounds it. `never_due`: it is
    required, and nothing in it gives a deadline.
    """

    step: Step
    at: Position
    mentions: tuple[Mention, ...]
    needs: tuple[Mention, ...]
    expires: bool
    never_due: bool


def step(entry: Entry, scope: Scope, inherited: Inherited, problems: Problems) -> Draft:
    """The entry of one step under `steps`."""
    called = _name(entry, problems)
    keys = _keys(entry, problems)
    after, after_any = predecessors(keys, scope, problems)
    needs = needed(keys, scope, problems)
    when, due = (_expression(keys, use, scope, problems) for use in (WHEN, DUE))
    times, match = _times(keys, scope, problems), _match(called, keys, scope, problems)
    at_most = _at_most(keys, times, problems)
    optional = _optional(keys, at_most, problems)
    found = Step(
        name=called,
        matcher=_event(called, keys, scope, problems),
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
        warn=keys.warning("warn"),
        times=times,
        at_most=at_most,
        match=match,
        fails_on=_matcher(keys, "fails_on", scope, problems),
        undone_by=_matcher(keys, "undone_by", scope, problems),
        undo_within=_undo_within(keys, problems),
        leave_behind=keys.boolean("leave_behind") or False,
        expires=keys.deadline("expires"),
        needs=tuple(mention.name for mention in needs),
        escalate_after=keys.deadline("escalate_after") or inherited.escalate_after,
        truth=truth(keys["truth"], scope, problems) if "truth" in keys else None,
        actions=actions(keys["actions"], scope, problems) if "actions" in keys else (),
    )
    others = (mention for mention in mentions(match) if mention.name != called)
    depends_on = (*after, *after_any, *needs, *mentions(when, due, times), *others)
    never_due = optional is False and _is_open_ended(entry, keys)
    return Draft(found, entry.key.at, depends_on, tuple(needs), not keys.lacks("expires"), never_due)


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


def _is_open_ended(entry: Entry, keys: Keys) -> bool:
    """Whether nothing gives a deadline, nor was meant to."""
    return _may_have_keys(entry.value) and all(keys.lacks(key) for key in ("within", "due", "needs"))


def _event(called: str, keys: Keys, scope: Scope, problems: Problems) -> Matcher:
    found = _matcher(keys, "event", scope, problems)
    where = _expression(keys, WHERE, scope.seeing(Sees.EVENT), problems)
    return narrowed(found or Matcher((Match(called),)), where)


def _matcher(keys: Keys, key: str, scope: Scope, problems: Problems) -> Matcher | None:
    return matcher(keys[key], key, scope, problems) if key in keys else None


def _expression(keys: Keys, use: Use, scope: Scope, problems: Problems) -> Expression | None:
    return expression(keys[use.key], use, scope, problems) if use.key in keys else None


def _match(called: str, keys: Keys, scope: Scope, problems: Problems) -> Expression | None:
    found = _expression(keys, MATCH, scope.seeing(Sees.BOTH), problems)
    for node in walk(found) if found is not None else ():
        if isinstance(node, Attribute) and node.step == called and node.position is not None:
            message = f"`match` looks at an event of {quoted(called)} itself, so it can't name this step"
            problems.error(node.position, Check.CYCLE, message, own_attribute(node.path[0]))
        elif isinstance(node, Attribute) and node.step is None and len(node.path) > 1:
            _warn_of_likeness(node, scope, problems)
    return found


def _warn_of_likeness(node: Attribute, scope: Scope, problems: Problems) -> None:
    """An object of the event may well be called `payment` where a step is called `Payment`, but not `Paymnet`."""
    near = nearest(node.path[0], scope.names, likeness=0.85)
    if near and near.lower() != node.path[0].lower() and node.position is not None:
        message = f"{quoted(node.path[0])} is no step, so this is an attribute of the event itself"
        problems.warning(node.position, Check.UNKNOWN_STEP, f"{message}; did you mean {printable(near)}?")


def _times(keys: Keys, scope: Scope, problems: Problems) -> Expression | None:
    found = _expression(keys, TIMES, scope, problems)
    match found:
        case Literal(value=bool() | str() | None):
            return found  # reported: it gives no number
        case Literal(value=value) if not isinstance(value, int) or not 0 <= value <= LARGEST_INTEGER:
            message = f'"times" must be an integer from 0 to {LARGEST_INTEGER}, or an expression'
            problems.error(start_of(found), Check.NUMBER, message)
    return found


def _at_most(keys: Keys, times: Expression | None, problems: Problems) -> int | None:
    at_most = keys.integer("at_most", 0)
    needed = times.value if isinstance(times, Literal) and isinstance(times.value, int) else 0
    if at_most is not None and at_most < needed:
        message = f'"at_most" is {at_most}, and "times" says that {needed} are needed'
        problems.error(keys["at_most"].at, Check.CONFLICT, message)
    return at_most


def _optional(keys: Keys, at_most: int | None, problems: Problems) -> bool | None:
    """Whether the step may stay away; one with `at_most: 0` even must. `None` where that can't be told."""
    optional = keys.boolean("optional")
    if at_most == 0:
        if "optional" in keys and optional is False:
            message = 'a step with "at_most: 0" is never required, so it can\'t say "optional: false"'
            problems.error(keys["optional"].at, Check.CONFLICT, message)
        return True
    unclear = keys.misspells("optional") or keys.misspells("at_most") or (at_most is None and "at_most" in keys)
    return None if unclear and not optional else optional


_TOGETHER = (
    ("undone_by", "undo_within", "how long undoing may take"),
    ("undo_within", "undone_by", "the event that undoes it"),
)


def _undo_within(keys: Keys, problems: Problems) -> int | None:
    for key, other, meaning in _TOGETHER:
        if key in keys and keys.lacks(other):
            message = f"{quoted(key)} needs {quoted(other)} beside it: {meaning}"
            problems.error(keys.place(key), Check.MISSING_KEY, message)
    return keys.deadline("undo_within")
