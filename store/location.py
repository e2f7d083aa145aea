"""Where something stands in an event, or in the message that brought it: as people write it in the settings.

`order_id`                     an attribute: the key of that name, else the way to it, as in `order.id`
`/order/id`                    a JSON pointer (RFC 6901) into the event's attributes, or into a document of JSON
`$message.payload#/order/id`   the same, as AsyncAPI writes it
`$message.header#/order-id`    a header of the HTTP request or of the Kafka message
`$message.key`                 the key of the Kafka message
`$message.timestamp`           its timestamp
`$event`                       what the event itself says, where its protocol has a place for it
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_FRAGMENT = re.compile(r"\$message\.(header|payload)#(.*)", re.DOTALL)
_LONE_TILDE = re.compile(r"~(?![01])")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)

_EXPECTED = (
    "expected an attribute's name, a JSON pointer such as /order/id, "
    "or $message.header#/…, $message.payload#/…, $message.key, $message.timestamp or $event"
)


class Part(StrEnum):
    """What a location leads into."""

    ATTRIBUTE = "attribute"
    PAYLOAD = "payload"
    HEADER = "header"
    KEY = "key"
    TIMESTAMP = "timestamp"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Location:
    """`text` is what was written; `path` the names on the way, one for an attribute or a header."""

    text: str
    part: Part
    path: tuple[str, ...] = ()


def location(text: str) -> Location:
    """Raises `ValueError` that says what was expected."""
    if text.startswith("/"):
        return Location(text, Part.PAYLOAD, pointer(text))
    if found := _FRAGMENT.fullmatch(text):
        return _of_fragment(text, Part(found[1]), pointer(found[2]))
    if text in ("$message.key", "$message.timestamp", "$event"):
        return Location(text, Part(text.rpartition(".")[2].removeprefix("$")))
    if not text.strip() or text.startswith(("$", "#")):
        raise ValueError(_EXPECTED)
    return Location(text, Part.ATTRIBUTE, (text,))


def pointer(text: str) -> tuple[str, ...]:
    """The reference tokens of a JSON pointer to something within a document.

    Raises `ValueError`, also for the empty pointer, which means the whole document.
    """
    if not text.startswith("/"):
        raise ValueError("expected a JSON pointer such as /order/id, which begins with a slash")
    if _LONE_TILDE.search(text):
        raise ValueError("in a JSON pointer ~ is written ~0, and / within a name ~1")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text[1:].split("/"))


def resolve(path: Sequence[str], value: object) -> object:
    """What stands there; `None` where there is nothing, or null."""
    for token in path:
        if isinstance(value, dict):
            value = value.get(token)
        elif isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
            value = value[int(token)]
        else:
            return None
    return value


def attribute(name: str, value: object) -> object:
    """The attribute of that name; else what the names with dots between them lead to. `None` where there is nothing."""
    if isinstance(value, dict) and value.get(name) is not None:
        return value[name]
    return resolve(name.split("."), value) if "." in name else None


def _of_fragment(text: str, part: Part, path: tuple[str, ...]) -> Location:
    if part is Part.HEADER and (len(path) != 1 or not path[0]):
        raise ValueError("headers have no parts: expected $message.header#/ and the name of one")
    return Location(text, part, path)
