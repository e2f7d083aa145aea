"""A request that knows its case, and not yet its secrets: what is shown, kept, and later sent.

What the case fills in is filled in once, so that what was shown is what is sent, however often and by whichever
process. What the environment fills in, the secrets, comes in at the moment of sending and is kept nowhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from reconcile.errors import Unfilled
from rules.spec_truth import Variable

HIDDEN = "***"
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What can't stand in a header."""

_NOT_OF_ADDRESSES = re.compile(r"[\x00-\x20\x7f\\]")
_TELLING = 4  # letters; what is shorter is no secret, and stands in many a word

Text = tuple[str | Variable, ...]
"""Text in which only the environment is still to be filled in."""


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """Ready to be sent. `shown` is the same without what came from the environment: for people, logs and records.
    `secrets`: what did come from there, in every form in which it may come back."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    shown: Mapping[str, object]
    secrets: tuple[str, ...] = ()

    def scrubbed(self, text: str) -> str:
        """What the other side says, without the secrets that it may repeat."""
        for secret in self.secrets:
            text = text.replace(secret, HIDDEN)
        return text


@dataclass(frozen=True, slots=True)
class Prepared:
    """There is no secret in it. `body` is JSON text; `None`: there is none."""

    method: str
    url: Text
    headers: Mapping[str, Text]
    body: Text | None

    @property
    def shown(self) -> Mapping[str, object]:
        """For people: secrets as `***`, the body as what its JSON means."""
        return {
            "method": self.method,
            "url": _hidden(self.url),
            "headers": {name: _hidden(text) for name, text in self.headers.items()},
            "body": None if self.body is None else msgspec.json.decode(_hidden(self.body)),
        }

    def filled(self, environment: Mapping[str, str]) -> Request:
        """Ready to be sent. Raises `Unfilled`."""
        fill = _Secrets(environment)
        url = fill.text(self.url, _NOT_OF_ADDRESSES, "the address")
        headers = {name: fill.text(text, CONTROL, f"the header {name}") for name, text in self.headers.items()}
        body = b"" if self.body is None else fill.json(self.body)
        if body:
            headers = {"content-type": "application/json", **headers}
        return Request(self.method, url, headers, body, self.shown, fill.secrets)

    def stored(self) -> str:
        """As JSON text, for `restored`."""
        return msgspec.json.encode(self).decode()


def restored(text: str) -> Prepared:
    return msgspec.json.decode(text, type=Prepared)


def within_quotes(text: str) -> str:
    """As it stands between the quotes of JSON."""
    return msgspec.json.encode(text).decode()[1:-1]


class _Secrets:
    """Fills in what the environment holds, and remembers what that was."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._used: set[str] = set()

    def text(self, text: Text, forbidden: re.Pattern[str], where: str) -> str:
        filled = "".join(part if isinstance(part, str) else self._value(part.name, where) for part in text)
        if forbidden.search(filled):
            raise Unfilled(f"{where} would hold a character that can't stand there")
        return filled.strip()

    def json(self, text: Text) -> bytes:
        parts = (part if isinstance(part, str) else within_quotes(self._value(part.name, "the body")) for part in text)
        return "".join(parts).encode()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The longest first: nothing is left over of one of which another is a part."""
        forms = {form for it in self._used for form in (it, it.strip(), quote(it, safe=""), within_quotes(it))}
        return tuple(sorted((form for form in forms if len(form) >= _TELLING), key=lambda form: (-len(form), form)))

    def _value(self, name: str, where: str) -> str:
        value = self._environment.get(name, "")
        if not value:
            raise Unfilled(f"the variable {name} of the environment, which {where} needs, is not set")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Unfilled(f"the variable {name} of the environment, which {where} needs, is no text") from None
        self._used.add(value)
        return value


def _hidden(text: Text) -> str:
    return "".join(part if isinstance(part, str) else HIDDEN for part in text)
