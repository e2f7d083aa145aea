"""OTLP requests for tests, built with opentelemetry-proto's own messages."""

from collections.abc import Mapping

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from tests.conftest import NOON

NOTHING: Mapping[str, object] = {}


def any_value(value: object) -> AnyValue:
    message = AnyValue()
    match value:
        case None:
            pass
        case bool():
            message.bool_value = value
        case int():
            message.int_value = value
        case float():
            message.double_value = value
        case str():
            message.string_value = value
        case bytes():
            message.bytes_value = value
        case list():
            message.array_value.SetInParent()
            message.array_value.values.extend(any_value(item) for item in value)
        case dict():
            message.kvlist_value.SetInParent()
            message.kvlist_value.values.extend(pairs(value))
        case _:
            raise TypeError(value)
    return message


def pairs(attributes: Mapping[str, object]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def record(
    attributes: Mapping[str, object] = NOTHING, *, event_name: str = "OrderPlaced", time_ns: int = NOON * 1_000
) -> LogRecord:
    """A record whose `correlation.id` is `o-1` unless given."""
    given: dict[str, object] = {"correlation.id": "o-1", **attributes}
    return LogRecord(event_name=event_name, time_unix_nano=time_ns, attributes=pairs(given))


def request(
    *records: LogRecord, resource: Mapping[str, object] = NOTHING, scope: Mapping[str, object] = NOTHING
) -> bytes:
    """One resource with one scope; its `service.name` is `shop` unless given."""
    message = ExportLogsServiceRequest()
    add(message, *records, resource=resource, scope=scope)
    return message.SerializeToString()


def add(
    message: ExportLogsServiceRequest,
    *records: LogRecord,
    resource: Mapping[str, object] = NOTHING,
    scope: Mapping[str, object] = NOTHING,
) -> None:
    logs = message.resource_logs.add()
    logs.resource.attributes.extend(pairs({"service.name": "shop", **resource}))
    scope_logs = logs.scope_logs.add()
    scope_logs.scope.attributes.extend(pairs(scope))
    scope_logs.log_records.extend(records)
