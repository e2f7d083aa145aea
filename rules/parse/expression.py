"""A scalar of a rule file → an expression that makes sense where it stands."""

import re
from dataclasses import dataclass

from rules.diagnostic import Check, Problems, printable, quoted
from rules.expression import Expression, Literal, Moment
from rules.expression_types import Type
from rules.parse.call import BROKEN
from rules.parse.cel import LONGEST, CelError
from rules.parse.convert import Converter
from rules.parse.literal import moment
from rules.parse.place import places
from rules.parse.reference import Scope
from rules.parse.types import check_types, named, start_of
from rules.parse.value import is_nothing, refuse
from rules.parse.yaml_tree import Node, Scalar
from store.duration import parse_duration


@dataclass(frozen=True, slots=True)
class Use:
    """What an expression is for: its key, and what it has to be able to give."""

    key: str
    gives: Type
    expected: str


WHERE = Use("where", Type.BOOLEAN, "true or false")
MATCH = Use("match", Type.BOOLEAN, "true or false")
TIMES = Use("times", Type.NUMBER, "a number")
WHEN = Use("when", Type.BOOLEAN, "true or false")
DUE = Use("due", Type.TIMESTAMP | Type.TEXT | Type.NUMBER, "a timestamp")
TIME = Use("time", DUE.gives, DUE.expected)
CONFIRMED = Use("confirmed", Type.BOOLEAN, "true or false")
ABSENT = Use("absent", Type.BOOLEAN, "true or false")
AT_RISK = Use("at_risk", Type.NUMBER, "a number")
VALUE = Use("value", Type.NUMBER, "a number")
UNIT = Use("unit", Type.TEXT, "text")
CUSTOMER = Use("customer", Type.TEXT | Type.NUMBER, "text or a number")


def expression(node: Node, use: Use, scope: Scope, problems: Problems) -> Expression | None:
    """The expression in a scalar; `None` if it is none. Where something in it is wrong, that has been reported.

    What it may read is for the scope to say: `where` sees the event at hand, `match` that and the steps.
    """
    if not isinstance(node, Scalar) or (is_nothing(node) and node.text != "null"):
        hint = "" if isinstance(node, Scalar) else "an expression that begins with [ or { must be in quotes: '…'"
        refuse(node, use.key, "an expression", problems, hint)
        return None
    place = places(node, problems.source)
    if use in (DUE, TIME) and (hint := _mistaken(node.text.strip(), use)):
        message = f"{quoted(use.key)} is an expression that gives a timestamp, not {quoted(node.text.strip())}"
        problems.error(place(0), Check.VALUE, message, hint)
        return None
    if len(node.text) > LONGEST:
        message = f"this expression has {len(node.text):,} characters; at most {LONGEST:,} are allowed"
        problems.error(place(0), Check.SIZE, message)
        return None
    converter = Converter(scope, place)
    found = converter.read(node.text)
    report(converter, node.text, scope, problems)
    if found is not BROKEN:
        _check_result(found, use, problems)
    return _dated(found, problems) if use in (DUE, TIME) else found


def _mistaken(text: str, use: Use) -> str:
    """What to write in place of a date or a duration that stands where a timestamp's expression belongs."""
    if re.match(r"\d{4}-\d\d-\d\d(?!\d)", text):
        return f'write timestamp("{printable(text[:60])}")'
    try:
        return "a duration is written under `within`" if use is DUE and parse_duration(text[:100]) else ""
    except ValueError:
        return ""


def _dated(found: Expression, problems: Problems) -> Expression:
    """`due: '"2026-11-20"'`, text that is a timestamp, as the timestamp."""
    if not isinstance(found, Literal) or not isinstance(found.value, str):
        return found
    try:
        return Moment(moment(found.value), position=found.position)
    except ValueError as error:
        problems.error(start_of(found), Check.VALUE, str(error))
        return found


def report(converter: Converter, text: str, scope: Scope, problems: Problems) -> None:
    """The errors that the converter found in a text."""
    without_brackets: set[str] = set()
    for error in converter.errors:
        hint = error.hint or _text_hint(text, error)
        name = odd_name(text, error, scope)
        if name in without_brackets:
            continue  # the rest of `send-fine`, of which `send` has been reported
        if name is not None:
            without_brackets.add(name)
            shown = f"steps[{quoted(name)}]" if name in scope.steps else "start"
            hint = f"{quoted(name)} is no plain word, so it is written {shown}.…"
        problems.error(converter.place(error.offset), error.check, error.message, hint)


def odd_name(text: str, error: CelError, scope: Scope) -> str | None:
    """The step or start event, no plain word, whose name stands at the error without brackets."""
    for name in scope.names if error.check in (Check.SYNTAX, Check.UNKNOWN_STEP) else ():
        first = text.find(name, max(0, error.offset - len(name)))
        if 0 <= first <= error.offset and not re.fullmatch(r"\w+", name, re.ASCII):
            return name
    return None


def _text_hint(text: str, error: CelError) -> str:
    """For a name that means nothing: the quotes it may need."""
    word = re.compile(r"\w+(?![\w.\[])").match(text, error.offset)
    if error.check is not Check.UNKNOWN_STEP or word is None:
        return ""
    shown = f'"{word[0][:60]}"'
    return f"if it is meant as text, write {shown if text.strip() != word[0] else repr(shown)}"


def _check_result(found: Expression, use: Use, problems: Problems) -> None:
    before = len(problems.found)
    gives = check_types(found, problems)
    if gives & use.gives or len(problems.found) > before:
        return
    message = f"{quoted(use.key)} must give {use.expected}, and this gives {named(gives)}"
    hint = "a duration is written under `within`" if use is DUE and gives is Type.DURATION else ""
    problems.error(start_of(found), Check.OPERANDS, message, hint)
