"""Text with places to fill in: `{correlation_id}`, `{Step.attribute}`, `${VARIABLE}`; a brace itself is doubled."""

import re
from collections.abc import Callable, Iterator

from rules.diagnostic import Check, Problems, did_you_mean, quoted
from rules.expression import Attribute, Position
from rules.parse.cel import LONGEST
from rules.parse.convert import Converter
from rules.parse.expression import odd_name, report
from rules.parse.place import places
from rules.parse.reference import Scope
from rules.parse.value import is_url, name
from rules.parse.yaml_tree import Node, Scalar
from rules.spec_truth import CORRELATION_ID, OfCase, Part, Template, Variable, joined

_OF_CASE = (CORRELATION_ID, "workflow", "step")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOKEN = re.compile(
    r"(?P<brace>\{\{|\}\})|\$\{(?!\{)(?P<variable>[^{}]*)\}"
    r"|\{(?P<hole>(?:[^{}\"']|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')*)\}|(?P<stray>[{}])",
    re.DOTALL,
)
_DOUBLED = "a brace itself is written {{ or }}"
_NO_ATTRIBUTE = "only an attribute can be filled in, as in {Payment.charge_id}"
_FILLED = (
    "what can be filled in: {correlation_id}, {workflow}, {step}, {Step.attribute}, {start.attribute}, ${VARIABLE}"
)


def template(node: Scalar, scope: Scope, problems: Problems) -> Template | None:
    """The text of a scalar with its places; `None` after a report."""
    before = len(problems.found)
    place = places(node, problems.source)
    found = tuple(joined(_parts(node.text, scope, place, problems)))
    return Template(found) if len(problems.found) == before else None


def line(node: Node, key: str, scope: Scope, problems: Problems) -> Template | None:
    """A template on one line."""
    if name(node, key, problems) is None or not isinstance(node, Scalar):
        return None
    return template(node, scope, problems)


def address(node: Node, key: str, scope: Scope, problems: Problems) -> Template | None:
    """A template that gives an http(s) URL, whose scheme is plain and whose host is plain or from the environment."""
    found = line(node, key, scope, problems)
    if found is None:
        return None
    shown = "".join(part if isinstance(part, str) else _STANDS_FOR[type(part)] for part in found.parts)
    reason = _trouble(shown)
    if reason:
        hint = "as in https://payments.example/v1/charges?order={correlation_id}"
        problems.error(node.at, Check.ADDRESS, f"{quoted(key)} {reason}", hint)
    return None if reason else found


_STANDS_FOR = {Variable: "1", OfCase: "\0", Attribute: "\0"}


def _trouble(address: str) -> str:
    """What is wrong with an address; NUL stands for what is filled in from the case."""
    if not re.match(r"https?://", address):
        return "must be an address that begins with http:// or https://"
    authority = re.split(r"[/?#]", address, maxsplit=3)[2]
    if "\0" in authority:
        return "must name its host; only a variable of the environment can be filled in there"
    if "@" in authority:
        return "can't hold a user or a password; put them in a header, from the environment"
    if re.search(r"[\s<>\"\\]", address):
        return "can't hold white space, angle brackets, quotes or backslashes"
    return "" if is_url(address.replace("\0", "1")) else "must be an http:// or https:// address"


def _parts(text: str, scope: Scope, place: Callable[[int], Position], problems: Problems) -> Iterator[Part]:
    at = 0
    for token in _TOKEN.finditer(text):
        yield text[at : token.start()]
        at = token.end()
        if token["brace"]:
            yield token["brace"][0]
        elif token["stray"]:
            message = "this { is never closed" if token["stray"] == "{" else "no { is open that this could close"
            problems.error(place(token.start()), Check.TEMPLATE, message, _DOUBLED)
        elif token["hole"] is None:
            yield from _variable(token["variable"], place(token.start("variable")), problems)
        else:
            yield from _hole(token["hole"], scope, _from(token.start("hole"), place), problems)
    yield text[at:]


def _from(start: int, place: Callable[[int], Position]) -> Callable[[int], Position]:
    return lambda index: place(start + index)


def _variable(called: str, at: Position, problems: Problems) -> Iterator[Part]:
    if _WORD.fullmatch(called):
        yield Variable(called)
        return
    message = f"{quoted(called)} is no name of a variable of the environment"
    hint = f"an attribute is written {{{called}}}, without $" if "." in called else "as in ${PAYMENTS_TOKEN}"
    problems.error(at, Check.TEMPLATE, message, hint)


def _hole(text: str, scope: Scope, place: Callable[[int], Position], problems: Problems) -> Iterator[Part]:
    word = text.strip()
    if word in _OF_CASE:
        yield OfCase(word)
    elif not word or _WORD.fullmatch(word):
        known = [*_OF_CASE, *scope.names]
        message = f"{quoted(word)} is nothing that can be filled in{did_you_mean(word, known)}"
        problems.error(place(len(text) - len(text.lstrip())), Check.TEMPLATE, message, _FILLED)
    elif len(text) > LONGEST:
        problems.error(place(0), Check.TEMPLATE, _NO_ATTRIBUTE, _DOUBLED)
    else:
        yield from _attribute(text, scope, place, problems)


def _attribute(text: str, scope: Scope, place: Callable[[int], Position], problems: Problems) -> Iterator[Part]:
    converter = Converter(scope, place)
    found = converter.read(text)
    if isinstance(found, Attribute):
        yield found
    elif any(error.check is not Check.SYNTAX or odd_name(text, error, scope) for error in converter.errors):
        report(converter, text, scope, problems)
    else:
        problems.error(place(0), Check.TEMPLATE, _NO_ATTRIBUTE, _DOUBLED)
