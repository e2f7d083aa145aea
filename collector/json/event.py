"""One event of JSON, read with care: whatever may be wrong with it is named."""

import difflib
from typing import Any

import msgspec
from msgspec import Raw

from collector.acceptance import (
    Acceptance,
    check_text,
    content_id,
    describe,
    printable,
)
from collector.errors import Refused
from collector.json import attributes as json_attributes
from collector.json.attributes import doubled_key
from collector.json.document import read_document
from collector.json.quick import DEFAULT_SOURCE
from collector.mapping.reading import Reading
from store.event import Event

FIELDS = (
    "id",
    "correlation_id",
    "name",
    "time",
    "source",
    "attributes",
    "causation_id",
    "trace_id",
    "span_id",
)


class _Sourced(msgspec.Struct, gc=False):
    source: str | None = None


_decode_sourced = msgspec.json.Decoder(_Sourced).decode
_decode_parts = msgspec.json.Decoder(dict[str, Raw]).decode


def source_of(text: bytes, terms: Acceptance) -> str:
    """The source that the text of an event names, whatever else is wrong with it; empty where it can't be told."""
    if terms.document is not None:
        return terms.stated or terms.source
    try:
        return check_text("source", _decode_sourced(text).source) or terms.stated or terms.source or DEFAULT_SOURCE
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Refused):
        return ""


def read_event(text: bytes, terms: Acceptance) -> Event:
    """The event in the text of one JSON object.

    Raises `Refused` with what exactly is wrong with it, or `NotJson` where the text is no JSON at all.
    """
    if terms.document is not None:
        return read_document(text, terms, terms.document)
    document = json_attributes.parse_object(text, terms.longest)
    _check_keys(document)
    source = terms.check_source(document.get("source"), DEFAULT_SOURCE)
    reading = Reading.of(source, document.get("attributes"), terms)
    correlation_id = reading.correlation_id(document.get("correlation_id"), document.get("trace_id"))
    name = reading.name(document.get("name"))
    time = reading.time(document.get("time"))
    id_, causation_id = (reading.text(field, document.get(field)) for field in ("id", "causation_id"))
    trace_id, span_id = (check_text(field, document.get(field)) for field in ("trace_id", "span_id"))
    attributes = _attributes(text, document, terms)
    return Event(
        id=id_ or content_id(source, name, time * 1_000, correlation_id, attributes),
        correlation_id=correlation_id,
        name=name,
        time=time,
        source=source,
        attributes=attributes,
        causation_id=causation_id,
        trace_id=trace_id,
        span_id=span_id,
        received_at=terms.now,
    )


def _check_keys(document: dict[str, Any]) -> None:
    for key in document:
        if key not in FIELDS:
            near = difflib.get_close_matches(key, FIELDS, n=1)
            hint = f"did you mean {near[0]}?" if near else "what is particular to an event belongs in attributes"
            raise Refused(printable(key), f"unknown key; {hint}")
    doubled = doubled_key(document)
    if doubled is not None:
        raise Refused(doubled, "occurs more than once")


def _attributes(text: bytes, document: dict[str, Any], terms: Acceptance) -> str:
    """The exact text of the attributes, once all that counts is known to be good."""
    attributes = document.get("attributes")
    if attributes is None:
        return "{}"
    if not isinstance(attributes, dict):
        raise Refused("attributes", f"expected an object, got {describe(attributes)}")
    json_attributes.check(attributes, "attributes")
    try:
        exact = bytes(_decode_parts(text)["attributes"])
    except msgspec.DecodeError as error:  # something that a mapping passes over, such as NaN
        raise Refused("", f"not JSON: {error}") from None
    terms.check_size(exact)
    return exact.decode()
