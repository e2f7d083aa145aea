"""The outer messages of an OTLP request for logs or traces, with everything inside them left as bytes.

opentelemetry-proto's own messages parse a whole request at once, which takes up to 60 bytes of memory for one on the
wire, and one broken record breaks all. These have the same field numbers, and bytes where the others have messages, so
that records can be counted, and parsed one by one. See opentelemetry/proto/logs/v1/logs.proto; requests for traces are
built alike, with the same field numbers and spans for records.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from collector.errors import BodyTooLarge, MalformedBody
from collector.otlp.wire import count_fields


@dataclass(frozen=True, slots=True)
class Scope:
    """An instrumentation scope and its records, still to be parsed."""

    scope: bytes
    records: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """A resource, still to be parsed, and its scopes."""

    resource: bytes
    scopes: tuple[Scope, ...]

    @property
    def count(self) -> int:
        """How many records there are."""
        return sum(len(scope.records) for scope in self.scopes)


class Kind(NamedTuple):
    """A kind of request, in words: its name, and what it holds many of."""

    request: str
    many: str


LOGS = Kind("ExportLogsServiceRequest", "log records")
TRACES = Kind("ExportTraceServiceRequest", "spans")


class _Request(Protocol):
    resource_logs: list[bytes]


class _ResourceLogs(Protocol):
    resource: bytes
    scope_logs: list[bytes]


class _ScopeLogs(Protocol):
    scope: bytes
    log_records: list[bytes]


# Message -> (field number, name, whether it repeats).
_MESSAGES = {
    "Request": [(1, "resource_logs", True)],
    "ResourceLogs": [(1, "resource", False), (2, "scope_logs", True)],
    "ScopeLogs": [(1, "scope", False), (2, "log_records", True)],
}


LARGE = 1 << 20
"""Bytes of a message that is counted before it is parsed."""

FEW = 10
"""Fields of a message beside those that repeat."""


def origins(body: bytes, most: int, kind: Kind = LOGS) -> Iterator[Origin]:
    """What an ExportLogsServiceRequest, or an ExportTraceServiceRequest, holds, resource by resource.

    Raises `MalformedBody` where it is none, `BodyTooLarge` after `most` records (or scopes, or resources).
    """
    count = 0
    try:
        _check_fields(body, most, kind)
        request = cast(_Request, _parse["Request"](body))
        check_count(len(request.resource_logs), most, kind)
        for resource_bytes in request.resource_logs:
            _check_fields(resource_bytes, most, kind)
            logs = cast(_ResourceLogs, _parse["ResourceLogs"](resource_bytes))
            check_count(len(logs.scope_logs), most, kind)
            origin = Origin(logs.resource, tuple(_scope(data, most, kind) for data in logs.scope_logs))
            count += origin.count
            check_count(count, most, kind)
            yield origin
    except DecodeError:
        raise MalformedBody(f"the body is no {kind.request} of OTLP in protobuf") from None


def request(origins: Iterable[Origin]) -> bytes:
    """The request that holds them."""
    message = _MESSAGE["Request"](resource_logs=map(_resource_logs, origins))
    encoded: bytes = message.SerializeToString()
    return encoded


def alone(resource: bytes, scope: bytes, record: bytes) -> bytes:
    """A request that holds this one record."""
    return request([Origin(resource, (Scope(scope, (record,)),))])


def _resource_logs(origin: Origin) -> bytes:
    scopes = (
        _MESSAGE["ScopeLogs"](scope=scope.scope, log_records=scope.records).SerializeToString()
        for scope in origin.scopes
    )
    encoded: bytes = _MESSAGE["ResourceLogs"](resource=origin.resource, scope_logs=scopes).SerializeToString()
    return encoded


def _scope(data: bytes, most: int, kind: Kind) -> Scope:
    _check_fields(data, most, kind)
    logs = cast(_ScopeLogs, _parse["ScopeLogs"](data))
    return Scope(logs.scope, tuple(logs.log_records))


def _check_fields(data: bytes, most: int, kind: Kind) -> None:
    """Before a large message is parsed. Raises `BodyTooLarge` or `DecodeError`."""
    if len(data) > LARGE:
        check_count(count_fields(data, most + FEW) - FEW, most, kind)


def check_count(count: int, most: int, kind: Kind) -> None:
    """Raises `BodyTooLarge`."""
    if count > most:
        raise BodyTooLarge(f"more than {most:,} {kind.many} in one request")


def _file() -> FileDescriptorProto:
    file = FileDescriptorProto(name="noshow_otlp_envelope.proto", package="noshow", syntax="proto3")
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for number, name, repeats in fields:
            described.field.add(
                name=name,
                number=number,
                type=FieldDescriptorProto.TYPE_BYTES,
                label=FieldDescriptorProto.LABEL_REPEATED if repeats else FieldDescriptorProto.LABEL_OPTIONAL,
            )
    return file


def _messages() -> dict[str, type[Message]]:
    pool = DescriptorPool()
    pool.Add(_file())
    return {name: GetMessageClass(pool.FindMessageTypeByName(f"noshow.{name}")) for name in _MESSAGES}


_MESSAGE: dict[str, Any] = _messages()
_parse: dict[str, Callable[[bytes], Message]] = {name: message.FromString for name, message in _MESSAGE.items()}
