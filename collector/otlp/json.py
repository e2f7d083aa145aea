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
from collector.otlp.envelope import LOGS, TRACES, Kind, Origin, Scope, check_count, request
from collector.otlp.json_messages import Attributes, Record, TraceSpan
from collector.otlp.logs import decode_logs
from collector.otlp.places import Bad, put_back
from collector.otlp.traces import decode_traces

LOGS_FORM, TRACES_FORM = "otlp-logs-json", "otlp-traces-json"
"""What a record by itself is kept as: a request with its resource, its scope and nothing else but this record."""

NOTHING = Raw(b"{}")


class _Signal(NamedTuple):
    """`keys`: where resources, scopes and records are in the JSON."""

    kind: Kind
    form: str
    keys: tuple[str, str, str]
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
        resources, scopes, _ = self._signal.keys
        for entry in _list(_object(body), resources):
            members = _object(entry)
            resource = members.get("resource", NOTHING)
            yield Origin(
                _attributes(resource).resource().SerializeToString(),
                tuple(self._scope(resource, _object(scope)) for scope in _list(members, scopes)),
            )

    def _scope(self, resource: Raw, members: dict[str, Raw]) -> Scope:
        scope = members.get("scope", NOTHING)
        records = _list(members, self._signal.keys[2])
        made = [self._record(resource, scope, record) for record in records]
        return Scope(
            _attributes(scope).scope().SerializeToString(), tuple(record for record in made if record is not None)
        )

    def _record(self, resource: Raw, scope: Raw, record: Raw) -> bytes | None:
        """In protobuf; `None` where it can't be."""
        index, self._count = self._count, self._count + 1
        check_count(self._count, self._terms.max_batch, self._signal.kind)
        try:
            made = self._made(bytes(record))
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

    def _alone(self, resource: Raw, scope: Raw, record: Raw) -> Alone:
        resources, scopes, records = self._signal.keys
        inner = {"scope": scope, records: [record]}
        whole = {resources: [{"resource": resource, scopes: [inner]}]}
        return Alone.within(self._terms.longest, self._signal.form, msgspec.json.encode(whole))


_object = msgspec.json.Decoder(dict[str, Raw]).decode
_entries = msgspec.json.Decoder(list[Raw] | None).decode
_attributes_of = msgspec.json.Decoder(Attributes | None).decode
_record = msgspec.json.Decoder(Record).decode
_span = msgspec.json.Decoder(TraceSpan).decode


def _list(members: dict[str, Raw], key: str) -> list[Raw]:
    return _entries(members.get(key, b"null")) or []


def _attributes(text: Raw) -> Attributes:
    return _attributes_of(text) or Attributes()


_LOGS = _Signal(
    LOGS, LOGS_FORM, ("resourceLogs", "scopeLogs", "logRecords"), lambda text: _record(text).message(), decode_logs
)
_TRACES = _Signal(
    TRACES, TRACES_FORM, ("resourceSpans", "scopeSpans", "spans"), lambda text: _span(text).message(), decode_traces
)
