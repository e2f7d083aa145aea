"""OTLP's messages as JSON has them, with what is read of them, and as the protobuf messages that they stand for.

As OTLP says of JSON: names in lowerCamelCase, unknown ones ignored; trace and span ids in hex; 64-bit integers as text
or numbers; enums as numbers; null is as good as absent.
"""

import binascii
from collections.abc import Iterable

import msgspec
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from collector.errors import Refused

Integer = int | str | None
Texts = str | None


class Message(msgspec.Struct, rename="camel", gc=False):
    """Of which unknown members are ignored."""


class Value(Message):
    string_value: Texts = None
    bool_value: bool | None = None
    int_value: Integer = None
    double_value: int | float | str | None = None
    array_value: "Values | None" = None
    kvlist_value: "Pairs | None" = None
    bytes_value: Texts = None

    def message(self) -> AnyValue:
        made = AnyValue()
        if self.string_value is not None:
            made.string_value = self.string_value
        elif self.bool_value is not None:
            made.bool_value = self.bool_value
        elif self.int_value is not None:
            made.int_value = integer(self.int_value)
        elif self.double_value is not None:
            made.double_value = float(self.double_value)
        elif self.array_value is not None:
            made.array_value.CopyFrom(self.array_value.message())
        elif self.kvlist_value is not None:
            made.kvlist_value.CopyFrom(self.kvlist_value.message())
        elif self.bytes_value is not None:
            made.bytes_value = base64(self.bytes_value)
        return made


class Values(Message):
    values: list[Value] | None = None

    def message(self) -> ArrayValue:
        return ArrayValue(values=[value.message() for value in self.values or ()])


class Pair(Message):
    key: Texts = None
    value: Value | None = None

    def message(self) -> KeyValue:
        return KeyValue(key=self.key or "", value=value_of(self.value))


class Pairs(Message):
    values: list[Pair] | None = None

    def message(self) -> KeyValueList:
        return KeyValueList(values=pairs(self.values))


class Attributes(Message):
    """Of a resource, or of an instrumentation scope."""

    attributes: list[Pair] | None = None

    def resource(self) -> Resource:
        return Resource(attributes=pairs(self.attributes))

    def scope(self) -> InstrumentationScope:
        return InstrumentationScope(attributes=pairs(self.attributes))


class Record(Message):
    event_name: Texts = None
    time_unix_nano: Integer = None
    observed_time_unix_nano: Integer = None
    attributes: list[Pair] | None = None
    body: Value | None = None
    trace_id: Texts = None
    span_id: Texts = None

    def message(self) -> LogRecord:
        return LogRecord(
            event_name=self.event_name or "",
            time_unix_nano=integer(self.time_unix_nano),
            observed_time_unix_nano=integer(self.observed_time_unix_nano),
            attributes=pairs(self.attributes),
            body=value_of(self.body),
            trace_id=identifier("traceId", self.trace_id, 16),
            span_id=identifier("spanId", self.span_id, 8),
        )


class SpanEvent(Message):
    name: Texts = None
    time_unix_nano: Integer = None
    attributes: list[Pair] | None = None

    def message(self) -> Span.Event:
        return Span.Event(
            name=self.name or "", time_unix_nano=integer(self.time_unix_nano), attributes=pairs(self.attributes)
        )


class SpanStatus(Message):
    code: int | None = None


class TraceSpan(Message):
    name: Texts = None
    start_time_unix_nano: Integer = None
    end_time_unix_nano: Integer = None
    attributes: list[Pair] | None = None
    events: list[SpanEvent] | None = None
    status: SpanStatus | None = None
    trace_id: Texts = None
    span_id: Texts = None

    def message(self) -> Span:
        return Span(
            name=self.name or "",
            start_time_unix_nano=integer(self.start_time_unix_nano),
            end_time_unix_nano=integer(self.end_time_unix_nano),
            attributes=pairs(self.attributes),
            events=[event.message() for event in self.events or ()],
            status=None if self.status is None else Status(code=self.status.code),  # type: ignore[arg-type]  # an int
            trace_id=identifier("traceId", self.trace_id, 16),
            span_id=identifier("spanId", self.span_id, 8),
        )


def value_of(given: Value | None) -> AnyValue | None:
    return None if given is None else given.message()


def pairs(given: Iterable[Pair] | None) -> list[KeyValue]:
    return [pair.message() for pair in given or ()]


def integer(value: Integer) -> int:
    """Raises `ValueError` for text that is no whole number."""
    return int(value or 0)


def base64(text: str) -> bytes:
    """Raises `ValueError`."""
    return binascii.a2b_base64(text, strict_mode=True)


def identifier(field: str, text: Texts, size: int) -> bytes:
    """So many bytes written in hex, or none. Raises `Refused`."""
    try:
        found = binascii.unhexlify(text or "")
    except ValueError:
        found = b"?"
    if len(found) not in (0, size):
        raise Refused(field, f"expected {2 * size} hex digits")
    return found
