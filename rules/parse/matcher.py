"""Matchers: an event's name, a list of them, or `{event, where}`."""

from rules.diagnostic import Check, Problems, quoted
from rules.expression import Binary, Expression
from rules.parse.expression import WHERE, expression
from rules.parse.keys import MATCHER, Keys
from rules.parse.reference import Scope, Sees
from rules.parse.value import listed, name, refuse
from rules.parse.yaml_tree import Map, Node, Scalar, Sequence
from rules.spec import Match, Matcher

_EXPECTED = "an event name, a list of them, or {event: …, where: …}"


def matcher(node: Node, key: str, scope: Scope, problems: Problems) -> Matcher | None:
    """The events that a key means, or `None` after a report."""
    items = listed(node, key, _EXPECTED, problems)
    if items is None:
        return None
    found = [_match(item, key, scope, problems) for item in items]
    _warn_of_repetition(items, found, key, problems)
    alternatives = tuple(match for match in found if match is not None)
    return Matcher(alternatives) if len(alternatives) == len(items) else None


def event_names(node: Node | None) -> frozenset[str]:
    """The event names in a matcher's node, whatever else is right or wrong with it."""
    match node:
        case Scalar(text=text):
            return frozenset({text} if text.strip() else ())
        case Map():
            return event_names(node.get("event"))
        case Sequence(items=items):
            return frozenset().union(*(event_names(item) for item in items if not isinstance(item, Sequence)))
        case _:
            return frozenset()


def narrowed(found: Matcher, where: Expression | None) -> Matcher:
    """Each alternative with one more condition."""
    if where is None:
        return found
    return Matcher(tuple(Match(match.name, _both(match.where, where)) for match in found.alternatives))


def _both(first: Expression | None, second: Expression) -> Expression:
    return second if first is None else Binary("&&", first, second, position=second.position)


def _match(node: Node, key: str, scope: Scope, problems: Problems) -> Match | None:
    if isinstance(node, Map):
        return _event_where(node, key, scope, problems)
    if isinstance(node, Sequence):
        refuse(node, key, _EXPECTED, problems)
        return None
    event = name(node, key, problems, _EXPECTED)
    if event is not None and "," in event:
        hint = f"for any of several events write a list: [{', '.join(part.strip() for part in event.split(','))}]"
        problems.warning(node.at, Check.NAME, f"this is one event, called {quoted(event)}", hint)
    return None if event is None else Match(event)


def _event_where(node: Map, key: str, scope: Scope, problems: Problems) -> Match | None:
    keys = Keys(node, MATCHER, problems)
    where = expression(keys["where"], WHERE, scope.seeing(Sees.EVENT), problems) if "where" in keys else None
    if "event" in keys:
        event = name(keys["event"], "event", problems, "an event name")
        return None if event is None else Match(event, where)
    if keys.lacks("event"):
        message = f"{quoted(key)} needs the event's name: {{event: …, where: …}}"
        problems.error(node.at, Check.MISSING_KEY, message)
    return None


def _warn_of_repetition(items: tuple[Node, ...], found: list[Match | None], key: str, problems: Problems) -> None:
    seen: set[str] = set()
    for node, match in zip(items, found, strict=True):
        if match is None or match.where is not None:
            continue
        if match.name in seen:
            problems.warning(node.at, Check.REPEATED, f"{quoted(key)} names {quoted(match.name)} twice")
        seen.add(match.name)
