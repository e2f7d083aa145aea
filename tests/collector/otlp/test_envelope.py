"""The outer messages against opentelemetry-proto's own."""

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from collector.otlp.envelope import origins
from tests.collector.otlp import records as otlp


def test_what_is_inside_is_what_the_real_messages_say() -> None:
    message = ExportLogsServiceRequest()
    for number in range(3):
        records = [otlp.record({"number": number, "place": place}) for place in range(number)]
        otlp.add(message, *records, resource={"service.name": f"s-{number}"}, scope={"number": number})
        message.resource_logs[number].schema_url = "https://example.com/schema"
        message.resource_logs[number].scope_logs.add().log_records.append(otlp.record())
    expected = [
        (logs.resource, scope_logs.scope, list(scope_logs.log_records))
        for logs in message.resource_logs
        for scope_logs in logs.scope_logs
    ]
    found = [
        (
            Resource.FromString(origin.resource),
            InstrumentationScope.FromString(scope.scope),
            [LogRecord.FromString(record) for record in scope.records],
        )
        for origin in origins(message.SerializeToString(), most=100)
        for scope in origin.scopes
    ]
    assert found == expected
