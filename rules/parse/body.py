"""What an action sends: YAML as JSON, with a template wherever there is text."""

import math

from rules.diagnostic import Check, Problems, quoted
from rules.parse.literal import integer
from rules.parse.reference import Scope
from rules.parse.template import template
from rules.parse.value import is_nothing, plain_boolean, plain_number
from rules.parse.yaml_tree import Entry, Map, Node, Refused, Scalar
from rules.spec_truth import Body, Fields, Items

_LONGEST = 400  # digits of a number


def body(node: Node, scope: Scope, problems: Problems) -> Body:
    """The value; what is wrong in it is null, and has been reported."""
    match node:
        case Map(entries=entries):
            found = {entry.key.text: _field(entry, scope, problems) for entry in entries}
            return Fields(dict(sorted(found.items())))
        case Refused():
            return None
        case Scalar():
            return _scalar(node, scope, problems)
    return Items(tuple(body(item, scope, problems) for item in node.items))


def _field(entry: Entry, scope: Scope, problems: Problems) -> Body:
    """A value by its name. `{charge: {Payment.charge_id}}` is a map to YAML, with a name that has no value."""
    called = entry.key.text
    if "{" in called:
        problems.error(entry.key.at, Check.TEMPLATE, "a name in a body is plain text; only values are filled in")
    if isinstance(entry.value, Scalar) and is_nothing(entry.value) and not entry.value.text:
        hint = f'write null; or, where an attribute is to be filled in, quote it with its braces: "{{{called[:60]}}}"'
        problems.error(entry.key.at, Check.TYPE, f"{quoted(called)} has no value", hint)
        return None
    return body(entry.value, scope, problems)


def _scalar(node: Scalar, scope: Scope, problems: Problems) -> Body:
    if is_nothing(node):
        return None
    if (flag := plain_boolean(node)) is not None:
        return flag
    if not plain_number(node):
        return template(node, scope, problems)
    try:
        return _number(node.text)
    except ValueError as error:
        problems.error(
            node.at, Check.NUMBER, str(error), f"if it is meant as text, put it in quotes: '{node.text[:40]}'"
        )
        return None


def _number(text: str) -> int | float:
    if len(text) > _LONGEST:
        raise ValueError("this number is too long")
    if text.startswith("0o"):
        return int(text[2:], 8)
    if text.startswith("0x") or text.lstrip("+-").isdecimal():
        return integer(text)
    value = float(text.replace(".inf", "inf").replace(".nan", "nan"))
    if not math.isfinite(value):
        raise ValueError("JSON has no such number")
    return value
