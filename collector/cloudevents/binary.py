"""A CloudEvent in binary mode, its attributes in headers and its data as the body, made the same one in JSON."""

import base64
import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec import Raw

from collector.cloudevents.event import is_json
from collector.errors import Refused
from collector.json.attributes import parse
from collector.mapping.message import Header

_PREFIX = b"ce-"
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


def structured(headers: Iterable[Header], body: bytes) -> bytes:
    """The text of its JSON. Raises `Refused` for a header that can't be read."""
    document: dict[str, object] = {}
    for name, value in headers:
        lower = name.lower()
        if lower.startswith(_PREFIX):
            key = lower.removeprefix(_PREFIX).decode("latin-1")
            if key in document:
                raise Refused(key, "occurs more than once")
            document[key] = _value(key, value)
        elif lower == b"content-type":
            document["datacontenttype"] = value.decode("latin-1")
    return msgspec.json.encode({**document, **_data(document.get("datacontenttype"), body)})


def _data(media_type: object, body: bytes) -> dict[str, object]:
    """What is no JSON goes as bytes; where it should be, it is refused as such when it is read."""
    if not body:
        return {}
    if media_type is not None and is_json(media_type):
        try:
            parse(body.decode())
        except (Refused, UnicodeDecodeError):
            pass
        else:
            return {"data": Raw(body)}
    kind = media_type or "application/octet-stream"
    return {"data_base64": base64.b64encode(body).decode(), "datacontenttype": kind}


def _value(key: str, value: bytes) -> str:
    """First the quotes of HTTP are undone, then one round of percent-encoding."""
    quoted = _QUOTED.fullmatch(value)
    plain = _ESCAPED.sub(rb"\1", quoted[1]) if quoted else value
    try:
        return unquote_to_bytes(plain).decode()
    except UnicodeDecodeError:
        raise Refused(key, "is not percent-encoded UTF-8") from None
