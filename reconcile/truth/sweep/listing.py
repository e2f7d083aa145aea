"""The provider's list of what has changed, page by page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import msgspec

from reconcile.errors import SweepFailed
from reconcile.outgoing.call import Call, NoReply, Reply
from reconcile.truth.source import IN_TROUBLE
from store.event import SECOND
from store.instant import parse_instant, rfc3339
from store.settings_sweeps import Path, SweepSettings

PAGES = 10_000  # of one pass
LARGEST = 8 * 1024 * 1024  # bytes of a page

_WAITS = (1.0, 5.0, 15.0, 60.0)  # seconds before a page is asked for once more, where the provider has trouble
_LONGEST_WAIT = 120.0


class Outcome(StrEnum):
    HAPPENED = "happened"
    FAILED = "failed"  # it did not happen, and will not
    UNDECIDED = "undecided"  # a status that says neither


@dataclass(frozen=True, slots=True)
class Item:
    """What the provider says of an order. `id`: its name there; `time` in µs UTC; `amount` in whole units, as text."""

    correlation_id: str
    outcome: Outcome
    id: str = ""
    time: int | None = None
    amount: str | None = None
    status: str = ""

    @property
    def number(self) -> Decimal | None:
        return None if self.amount is None else Decimal(self.amount)

    def told(self) -> Mapping[str, object]:
        """For people and records."""
        return {**asdict(self), "time": None if self.time is None else rfc3339(self.time)}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Item":
        """The item that was told."""
        time = None if told["time"] is None else parse_instant(told["time"])
        return cls(**{**told, "time": time, "outcome": Outcome(told["outcome"])})


@dataclass(frozen=True, slots=True)
class Page:
    """`skipped`: items without a correlation ID, which are none of ours."""

    items: tuple[Item, ...]
    skipped: int


class Listing:
    """One provider's list. `call` reads at most `LARGEST` bytes of an answer; `environment` is what `${NAME}` reads."""

    def __init__(self, settings: SweepSettings, call: Call, environment: Mapping[str, str]) -> None:
        self.settings = settings
        self._call = call
        self._environment = environment

    def pages(self, since: int, wait: Callable[[float], None]) -> Iterator[Page]:
        """Everything that has changed since then (µs UTC). `wait` waits for seconds: a provider that is asked too much,
        or has trouble, is asked for the same page once more, for the pages before have cost it enough.

        Raises `SweepFailed` where the provider does not answer, not as was agreed, or without end.
        """
        cursor, seen = "", set[str]()
        while True:
            answer = self._page(since, cursor, wait)
            yield self._read(answer)
            cursor = _text(_at(answer, self.settings.next)) if self.settings.next else ""
            if not cursor:
                return
            if cursor in seen:
                raise SweepFailed("the provider's pages go in a circle: a cursor came a second time")
            seen.add(cursor)
            if len(seen) >= PAGES:
                raise SweepFailed(f"the provider's list has more than {PAGES:,} pages")

    def _page(self, since: int, cursor: str, wait: Callable[[float], None]) -> object:
        places = {"since": rfc3339(since), "since_seconds": str(since // SECOND), "cursor": cursor}
        url = self._filled(self.settings.get, {name: quote(text, safe="") for name, text in places.items()})
        headers = {name: self._filled(text, {}) for name, text in self.settings.headers.items()}
        reply = self._call("GET", url, headers, b"")
        for pause in _WAITS:
            if isinstance(reply, NoReply) or reply.status not in IN_TROUBLE:
                break
            wait(_patience(reply, pause))
            reply = self._call("GET", url, headers, b"")
        return _decoded(reply)

    def _filled(self, template: str, places: Mapping[str, str]) -> str:
        """Read from left to right, so that nothing that is filled in is taken for a place."""
        filled, rest = "", template
        while "{" in rest:
            before, _, rest = rest.partition("{")
            name, _, rest = rest.partition("}")
            filled += before.removesuffix("$") + (
                self._variable(name) if before.endswith("$") else places.get(name, "")
            )
        return filled + rest

    def _variable(self, name: str) -> str:
        if name not in self._environment:
            raise SweepFailed(f"the variable {name} of the environment is not set")
        return self._environment[name]

    def _read(self, answer: object) -> Page:
        found = _at(answer, self.settings.items)
        if not isinstance(found, list):
            raise SweepFailed(f"there is no list at {'.'.join(self.settings.items) or 'the top'} of the answer")
        items = [self._item(it) for it in found]
        ours = tuple(it for it in items if it is not None)
        return Page(ours, len(items) - len(ours))

    def _item(self, raw: object) -> Item | None:
        def field(name: str) -> object:
            path = self.settings.fields.get(name)
            return None if path is None else _at(raw, path)

        correlation_id = _text(field("correlation_id"))
        if not correlation_id:
            return None
        status = _text(field("status"))
        return Item(
            correlation_id,
            self._outcome(status),
            _text(field("id")),
            _instant(field("time")),
            self._amount(field("amount")),
            status,
        )

    def _outcome(self, status: str) -> Outcome:
        if "status" not in self.settings.fields or status in self.settings.happened:
            return Outcome.HAPPENED
        return Outcome.FAILED if status in self.settings.failed else Outcome.UNDECIDED

    def _amount(self, raw: object) -> str | None:
        number = decimal(_text(raw))
        return None if number is None else str(number.scaleb(-self.settings.scale).normalize())


def _patience(reply: Reply, least: float) -> float:
    """Seconds: those that it asks for, within reason."""
    asked = reply.headers.get("retry-after", "")
    return min(_LONGEST_WAIT, max(least, float(asked) if asked.isdecimal() and len(asked) < 10 else 0.0))


def _decoded(reply: Reply | NoReply) -> object:
    if isinstance(reply, NoReply):
        raise SweepFailed(reply.error)
    if reply.status != 200:
        raise SweepFailed(f"HTTP {reply.status}")
    if len(reply.body) >= LARGEST:
        raise SweepFailed(f"a page is larger than {LARGEST // 2**20} MiB")
    try:
        return msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise SweepFailed("the answer is not JSON") from None


def decimal(text: str) -> Decimal | None:
    """A finite number, `None` where it is none."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 30 else None


def _at(value: object, path: Path | Sequence[str]) -> object:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: object) -> str:
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case _:
            return ""


def _instant(value: object) -> int | None:
    try:
        return parse_instant(_text(value))
    except ValueError:
        return None
