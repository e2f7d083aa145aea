"""A request as a rule declares it, filled in for one case: what a lookup asks, and what an action sends."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from reconcile.errors import Unfilled
from rules.expression import Attribute
from rules.expression_text import attribute_text
from rules.spec_truth import Action, Body, Fields, Items, OfCase, Template, Truth, Variable

HIDDEN = "***"

_LINE = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Filling:
    """What there is to fill in. `attributes`: JSON text, '' where absent; `environment`: what `${NAME}` reads."""

    correlation_id: str
    workflow: str
    step: str
    attributes: Mapping[Attribute, str]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    """Ready to be sent. `shown` is the same without what came from the environment: for people, logs and records."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    shown: Mapping[str, object]


def of_lookup(truth: Truth, filling: Filling) -> Request:
    """Raises `Unfilled`."""
    return _request("GET", truth.get, truth.headers, None, filling)


def of_action(action: Action, filling: Filling) -> Request:
    """Raises `Unfilled`."""
    return _request("POST", action.post, action.headers, action.body, filling)


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


def _request(method: str, address: Template, headers: Mapping[str, Template], body: Body, filling: Filling) -> Request:
    def made(hide: bool) -> tuple[str, dict[str, str], object]:
        fill = _Fill(filling, hide)
        return fill.address(address), {name: fill.header(name, it) for name, it in headers.items()}, fill.body(body)

    url, sent, content = made(False)
    shown_url, shown_headers, shown_content = made(True)
    encoded = b"" if content is None else msgspec.json.encode(content)
    shown: dict[str, object] = {"method": method, "url": shown_url, "headers": shown_headers, "body": shown_content}
    if encoded:
        sent = {"content-type": "application/json", **sent}
    return Request(method, url, sent, encoded, shown)


class _Fill:
    def __init__(self, filling: Filling, hide: bool) -> None:
        self._filling = filling
        self._hide = hide

    def address(self, template: Template) -> str:
        """What is filled in from the case is one piece of the path or query, whatever characters are in it."""
        return self._joined(template, lambda text: quote(text, safe=""), "the address")

    def header(self, name: str, template: Template) -> str:
        text = self._joined(template, str, f"the header {name}")
        if _LINE.search(text):
            raise Unfilled(f"the header {name} would hold a line break")
        return text

    def body(self, body: Body) -> object:
        match body:
            case Template():
                return self._value(body)
            case Fields(items=fields):
                return {name: self.body(item) for name, item in fields.items()}
            case Items(items=items):
                return [self.body(item) for item in items]
            case _:
                return body

    def _value(self, template: Template) -> object:
        """Text; but an attribute that stands alone keeps its type, so that a number is sent as one."""
        if len(template.parts) == 1 and isinstance(template.parts[0], Attribute):
            return msgspec.Raw(self._raw(template.parts[0]).encode())
        return self._joined(template, str, "the body")

    def _joined(self, template: Template, quoted: Callable[[str], str], where: str) -> str:
        return "".join(self._text(part, quoted, where) for part in template.parts)

    def _text(self, part: object, quoted: Callable[[str], str], where: str) -> str:
        match part:
            case Variable(name=name):
                if name not in self._filling.environment:
                    raise Unfilled(f"the variable {name} of the environment, which {where} needs, is not set")
                return HIDDEN if self._hide else self._filling.environment[name]
            case OfCase(name=name):
                return quoted(str(getattr(self._filling, name)))
            case Attribute():
                return quoted(self._plain(part))
            case _:
                return str(part)

    def _plain(self, attribute: Attribute) -> str:
        raw = self._raw(attribute)
        value = msgspec.json.decode(raw)
        if isinstance(value, dict | list):
            raise Unfilled(f"{attribute_text(attribute)} is no single value, and can't be part of a text")
        return value if isinstance(value, str) else raw

    def _raw(self, attribute: Attribute) -> str:
        raw = self._filling.attributes.get(attribute, "")
        if not raw:
            raise Unfilled(f"{attribute_text(attribute)} is not known")
        return raw
