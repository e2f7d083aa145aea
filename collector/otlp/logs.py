"""OTLP log records to events: opentelemetry-proto's ExportLogsServiceRequest, as every OpenTelemetry SDK sends it.

A record is a business event if it has an event name; any other is counted, and left out. Where each part of an event
comes from:

| part | source |
| --- | --- |
| name | the record's `event_name`, else its attribute `event.name` |
| correlation ID | attribute `correlation.id` of the record, else of its scope, else of its resource; else the W3C
Baggage in the record's attribute `baggage` |
| causation ID | attribute `causation.id` |
| source | `service.name` of the resource |
| time | `time_unix_nano`, else `observed_time_unix_nano`; cut to microseconds |
| id | attribute `log.record.uid`, else a hash of source, name, time in ns, correlation ID and attributes |
| attributes | the record's other attributes; if its body is a map, also its keys that are not among them |

A body that is no map is left out. The mapping of the source (`collector/mapping`) goes before all of this.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from collector.acceptance import (
    Acceptance,
    check_text,
    content_id,
)
from collector.batch import Alone, Batch
from collector.columns import pieces
from collector.errors import NoEvent, Refused
from collector.mapping.reading import Reading
from collector.otlp.envelope import Origin, Scope, alone, origins
from collector.otlp.quick import read_records
from collector.otlp.values import Natural, find, hex_of, members
from store.event import Event, EventColumns

FORM = "otlp-logs"
"""What an event by itself is kept as: a request with its resource, its scope and nothing else but this record."""

DEFAULT_SOURCE = "otlp"

# Attributes of a record that are fields of the event.
_FIELDS = ("event.name", "correlation.id", "log.record.uid", "causation.id")

NO_EVENT_NAME = "no event name, so no business event"

M = TypeVar("M", Resource, InstrumentationScope, LogRecord)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What records have from their resource and scope."""

    source: str
    correlation_id: Natural


class _Bad(NamedTuple):
    refused: Refused
    alone: Callable[[], Alone]


_Answer = EventColumns | Event | _Bad


def decode_logs(body: bytes, terms: Acceptance) -> Batch:
    """The events among the log records of a request; `index` of a rejection counts all of its records from 0.

    Raises `MalformedBody` or `BodyTooLarge`.
    """
    batch = Batch()
    index = 0
    for origin in origins(body, terms.max_batch):
        for event in _of_resource(origin, terms):
            if isinstance(event, EventColumns):
                batch.events.extend(event)
                index += len(event)
                continue
            if isinstance(event, Event):
                batch.events.add(event)
            elif isinstance(event.refused, NoEvent):
                batch.ignored += 1
            else:
                batch.refuse(index, event.refused, event.alone)
            index += 1
    return batch


def _of_resource(origin: Origin, terms: Acceptance) -> Iterator[_Answer]:
    """One answer for each record, or for many."""
    try:
        attributes = _parsed(Resource, origin.resource, terms).attributes
        source = terms.check_source(find(attributes, "service.name"), DEFAULT_SOURCE)
        shared = _Shared(source, find(attributes, "correlation.id"))
    except Refused as refused:
        for scope in origin.scopes:
            yield from (_Bad(refused, partial(_alone, origin, scope, record, "", terms)) for record in scope.records)
        return
    for scope in origin.scopes:
        yield from _of_scope(origin, scope, shared, terms)


def _of_scope(origin: Origin, scope: Scope, shared: _Shared, terms: Acceptance) -> Iterator[_Answer]:
    try:
        correlation_id = find(_parsed(InstrumentationScope, scope.scope, terms).attributes, "correlation.id")
    except Refused as refused:
        yield from (
            _Bad(refused, partial(_alone, origin, scope, record, shared.source, terms)) for record in scope.records
        )
        return
    if correlation_id is not None:
        shared = _Shared(shared.source, correlation_id)
    for some in pieces(scope.records):
        quick = read_records(some, shared.source, shared.correlation_id, terms)
        if quick is not None:
            yield quick
            continue
        for record in some:
            try:
                yield _event(record, shared, terms)
            except Refused as refused:
                yield _Bad(refused, partial(_alone, origin, scope, record, shared.source, terms))


def _alone(origin: Origin, scope: Scope, record: bytes, source: str, terms: Acceptance) -> Alone:
    parts = (part[: terms.longest] for part in (origin.resource, scope.scope, record))
    return Alone.within(terms.longest, FORM, alone(*parts), source)


def _event(data: bytes, shared: _Shared, terms: Acceptance) -> Event:
    record = _parsed(LogRecord, data, terms)
    attributes = members(record.attributes)
    stated, own_id, uid, cause = (attributes.pop(key, None) for key in _FIELDS)
    if record.body.HasField("kvlist_value"):
        attributes = members(record.body.kvlist_value.values) | attributes
    reading = Reading.of(shared.source, attributes, terms)
    stated = record.event_name or stated
    if not stated and not reading.maps("name"):
        raise NoEvent("event_name", NO_EVENT_NAME)
    trace_id = check_text("trace_id", hex_of(record.trace_id))
    own_id = shared.correlation_id if own_id is None else own_id
    correlation_id = reading.correlation_id(own_id, trace_id, attributes.get("baggage"))
    name = reading.name(stated)
    id_, causation_id = reading.text("id", uid), reading.text("causation_id", cause)
    time_ns = _time(record, reading)
    time = terms.check_time(time_ns // 1_000)
    encoded = msgspec.json.encode(attributes)
    terms.check_size(encoded)
    text = encoded.decode()
    return Event(
        id_ or content_id(shared.source, name, time_ns, correlation_id, text),
        correlation_id,
        name,
        time,
        shared.source,
        text,
        causation_id,
        trace_id,
        check_text("span_id", hex_of(record.span_id)),
        terms.now,
    )


def _time(record: LogRecord, reading: Reading) -> int:
    """In ns."""
    mapped = reading.mapped_time()
    time_ns = record.time_unix_nano or record.observed_time_unix_nano if mapped is None else mapped * 1_000
    if not time_ns:
        raise Refused("time", "missing")
    return time_ns


def _parsed(message: type[M], data: bytes, terms: Acceptance) -> M:
    if len(data) > terms.longest:
        raise Refused("", f"{message.DESCRIPTOR.name} longer than {terms.longest:,} bytes")
    try:
        return message.FromString(data)
    except DecodeError:
        raise Refused("", f"the bytes are no {message.DESCRIPTOR.name} of OTLP") from None
