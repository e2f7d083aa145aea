"""Which event a name in an expression means."""

import re
from dataclasses import dataclass, replace
from enum import Enum

from rules.diagnostic import Check, did_you_mean, printable, quoted
from rules.expression import START, Attribute, Position
from rules.parse.cel import CelError

STEPS = "steps"
CODE = "code"
RESPONSE = "response"

# CEL keeps these for itself; an attribute behind a dot may have such a name.
_RESERVED = frozenset(
    [
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "in"),
        *("let", "loop", "package", "namespace", "return", "var", "void", "while"),
    ]
)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Part:
    """One step along `root.part["part"]`."""

    text: str
    offset: int
    in_brackets: bool


class Sees(Enum):
    """What an expression may read."""

    STEPS = "steps"  # the start and the steps
    EVENT = "event"  # nothing but the event at hand, as in `where`
    ANSWER = "answer"  # nothing but the answer to a lookup: `code` and `response`
    BOTH = "both"  # the event at hand too, as in `match`: a name that is no step is its attribute


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression may use: steps, and the events that start the workflow."""

    steps: frozenset[str]
    starts: frozenset[str]
    sees: Sees = Sees.STEPS

    @property
    def names(self) -> list[str]:
        """What a misspelt or oddly written name may have meant; nothing if that is too much to look through."""
        return [*sorted(self.steps), START, *sorted(self.starts)] if len(self.steps | self.starts) < 1000 else []

    def seeing(self, sees: Sees) -> "Scope":
        return replace(self, sees=sees)


def resolve(root: Part, path: tuple[Part, ...], scope: Scope, at: Position) -> Attribute:
    """The attribute that a dotted name means. Raises `CelError` where it means none."""
    if root.text in _RESERVED:
        hint = f'a step of this name is written steps["{root.text}"]' if root.text in scope.steps else ""
        raise CelError(root.offset, Check.SYNTAX, f"{quoted(root.text)} is a reserved word of CEL", hint)
    if scope.sees is Sees.ANSWER:
        return _of_answer(root, path, at)
    if scope.sees is Sees.EVENT:
        return _of_event_at_hand(root, path, scope, at)
    if root.text == STEPS:
        return _of_step_in_brackets(root, path, scope, at)
    if root.text in scope.steps:
        return _attribute(root.text, root, path, at)
    if root.text == START or root.text in scope.starts:
        return _attribute(START, root, path, at)
    if scope.sees is Sees.BOTH:
        return _bare(root, path, at)
    raise CelError(root.offset, Check.UNKNOWN_STEP, *_unknown(root.text, bool(path), scope))


def _of_event_at_hand(root: Part, path: tuple[Part, ...], scope: Scope, at: Position) -> Attribute:
    if root.text in (START, STEPS) or root.text in scope.steps or root.text in scope.starts:
        message = f"`where` sees only the event it looks at, and {quoted(root.text)} {_meaning(root.text, scope)}"
        hint = own_attribute(path[-1].text if path and root.text not in (START, STEPS) else "")
        raise CelError(root.offset, Check.REFERENCE, message, hint)
    return _bare(root, path, at)


def _of_answer(root: Part, path: tuple[Part, ...], at: Position) -> Attribute:
    if root.text not in (CODE, RESPONSE):
        near = did_you_mean(root.text, (CODE, RESPONSE))
        message = f"an answer has `{CODE}` and `{RESPONSE}`, and {quoted(root.text)} is neither{near}"
        hint = "" if near else f"{RESPONSE}.… is a field of its JSON body"
        raise CelError(root.offset, Check.REFERENCE, message, hint)
    if root.text == CODE and path:
        raise CelError(path[0].offset, Check.REFERENCE, f"`{CODE}` is a number and has no attributes")
    return _bare(root, path, at)


def own_attribute(name: str) -> str:
    """A hint: how the attribute of the event at hand is written."""
    return f"write {_short(name)} for the attribute of the event itself" if _WORD.fullmatch(name) else ""


def _bare(root: Part, path: tuple[Part, ...], at: Position) -> Attribute:
    return Attribute(None, (root.text, *(part.text for part in path)), position=at)


def _short(name: str) -> str:
    return printable(name[:60])


def _meaning(name: str, scope: Scope) -> str:
    if name in scope.steps:
        return "is a step"
    return "means all steps" if name == STEPS else "is the start"


def _of_step_in_brackets(root: Part, path: tuple[Part, ...], scope: Scope, at: Position) -> Attribute:
    if not path or not path[0].in_brackets:
        hint = f"write {_short(path[0].text)}.…" if path and path[0].text in scope.steps else ""
        raise CelError(root.offset, Check.REFERENCE, 'a step is written steps["its name"]', hint)
    name = path[0]
    if name.text in scope.steps:
        return _attribute(name.text, name, path[1:], at)
    if name.text == START or name.text in scope.starts:
        message = f"{quoted(name.text)} is no step but the start"
        raise CelError(name.offset, Check.UNKNOWN_STEP, message, "write start.…")
    raise CelError(name.offset, Check.UNKNOWN_STEP, *_unknown(name.text, True, scope))


def _attribute(step: str, name: Part, path: tuple[Part, ...], at: Position) -> Attribute:
    if path:
        return Attribute(step, tuple(part.text for part in path), position=at)
    what = "the start" if step == START else "a step"
    message = f"{quoted(name.text)} is {what}, not a value"
    raise CelError(name.offset, Check.REFERENCE, message, "name one of its attributes, as in Payment.amount")


def _unknown(name: str, has_path: bool, scope: Scope) -> tuple[str, str]:
    near = did_you_mean(name, scope.names)
    hint = ""
    if has_path and not near and len(scope.steps) <= 12:
        hint = f"the steps are {', '.join(map(printable, sorted(scope.steps)))}; the first event is start"
    return f"{quoted(name)} is no step{near}", hint
