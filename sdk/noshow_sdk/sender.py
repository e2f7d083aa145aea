"""Events to the server, by the OTLP/HTTP exporter of OpenTelemetry, and what the server says to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from typing import Any, Protocol

import requests
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # its package has no py.typed
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, Context, set_value
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import TraceFlags

from noshow_sdk.configuration import Configuration
from noshow_sdk.correlation import CAUSATION, CORRELATION, attached
from noshow_sdk.event import Event

SCOPE = InstrumentationScope("noshow_sdk")
ID = "log.record.uid"
PROTOBUF = "application/x-protobuf"

# About what was sent, if it is the server that says so: a proxy may mean its own affairs. 413 is, whoever says it. All
# else may pass: a token can be made valid.
_REFUSALS, _TOO_LARGE = frozenset((400, 422)), 413


class Verdict(Enum):
    TAKEN = auto()
    """All of them are stored."""
    PARTLY = auto()
    """All are stored but some, and the server won't take those. It does not say which in a form for machines."""
    REFUSED = auto()
    """None is stored, and the server won't take these."""
    LATER = auto()
    """None may be stored; the same can be sent again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`refused` of the events were; `retry_after` is seconds."""

    verdict: Verdict
    refused: int = 0
    reason: str = ""
    retry_after: float = 0.0


_NOT_OTLP = Answer(Verdict.LATER, reason="the answer is none of OTLP: is the endpoint that of a Noshow server?")
_CLOSED = Answer(Verdict.LATER, reason="it was shut down")


class Sends(Protocol):
    def send(self, events: Sequence[Event]) -> Answer: ...

    def close(self) -> None: ...


class Sender:
    """One connection to the server, for the one thread that sends. `close` may be called from another."""

    def __init__(self, configuration: Configuration) -> None:
        """Of a completed configuration. What takes time is done when something is sent."""
        self._configuration = configuration
        self._session = _Session()
        self._closed = False

    @cached_property
    def _resource(self) -> Resource:
        # Not `Resource.create`: it asks in threads, which can't be started any more when the process ends.
        return OTELResourceDetector().detect().merge(Resource({"service.name": self._configuration.service}))

    @cached_property
    def _exporter(self) -> OTLPLogExporter:
        configured = self._configuration
        headers = {"Authorization": f"Bearer {configured.token}"} if configured.token else None
        return OTLPLogExporter(
            endpoint=configured.endpoint, headers=headers, timeout=configured.timeout, session=self._session
        )

    def send(self, events: Sequence[Event]) -> Answer:
        """What the server answers, or what follows from its silence. Nothing that happens on the network raises."""
        if self._closed:
            return _CLOSED
        self._session.forget()
        with attached(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True)):  # no traces of our own requests
            result = self._exporter.export([_record(event, self._resource) for event in events])
        if result is LogRecordExportResult.SUCCESS:
            return _success(self._session.heard)
        if self._session.heard is None:
            return self._unheard(len(events))
        return _failure(self._session.heard, len(events))

    def _unheard(self, events: int) -> Answer:
        if self._closed:
            return _CLOSED
        if not self._session.trouble:
            return Answer(Verdict.REFUSED, events, "it can't be encoded")  # says the exporter, in the log
        return Answer(Verdict.LATER, reason=f"the server can't be reached: {self._session.trouble}")

    def close(self) -> None:
        """What is being sent is not tried again."""
        self._closed = True
        if "_exporter" in self.__dict__:  # else nothing was sent yet
            self._exporter.shutdown()  # type: ignore[no-untyped-call]  # of OpenTelemetry


class _Session(requests.Session):
    """Remembers how the last request went, which the exporter doesn't tell."""

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        self.heard: requests.Response | None = None
        self.trouble = ""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        self.forget()
        try:
            self.heard = super().send(request, **options)
        except requests.RequestException as error:
            self.trouble = type(error).__name__
            raise
        return self.heard


def _record(event: Event, resource: Resource) -> ReadableLogRecord:
    attributes = {**event.attributes, CORRELATION: event.correlation_id, ID: event.id}
    if event.causation_id:
        attributes[CAUSATION] = event.causation_id
    record = LogRecord(
        timestamp=event.time,
        context=Context(),
        severity_number=SeverityNumber.INFO,
        attributes=attributes,
        event_name=event.name,
    )
    record.trace_id, record.span_id, record.trace_flags = event.trace_id, event.span_id, TraceFlags.get_default()
    return ReadableLogRecord(record, resource, SCOPE)


def _success(response: requests.Response | None) -> Answer:
    """The exporter is content with any answer below 400, a redirection or a proxy's page as well."""
    try:
        if response is None or response.status_code != 200 or response.headers.get("Content-Type") != PROTOBUF:
            return _NOT_OTLP
        partial = ExportLogsServiceResponse.FromString(response.content).partial_success
    except DecodeError:
        return _NOT_OTLP
    if partial.rejected_log_records:
        return Answer(Verdict.PARTLY, partial.rejected_log_records, partial.error_message)
    return Answer(Verdict.TAKEN)


def _failure(response: requests.Response, events: int) -> Answer:
    reason = f"HTTP {response.status_code}: {_detail(response)}"
    by_the_server = response.headers.get("Content-Type") == PROTOBUF
    if response.status_code == _TOO_LARGE or (by_the_server and response.status_code in _REFUSALS):
        return Answer(Verdict.REFUSED, events, reason)
    return Answer(Verdict.LATER, reason=reason, retry_after=_seconds(response.headers.get("Retry-After", "")))


def _detail(response: requests.Response) -> str:
    """What the server says, if it says it as OTLP has it."""
    if response.headers.get("Content-Type") == PROTOBUF:
        try:
            return str(Status.FromString(response.content).message)
        except DecodeError:
            pass
    return response.reason or "no reason given"


def _seconds(retry_after: str) -> float:
    """0 where the header is absent or a date: the backoff does then."""
    return float(retry_after) if retry_after.isdecimal() else 0.0
