"""One event of JSON, in two steps: a quick one for what is plainly good, a careful one that names what is wrong."""

import difflib
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from collector.acceptance import (
    Acceptance,
    check_correlation_id,
    check_name,
    check_text,
    content_id,
    describe,
    printable,
)
from collector.errors import Refused
from collector.json import attributes as json_attributes
from collector.json import event_time
from collector.json.attributes import NotJson, count_keys, doubled_key, surely_has_keys
from store.event import Event

DEFAULT_SOURCE = "json"

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

_NO_ATTRIBUTES = Raw(b"{}")

_Optional = str | None | msgspec.UnsetType


class _Wire(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    correlation_id: str
    name: str
    time: str | int | float
    id: _Optional = UNSET
    source: _Optional = UNSET
    attributes: Raw = _NO_ATTRIBUTES
    causation_id: _Optional = UNSET
    trace_id: _Optional = UNSET
    span_id: _Optional = UNSET


class _Sourced(msgspec.Struct, gc=False):
    source: str | None = None


_decode_sourced = msgspec.json.Decoder(_Sourced).decode
_decode_wire = msgspec.json.Decoder(_Wire).decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_decode_parts = msgspec.json.Decoder(dict[str, Raw]).decode


def read_event(text: bytes, terms: Acceptance) -> Event:
    """The event in the text of one JSON object.

    Raises `Refused`, or `NotJson` where the text is no JSON at all.
    """
    event = _quick(text, terms)
    return _careful(text, terms) if event is None else event


def source_of(text: bytes, terms: Acceptance) -> str:
    """The source that the text of an event names, whatever else is wrong with it; empty where it can't be told."""
    try:
        return check_text("source", _decode_sourced(text).source) or terms.source or DEFAULT_SOURCE
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Refused):
        return ""


def _quick(text: bytes, terms: Acceptance) -> Event | None:
    """The event, if its JSON is as most are. `None`: look again carefully."""
    if len(text) > terms.max_event:
        return None
    try:
        wire = _decode_wire(text)
        attributes = str(wire.attributes, "utf-8")
        members = _decode_object(wire.attributes)
        flat = attributes.find("{", 1) < 0 and "[" not in attributes
        keys = len(members) if flat else count_keys(members)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    given = (wire.id, wire.source, wire.causation_id, wire.trace_id, wire.span_id)
    keys += 8 - given.count(UNSET) + (wire.attributes is not _NO_ATTRIBUTES)
    time = event_time.quick(wire.time)
    if time is None or not surely_has_keys(text, keys):
        return None
    correlation_id, name = check_correlation_id(wire.correlation_id), check_name(wire.name)
    terms.check_time(time)
    source = terms.check_source(wire.source or None, DEFAULT_SOURCE)
    return Event(
        check_text("id", wire.id or None) or content_id(source, name, time * 1_000, correlation_id, attributes),
        correlation_id,
        name,
        time,
        source,
        attributes,
        check_text("causation_id", wire.causation_id or None),
        check_text("trace_id", wire.trace_id or None),
        check_text("span_id", wire.span_id or None),
        terms.now,
    )


def _careful(text: bytes, terms: Acceptance) -> Event:
    """The event, or what exactly is wrong with it."""
    document = _document(text, terms)
    _check_keys(document)
    correlation_id = check_correlation_id(document.get("correlation_id"))
    name = check_name(document.get("name"))
    time = terms.check_time(event_time.parse(document.get("time")))
    source = terms.check_source(document.get("source"), DEFAULT_SOURCE)
    id_ = check_text("id", document.get("id"))
    attributes = _attributes(text, document, terms)
    return Event(
        id=id_ or content_id(source, name, time * 1_000, correlation_id, attributes),
        correlation_id=correlation_id,
        name=name,
        time=time,
        source=source,
        attributes=attributes,
        causation_id=check_text("causation_id", document.get("causation_id")),
        trace_id=check_text("trace_id", document.get("trace_id")),
        span_id=check_text("span_id", document.get("span_id")),
        received_at=terms.now,
    )


def _document(text: bytes, terms: Acceptance) -> dict[str, Any]:
    if len(text) > terms.longest:
        raise Refused("", f"longer than {terms.longest:,} bytes, the most an event may have")
    try:
        document = json_attributes.parse(text.decode())
    except UnicodeDecodeError as error:
        raise NotJson("not UTF-8", error.start) from None
    if not isinstance(document, dict):
        raise Refused("", f"expected an object, got {describe(document)}")
    return document


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
    """The exact text of the attributes, once they are known to be good."""
    attributes = document.get("attributes")
    if attributes is None:
        return "{}"
    if not isinstance(attributes, dict):
        raise Refused("attributes", f"expected an object, got {describe(attributes)}")
    json_attributes.check(attributes, "attributes")
    exact = bytes(_decode_parts(text)["attributes"])
    terms.check_size(exact)
    return exact.decode()
