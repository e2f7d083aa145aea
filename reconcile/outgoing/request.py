"""A request as a rule declares it, for one case: what a lookup asks, and what an action sends."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from reconcile.errors import Unfilled
from reconcile.outgoing.prepared import CONTROL, Prepared, Request, Text, within_quotes
from rules.expression import Attribute
from rules.expression_text import attribute_text
from rules.spec_truth import Action, Body, Fields, Items, OfCase, Template, Truth, Variable, joined

_DOTS = {".", ".."}


@dataclass(frozen=True, slots=True)
class Filling:
    """What there is to fill in. `attributes`: JSON text, '' where absent; `environment`: what `${NAME}` reads."""

    correlation_id: str
    workflow: str
    step: str
    attributes: Mapping[Attribute, str]
    environment: Mapping[str, str]


def of_lookup(truth: Truth, filling: Filling) -> Request:
    """Raises `Unfilled`."""
    return _prepared("GET", truth.get, truth.headers, None, filling).filled(filling.environment)


def of_action(action: Action, filling: Filling) -> Prepared:
    """It takes nothing from the environment yet. Raises `Unfilled`."""
    return _prepared("POST", action.post, action.headers, action.body, filling)


def attributes_in(*of: Truth | Action) -> tuple[Attribute, ...]:
    """Every attribute that these requests fill in, each once."""
    return tuple(dict.fromkeys(part for it in of for part in _parts(it) if isinstance(part, Attribute)))


def _parts(of: Truth | Action) -> Iterator[object]:
    address, body = (of.get, None) if isinstance(of, Truth) else (of.post, of.body)
    for template in (address, *of.headers.values(), *_templates(body)):
        yield from template.parts


def _templates(body: Body) -> Iterator[Template]:
    match body:
        case Template():
            yield body
        case Fields(items=fields):
            for item in fields.values():
                yield from _templates(item)
        case Items(items=items):
            for item in items:
                yield from _templates(item)


def _prepared(
    method: str, address: Template, headers: Mapping[str, Template], body: Body, filling: Filling
) -> Prepared:
    case = _Case(filling)
    return Prepared(
        method,
        case.address(address),
        {name: case.header(name, template) for name, template in headers.items()},
        None if body is None else case.json(body),
    )


class _Case:
    """Fills in what is known of the case."""

    def __init__(self, filling: Filling) -> None:
        self._filling = filling

    def address(self, template: Template) -> Text:
        """What is filled in is one piece of the path or query, whatever characters are in it."""
        text = self._text(template, _piece)
        path, *_ = re.split(r"[?#]", "".join(part if isinstance(part, str) else "-" for part in text), maxsplit=1)
        if not _DOTS.isdisjoint(path.split("/")):
            raise Unfilled("the address would lead elsewhere: a piece of its path is . or ..")
        return text

    def header(self, name: str, template: Template) -> Text:
        text = self._text(template, str)
        if any(isinstance(part, str) and CONTROL.search(part) for part in text):
            raise Unfilled(f"the header {name} would hold a line break or another control character")
        return text

    def json(self, body: Body) -> Text:
        return tuple(joined(self._json(body)))

    def _json(self, body: Body) -> Iterator[str | Variable]:
        match body:
            case Template(parts=(Attribute() as alone,)):
                yield self._value(alone)[0]  # it keeps its type, so that a number is sent as one
            case Template():
                yield from ('"', *self._text(body, within_quotes, within_quotes), '"')
            case Fields(items=fields):
                for place, (name, item) in enumerate(fields.items()):
                    yield f'{"," if place else "{"}"{within_quotes(name)}":'
                    yield from self._json(item)
                yield "}" if fields else "{}"
            case Items(items=items):
                for place, item in enumerate(items):
                    yield "," if place else "["
                    yield from self._json(item)
                yield "]" if items else "[]"
            case _:
                yield msgspec.json.encode(body).decode()

    def _text(self, template: Template, filled: Callable[[str], str], plain: Callable[[str], str] = str) -> Text:
        """`filled` is what becomes of what is filled in, `plain` of what the rule says itself."""
        return tuple(joined(self._part(part, filled, plain) for part in template.parts))

    def _part(self, part: object, filled: Callable[[str], str], plain: Callable[[str], str]) -> str | Variable:
        match part:
            case Variable():
                return part
            case OfCase(name=name):
                return filled(str(getattr(self._filling, name)))
            case Attribute():
                return filled(self._plain(part))
            case _:
                return plain(str(part))

    def _plain(self, attribute: Attribute) -> str:
        raw, value = self._value(attribute)
        if isinstance(value, dict | list):
            raise Unfilled(f"{attribute_text(attribute)} is no single value, and can't be part of a text")
        return value if isinstance(value, str) else raw

    def _value(self, attribute: Attribute) -> tuple[str, object]:
        """As JSON text, and what that means."""
        raw = self._filling.attributes.get(attribute, "")
        if not raw:
            raise Unfilled(f"{attribute_text(attribute)} is not known")
        try:
            return raw, msgspec.json.decode(raw)
        except msgspec.DecodeError:
            raise Unfilled(f"{attribute_text(attribute)} can't be read") from None


def _piece(text: str) -> str:
    """Never none at all: without its last piece an address may mean everything."""
    if not text:
        raise Unfilled("a piece of the address would be empty")
    return quote(text, safe="")
