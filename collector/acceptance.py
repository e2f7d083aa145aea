"""What every event must satisfy, whatever format it came in. Times are microseconds since the Unix epoch, UTC."""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import msgspec

from collector.errors import Refused
from collector.mapping.message import NO_MESSAGE, Message
from store.duration import format_duration
from store.event import RESERVED_SOURCE, SECOND
from store.settings import CollectorSettings
from store.settings_sources import UNMAPPED, Sources, SourceSettings
from store.settings_values import Spans

# The last instant that a DateTime64(6) of ClickHouse can hold.
END_OF_TIME = 10_413_792_000 * SECOND - 1

# An event's own fields beside its attributes: far more than the longest of them can take together.
OVERHEAD = 64 * 1024

# Bytes of UTF-8.
LONGEST: Mapping[str, int] = MappingProxyType(
    {
        "correlation_id": 512,
        "name": 256,
        "source": 256,
        "id": 512,
        "causation_id": 512,
        "trace_id": 512,
        "span_id": 512,
    }
)

# What programs print for a variable that was never set. As a correlation ID it would join everybody's events.
NOTHING = frozenset(
    {
        "null",
        "undefined",
        "none",
        "nil",
        "nan",
        "(null)",
        "<null>",
        "<nil>",
        "[object object]",
        "00000000-0000-0000-0000-000000000000",
    }
)

HALF_SURROGATE = re.compile(r"[\ud800-\udfff]")

# Characters: however many bytes they take, no limit above is reached.
SURELY_SHORT = 64

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The bounds of one request: `now` and `latest` are instants, `max_event` the bytes of one event's attributes,
    `max_batch` how many events it may have.

    `testimony` is taken where nothing is stored for others to trust in. `source`: the only one that the sender speaks
    for, '' for any. `sources`: the mappings, false where there are none; `trace_id`: it stands in for a correlation ID,
    unless a mapping says otherwise; `spans`: what in a trace may be events.

    `stated`: the source of events that name none; `message`: what they came in; `document`: the mapping by which every
    JSON object is an event, `None` where they have Noshow's own shape.
    """

    now: int
    latest: int
    max_event: int
    max_batch: int
    testimony: bool = False
    source: str = ""
    sources: Sources = UNMAPPED
    trace_id: bool = False
    spans: Spans = Spans.EVENTS
    stated: str = ""
    message: Message = NO_MESSAGE
    document: SourceSettings | None = None

    @classmethod
    def at(cls, now: int, limits: CollectorSettings, *, testimony: bool = False, source: str = "") -> "Acceptance":
        latest = min(now + limits.max_ahead, END_OF_TIME)
        bounds = (now, latest, limits.max_event, limits.max_batch)
        return cls(*bounds, testimony, source, limits.sources, limits.trace_id_as_correlation_id, limits.spans)

    def of(self, stated: str, message: Message) -> "Acceptance":
        """The same for what comes in that message, and is said to be of that source ('': nothing is said).

        Raises `Refused` for what can be no source.
        """
        stated = check_text("source", stated)
        return replace(self, stated=stated, message=message, document=self.sources.document(stated or self.source))

    def single(self) -> "Acceptance":
        """The same, once it is known that the message holds one event."""
        return replace(self, message=replace(self.message, single=True))

    def check_time(self, time: int) -> int:
        """The time, if events of that time are taken; else `Refused`."""
        if 0 <= time <= self.latest:
            return time
        if time < 0:
            raise Refused("time", "lies before 1970")
        if time > END_OF_TIME:
            raise Refused("time", "lies after the year 2299; are these seconds since the epoch?")
        ahead = max((time - self.now) // SECOND * SECOND, SECOND)
        most = format_duration(self.latest - self.now)
        raise Refused("time", f"lies {format_duration(ahead)} in the future; at most {most} is accepted")

    def check_size(self, attributes: bytes) -> None:
        if len(attributes) > self.max_event:
            raise Refused("attributes", f"{len(attributes):,} bytes; at most {self.max_event:,} are accepted")

    def check_source(self, value: object, default: str) -> str:
        """The source; where there is none, the stated one, the sender's own or else the default. Else `Refused`."""
        text = check_text("source", value) or self.stated or self.source or default
        if text == RESERVED_SOURCE and not self.testimony:
            raise Refused("source", f'"{RESERVED_SOURCE}" is reserved: operators and truth lookups speak by it')
        if self.source and text != self.source:
            raise Refused("source", f'{describe(text)} is another than "{self.source}", which the token is for')
        return text

    @property
    def longest(self) -> int:
        """Bytes of the longest event that is looked at."""
        return self.max_event + OVERHEAD


def check_text(field: str, value: object) -> str:
    """The value, if this field may hold it; else `Refused`. Absent (`None`) is the empty text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(field, f"expected text, got {describe(value)}")
    if len(value) <= SURELY_SHORT and value.isprintable():
        return value
    if HALF_SURROGATE.search(value):
        raise Refused(field, "holds half of a surrogate pair, which is no character")
    if _CONTROL.search(value):
        raise Refused(field, f"holds a control character: {describe(value)}")
    if len(value.encode()) > LONGEST[field]:
        raise Refused(field, f"longer than {LONGEST[field]} bytes")
    return value


def check_correlation_id(value: object) -> str:
    """A correlation ID that identifies something; else `Refused`."""
    text = _check_required("correlation_id", value)
    if text.strip().lower() in NOTHING:
        raise Refused("correlation_id", f"{describe(text)} identifies nothing: was the sender's variable never set?")
    return text


def check_name(value: object) -> str:
    """An event name; else `Refused`."""
    return _check_required("name", value)


def _check_required(field: str, value: object) -> str:
    text = check_text(field, value)
    if not text or text.isspace():
        raise Refused(field, "missing" if value is None else "empty")
    return text


def content_id(source: str, name: str, time_ns: int, correlation_id: str, attributes: str) -> str:
    """The id of an event that came without one: 32 hex digits, the same whenever the same event is sent again."""
    content = msgspec.json.encode((source, name, time_ns, correlation_id, attributes))
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def describe(value: object) -> str:
    """A short, printable name of a decoded value for a message."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "an infinite number"
        case int() | float():
            return f"the number {_shortened(str(value))}"
        case str():
            return f'"{_shortened(printable(value))}"'
        case list():
            return "an array"
        case _:
            return "an object"


def printable(text: str) -> str:
    """The text with everything escaped that could break a line, a terminal or an encoder."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:200])


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
