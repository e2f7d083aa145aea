"""The `baggage` header of W3C, in the headers of HTTP requests and of messages.

OpenTelemetry's own propagator for Python reads and writes percent-encoding as HTML forms do, and so takes the `+` of an
ID that another language sent for a blank. Members of others pass through here as they came.
"""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, unquote

HEADER = "baggage"

Name = str | bytes
Value = str | bytes | None
Headers = Mapping[str, str] | Mapping[str, object] | Iterable[tuple[Name, Value]]
"""A mapping, as HTTP and AMQP libraries have it, or pairs, as ASGI and Kafka clients do; names in any case."""


def members(headers: Headers) -> dict[str, str]:
    """The members of the baggage in these headers, decoded and without their properties; a repeated key's last."""
    found = {}
    for member in _members_in(headers):
        key, is_pair, value = member.partition("=")
        if is_pair:
            found[key.strip()] = unquote(value.partition(";")[0].strip())
    return found


def merged(headers: Headers, ours: Mapping[str, str]) -> str:
    """The header's new value: ours first, then what others have put in these headers."""
    others = [member for member in _members_in(headers) if member.partition("=")[0].strip() not in ours]
    return ",".join([*(f"{key}={quote(value, safe='')}" for key, value in ours.items()), *others])


def _members_in(headers: Headers) -> Iterator[str]:
    pairs: Iterable[tuple[object, object]] = headers.items() if isinstance(headers, Mapping) else headers
    for name, value in pairs:
        if _text(name).lower() == HEADER:
            yield from (member.strip() for member in _text(value).split(",") if member.strip())


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else ""
