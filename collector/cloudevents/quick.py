"""A CloudEvent that is plainly good, as nearly all are: read with a part of the work that it takes to say what is wrong
with one."""

from typing import Any

import msgspec
from msgspec import Raw

from collector.acceptance import Acceptance, check_correlation_id, check_name, check_text
from collector.cloudevents.trace import trace_of
from collector.errors import Refused
from collector.json import event_time
from collector.json.attributes import count_keys, surely_has_keys
from store.event import Event

VERSION = "1.0"


class _Wire(msgspec.Struct, gc=False):
    """What must be there, of its type, and what often is."""

    specversion: str
    id: str
    source: str
    type: str
    time: str
    correlationid: str
    data: Raw
    causationid: str = ""
    traceparent: str = ""
    data_base64: None = None


_decode_wire = msgspec.json.Decoder(_Wire).decode
_decode_parts = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


def quick(text: bytes, terms: Acceptance) -> Event | None:
    """`None`: look again carefully."""
    if len(text) > terms.max_event:
        return None
    try:
        str(text, "utf-8")  # msgspec does not look at what is left out
        wire = _decode_wire(text)
        keys = len(_decode_parts(text)) + count_keys(_decode_object(wire.data))
        if wire.specversion != VERSION or not wire.id or not surely_has_keys(text, keys):
            return None
        return _event(wire, terms.check_time(event_time.parse(wire.time)), terms)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Refused):
        return None


def _event(wire: _Wire, time: int, terms: Acceptance) -> Event | None:
    source = terms.check_source(wire.source or None, "")
    if not source or (terms.sources and terms.sources.of(source) is not None):
        return None
    trace_id, span_id = trace_of(wire.traceparent) if wire.traceparent else ("", "")
    return Event(
        check_text("id", wire.id),
        check_correlation_id(wire.correlationid),
        check_name(wire.type),
        time,
        source,
        str(wire.data, "utf-8"),
        check_text("causation_id", wire.causationid),
        trace_id,
        span_id,
        terms.now,
    )
