"""OTLP's requests in JSON: made the same requests in protobuf, record by record, and read as those."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import msgspec
from google.protobuf.message import Error as ProtobufError
from google.protobuf.message import Message
from msgspec import Raw

from collector.acceptance import Acceptance, printable
from collector.batch import Alone, Batch, Decoder
from collector.errors import MalformedBody, Refused
from collector.json.array import items
from collector.otlp.envelope import LOGS, TRACES, Kind, Origin, Scope, check_count, request
from collector.otlp.json_messages import Attributes, Record, TraceSpan
from collector.otlp.logs import decode_logs
from collector.otlp.places import Bad, put_back
from collector.otlp.traces import decode_traces

LOGS_FORM, TRACES_FORM = "otlp-logs-json", "otlp-traces-json"
"""What a record by itself is kept as: a request with its resource, its scope and nothing else but this record."""

ABSENT = Raw(b"null")


class _Level(msgspec.Struct, gc=False):
    """What is in a request, in a resource with its scopes, in a scope with its records."""

    resource: Raw = ABSENT
    scope: Raw = ABSENT


class _LogsLevel(_Level):
    resources: Raw = msgspec.field(default=ABSENT, name="resourceLogs")
    scopes: Raw = msgspec.field(default=ABSENT, name="scopeLogs")
    records: Raw = msgspec.field(default=ABSENT, name="logRecords")


class _SpansLevel(_Level):
    resources: Raw = msgspec.field(default=ABSENT, name="resourceSpans")
    scopes: Raw = msgspec.field(default=ABSENT, name="scopeSpans")
    records: Raw = msgspec.field(default=ABSENT, name="spans")


_AnyLevel = _LogsLevel | _SpansLevel


class _Signal(NamedTuple):
    """`level` reads one level of the JSON, and `message` a record in it. `keys`: of resources, scopes and records."""

    kind: Kind
    form: str
    keys: tuple[str, str, str]
    level: Callable[[bytes], _AnyLevel]
    message: Callable[[bytes], Message]
    decode: Decoder


def decode_logs_json(body: bytes, terms: Acceptance) -> Batch:
    """The events among the log records of a request in JSON. Raises `MalformedBody` or `BodyTooLarge`."""
    return _Request(_LOGS, terms).decoded(body)


def decode_traces_json(body: bytes, terms: Acceptance) -> Batch:
    """The events among the spans of a request in JSON. Raises `MalformedBody` or `BodyTooLarge`."""
    return _Request(_TRACES, terms).decoded(body)


class _Request:
    def __init__(self, signal: _Signal, terms: Acceptance) -> None:
        self._signal = signal
        self._terms = terms
        self._count = 0
        self._places: list[int] = []
        self._bad: list[Bad] = []

    def decoded(self, body: bytes) -> Batch:
        try:
            origins = list(self._origins(body))
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise MalformedBody(f"the body is no {self._signal.kind.request} of OTLP in JSON: {error}") from None
        return put_back(self._signal.decode(request(origins), self._terms), self._places, self._bad)

    def _origins(self, body: bytes) -> Iterator[Origin]:
        for level in self._levels(self._signal.level(body).resources):
            yield Origin(
                _attributes(level.resource).resource().SerializeToString(),
                tuple(self._scope(level.resource, scope) for scope in self._levels(level.scopes)),
            )

    def _levels(self, text: Raw) -> Iterator[_AnyLevel]:
        for count, entry in enumerate(self._entries(text), start=1):
            check_count(count, self._terms.max_batch, self._signal.kind)
            yield self._signal.level(entry)

    def _entries(self, text: Raw) -> Iterator[bytes]:
        """The elements of an array, one by one: as Python objects they may take fifty times their bytes."""
        array = bytes(text)
        if array == b"null":
            return
        if not array.startswith(b"["):
            raise MalformedBody(f"the body is no {self._signal.kind.request} of OTLP in JSON: expected an array")
        yield from items(array, self._terms.max_batch)

    def _scope(self, resource: Raw, level: _AnyLevel) -> Scope:
        made = [self._record(resource, level.scope, record) for record in self._entries(level.records)]
        return Scope(
            _attributes(level.scope).scope().SerializeToString(),
            tuple(record for record in made if record is not None),
        )

    def _record(self, resource: Raw, scope: Raw, record: bytes) -> bytes | None:
        """In protobuf; `None` where it can't be."""
        index, self._count = self._count, self._count + 1
        check_count(self._count, self._terms.max_batch, self._signal.kind)
        try:
            made = self._made(record)
        except Refused as refused:
            self._bad.append(Bad(index, refused, partial(self._alone, resource, scope, record)))
            return None
        self._places.append(index)
        return made

    def _made(self, text: bytes) -> bytes:
        if len(text) > self._terms.longest:
            raise Refused("", f"longer than {self._terms.longest:,} bytes, the most one may have")
        try:
            return self._signal.message(text).SerializeToString()
        except msgspec.DecodeError as error:
            reason, _, place = str(error).partition(" - at ")
            raise Refused(printable(place.strip("`").removeprefix("$").lstrip(".")), reason) from None
        except (RecursionError, ProtobufError):
            raise Refused("", "nested too deep") from None
        except ValueError as error:
            raise Refused("", printable(str(error))) from None

    def _alone(self, resource: Raw, scope: Raw, record: bytes) -> Alone:
        resources, scopes, records = self._signal.keys
        inner = {"scope": scope, records: [Raw(record)]}
        whole = {resources: [{"resource": resource, scopes: [inner]}]}
        return Alone.within(self._terms.longest, self._signal.form, msgspec.json.encode(whole))


_attributes_of = msgspec.json.Decoder(Attributes | None).decode
_record = msgspec.json.Decoder(Record).decode
_span = msgspec.json.Decoder(TraceSpan).decode


def _attributes(text: Raw) -> Attributes:
    return _attributes_of(text) or Attributes()


_LOGS = _Signal(
    LOGS,
    LOGS_FORM,
    ("resourceLogs", "scopeLogs", "logRecords"),
    msgspec.json.Decoder(_LogsLevel).decode,
    lambda text: _record(text).message(),
    decode_logs,
)
_TRACES = _Signal(
    TRACES,
    TRACES_FORM,
    ("resourceSpans", "scopeSpans", "spans"),
    msgspec.json.Decoder(_SpansLevel).decode,
    lambda text: _span(text).message(),
    decode_traces,
)
