"""Where the truth about a step is looked up, and what an operator may have done about it."""

import re

from rules.diagnostic import Check, Problems, quoted
from rules.expression import Attribute, Binary, Expression, ListOf, Literal, walk
from rules.parse import keys as parse_keys
from rules.parse.body import body
from rules.parse.expression import ABSENT, CONFIRMED, TIME, Use, expression
from rules.parse.keys import Keys
from rules.parse.reference import CODE, Scope, Sees
from rules.parse.template import address, line
from rules.parse.types import start_of
from rules.parse.value import choice, listed, name, refuse
from rules.parse.yaml_tree import Entry, Map, Node
from rules.spec_truth import MINUTE, Action, Template, Truth, Upon

_ACTION = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_SECRET = re.compile(r"authorization|proxy-authorization|.*-(?:key|token)", re.IGNORECASE)


def truth(node: Node, scope: Scope, problems: Problems) -> Truth | None:
    """The lookup under `truth`; `None` after a report."""
    if not isinstance(node, Map):
        refuse(node, "truth", "a map: {get: …, confirmed: …, absent: …}", problems)
        return None
    keys = Keys(node, parse_keys.TRUTH, problems)
    _require(keys, node, "truth", ("get", "confirmed", "absent"), problems)
    get = address(keys["get"], "get", scope, problems) if "get" in keys else None
    confirmed, absent, time = (_over_answer(keys, use, scope, problems) for use in (CONFIRMED, ABSENT, TIME))
    headers = _headers(keys, scope, problems)
    every, cache = keys.deadline("every") or 5 * MINUTE, keys.allowance("cache")
    if get is None or confirmed is None or absent is None:
        return None
    return Truth(get, confirmed, absent, headers, time, every, cache)


def actions(node: Node, scope: Scope, problems: Problems) -> tuple[Action, ...]:
    """What stands under `actions`, in the order of the file; those that are wrong have been reported."""
    if not isinstance(node, Map):
        refuse(node, "actions", "a map of actions by their names", problems)
        return ()
    if not node.entries:
        problems.error(node.at, Check.NAME, '"actions" is empty')
    found = [_action(entry, scope, problems) for entry in node.entries]
    return tuple(action for action in found if action is not None)


def _action(entry: Entry, scope: Scope, problems: Problems) -> Action | None:
    called, node = entry.key.text, entry.value
    if not _ACTION.fullmatch(called):
        message = f"an action's name is in lower case, such as refund or resend-letter, not {quoted(called)}"
        problems.error(entry.key.at, Check.NAME, message)
    if not isinstance(node, Map):
        refuse(node, called, "a map: {post: …}", problems)
        return None
    keys = Keys(node, parse_keys.ACTION, problems)
    _require(keys, node, called, ("post",), problems)
    post = address(keys["post"], "post", scope, problems) if "post" in keys else None
    label, approve = keys.name("label", called), keys.integer("approve", 1, 2) or 1
    headers, idempotent = _headers(keys, scope, problems), keys.boolean("idempotent") or False
    sent = body(keys["body"], scope, problems) if "body" in keys else None
    automatic = _automatic(keys, idempotent, approve, problems) if "automatic" in keys else ()
    return None if post is None else Action(called, label, post, headers, sent, idempotent, approve, automatic)


def _automatic(keys: Keys, idempotent: bool, approve: int, problems: Problems) -> tuple[Upon, ...]:
    node = keys["automatic"]
    items = listed(node, "automatic", "kinds of finding", problems) or ()
    kinds = [kind for item in items if (kind := choice(item, "automatic", Upon, problems)) is not None]
    for kind in sorted({kind for kind in kinds if kinds.count(kind) > 1}):
        problems.error(node.at, Check.REPEATED, f"{quoted(kind)} is there twice")
    if not idempotent:
        message = 'what runs by itself must be "idempotent": nobody is there to find out what became of it'
        problems.error(keys.place("automatic"), Check.CONFLICT, message)
    if approve > 1:
        message = "what takes two people can't run by itself"
        problems.error(keys.place("automatic"), Check.CONFLICT, message)
    return tuple(dict.fromkeys(kinds))


def _require(keys: Keys, node: Map, of: str, required: tuple[str, ...], problems: Problems) -> None:
    for key in required:
        if keys.lacks(key):
            problems.error(node.at, Check.MISSING_KEY, f"{quoted(of)} needs {quoted(key)}: {_MEANING[key]}")


_MEANING = {
    "get": "the address that is asked",
    "confirmed": "what of the answer says that it happened",
    "absent": "what of the answer says that it did not happen",
    "post": "the address that the request is sent to",
}


def _over_answer(keys: Keys, use: Use, scope: Scope, problems: Problems) -> Expression | None:
    if use.key not in keys:
        return None
    found = expression(keys[use.key], use, scope.seeing(Sees.ANSWER), problems)
    for node in walk(found) if found is not None else ():
        if isinstance(node, Binary) and _takes_code_for_text(node):
            message = "can never be true: `code` is a number, and this is text"
            problems.error(
                node.position or start_of(node), Check.OPERANDS, message, "a number is written without quotes"
            )
    return found


def _takes_code_for_text(node: Binary) -> bool:
    """Whether a status code is compared with text, as in `code == "200"`."""
    sides = (node.left, node.right)
    others = [item for side in sides for item in (side.items if isinstance(side, ListOf) else (side,))]
    is_text = any(isinstance(other, Literal) and isinstance(other.value, str) for other in others)
    return is_text and Attribute(None, (CODE,)) in sides and node.operator not in ("&&", "||", "+")


def _headers(keys: Keys, scope: Scope, problems: Problems) -> dict[str, Template]:
    node = keys.get("headers")
    if not isinstance(node, Map):
        if node is not None:
            refuse(node, "headers", "a map of text", problems)
        return {}
    found: dict[str, Template] = {}
    seen: set[str] = set()
    for entry in node.entries:
        value = _header(entry, scope, problems)
        if entry.key.text.lower() in seen:
            problems.error(entry.key.at, Check.REPEATED, f"the header {quoted(entry.key.text)} is there twice")
        elif value is not None:
            found[entry.key.text] = value
        seen.add(entry.key.text.lower())
    return dict(sorted(found.items()))


def _header(entry: Entry, scope: Scope, problems: Problems) -> Template | None:
    called = entry.key.text
    if name(entry.key, called, problems, "the name of a header") is not None and not _HEADER.fullmatch(called):
        problems.error(entry.key.at, Check.NAME, f"{quoted(called)} is no name of a header, such as X-Api-Key")
    value = line(entry.value, called, scope, problems)
    if value is not None and _SECRET.fullmatch(called) and all(isinstance(part, str) for part in value.parts):
        message = f"the value of {quoted(called)} looks like a secret, and this file is no place for one"
        hint = "take it from the environment, as in ${PAYMENTS_TOKEN}"
        problems.warning(entry.value.at, Check.SECRET, message, hint)
    return value
