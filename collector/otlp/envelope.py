"""The outer messages of an OTLP logs request, with everything inside them left as bytes.

opentelemetry-proto's own messages parse a whole request at once, which takes up to 60 bytes of memory for one on the
wire, and one broken record breaks all. These have the same field numbers, and bytes where the others have messages, so
that records can be counted, and parsed one by one. See opentelemetry/proto/logs/v1/logs.proto.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, cast

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from collector.errors import BodyTooLarge, MalformedBody


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


def origins(body: bytes, most: int) -> Iterator[Origin]:
    """What an ExportLogsServiceRequest holds, resource by resource.

    Raises `MalformedBody` where it is none, `BodyTooLarge` after `most` records (or scopes, or resources).
    """
    count = 0
    try:
        request = cast(_Request, _parse["Request"](body))
        _check(len(request.resource_logs), most)
        for resource_bytes in request.resource_logs:
            logs = cast(_ResourceLogs, _parse["ResourceLogs"](resource_bytes))
            _check(len(logs.scope_logs), most)
            origin = Origin(logs.resource, tuple(map(_scope, logs.scope_logs)))
            count += origin.count
            _check(count, most)
            yield origin
    except DecodeError:
        raise MalformedBody("the body is no ExportLogsServiceRequest of OTLP in protobuf") from None


def alone(resource: bytes, scope: bytes, record: bytes) -> bytes:
    """An ExportLogsServiceRequest that holds this one record."""
    scope_logs = _MESSAGE["ScopeLogs"](scope=scope, log_records=[record]).SerializeToString()
    logs = _MESSAGE["ResourceLogs"](resource=resource, scope_logs=[scope_logs]).SerializeToString()
    request: bytes = _MESSAGE["Request"](resource_logs=[logs]).SerializeToString()
    return request


def _scope(data: bytes) -> Scope:
    logs = cast(_ScopeLogs, _parse["ScopeLogs"](data))
    return Scope(logs.scope, tuple(logs.log_records))


def _check(count: int, most: int) -> None:
    if count > most:
        raise BodyTooLarge(f"more than {most:,} log records in one request")


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
