"""One CloudEvent, structured JSON, as an event. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md

| part | source |
| --- | --- |
| name | `type` |
| correlation ID | extension `correlationid` |
| causation ID | extension `causationid` |
| id, source | `id`, `source` |
| time | `time`, else extension `recordedtime`, else when it was received |
| trace and span id | extension `traceparent` |
| attributes | `data` if it is an object, else a member `data` with it; bytes that are no JSON as `data_base64` |

Other context attributes are where a mapping may find something, and are not kept.
"""

import base64
import re
from typing import Any

import msgspec
from msgspec import Raw

from collector.acceptance import Acceptance, describe
from collector.cloudevents.quick import VERSION, quick
from collector.cloudevents.trace import trace_of
from collector.errors import Refused
from collector.json import attributes as json_attributes
from collector.json.attributes import doubled_key, parse_object
from collector.mapping.reading import Reading
from store.event import Event
from store.instant import rfc3339

_JSON = re.compile(r"(application|text)/(?:[^;]+\+)?json\b", re.IGNORECASE)

_parts = msgspec.json.Decoder(dict[str, Raw]).decode


def read_cloud_event(text: bytes, terms: Acceptance) -> Event:
    """The event in the text of one JSON object.

    Raises `Refused`, or `NotJson` where the text is no JSON at all.
    """
    event = quick(text, terms)
    return _careful(text, terms) if event is None else event


def _careful(text: bytes, terms: Acceptance) -> Event:
    document = parse_object(text, terms.longest)
    _check(document)
    attributes, data = _data(document, text)
    terms.check_size(attributes.encode())
    trace_id, span_id = trace_of(document.get("traceparent"))
    source = _required("source", terms.check_source(_text(document.get("source")), ""))
    members = data if isinstance(data, dict) else {}
    reading = Reading.of(source, {**document, "data": data, **members}, terms)
    given = {field: _text(document.get(field)) for field in ("correlationid", "causationid", "id", "baggage")}
    stated_time = document.get("time") or document.get("recordedtime") or rfc3339(terms.now)
    return Event(
        id=_required("id", reading.text("id", given["id"])),
        correlation_id=reading.correlation_id(given["correlationid"], trace_id or None, given["baggage"]),
        name=reading.name(document.get("type")),
        time=reading.time(stated_time),
        source=source,
        attributes=attributes,
        causation_id=reading.text("causation_id", given["causationid"]),
        trace_id=trace_id,
        span_id=span_id,
        received_at=terms.now,
    )


def is_json(media_type: object) -> bool:
    """Whether data of that type are JSON, as they are where no type is given."""
    return media_type is None or (isinstance(media_type, str) and _JSON.match(media_type) is not None)


def _check(document: dict[str, Any]) -> None:
    doubled = doubled_key(document)
    if doubled is not None:
        raise Refused(doubled, "occurs more than once")
    version = document.get("specversion")
    if version != VERSION:
        got = "it is missing" if version is None else f"got {describe(version)}"
        raise Refused("specversion", f'expected "{VERSION}"; {got}')
    if document.get("data") is not None and document.get("data_base64") is not None:
        raise Refused("data_base64", "there is data as well; expected one of the two")


def _data(document: dict[str, Any], text: bytes) -> tuple[str, object]:
    """The attributes as JSON text, and the value of the data."""
    if document.get("data_base64") is not None:
        return _bytes(document["data_base64"], document.get("datacontenttype"))
    data = document.get("data")
    if data is None:
        return "{}", None
    json_attributes.check(data, "data")
    return _attributes(data, bytes(_parts(text)["data"])), data


def _bytes(encoded: object, media_type: object) -> tuple[str, object]:
    if not isinstance(encoded, str):
        raise Refused("data_base64", f"expected text, got {describe(encoded)}")
    try:
        content = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise Refused("data_base64", "is not base64") from None
    if not is_json(media_type):
        return msgspec.json.encode({"data_base64": encoded}).decode(), None
    try:
        data = json_attributes.parse(content.decode())
    except (Refused, UnicodeDecodeError):
        raise Refused("data_base64", "is not JSON, as datacontenttype has it") from None
    json_attributes.check(data, "data")
    return _attributes(data, content), data


def _attributes(data: object, exact: bytes) -> str:
    return exact.decode() if isinstance(data, dict) else msgspec.json.encode({"data": Raw(exact)}).decode()


def _text(value: object) -> object:
    """Whole numbers are text: over HTTP headers they can't be told apart."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _required(field: str, text: str) -> str:
    if not text:
        raise Refused(field, "missing")
    return text
