"""The log records of one scope at once, if all of them are plainly good events, as nearly all are."""

from collections.abc import Sequence

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from collector.acceptance import Acceptance, check_name
from collector.columns import Odd, check_times, checked, correlation_ids, distinct, identified
from collector.errors import Refused
from collector.otlp.values import Natural, hex_of, members
from store.event import EventColumns


def read_records(records: Sequence[bytes], source: str, stated: Natural, terms: Acceptance) -> EventColumns | None:
    """The events in these records. `stated`: the correlation ID of those that have none of their own.

    `None`, where any of them is odd, or the source has a mapping: look at each carefully.
    """
    if not records or (terms.sources and terms.sources.of(source) is not None):
        return None
    try:
        return _columns(records, source, stated, terms)
    except (Odd, Refused, DecodeError, RecursionError):
        return None


def _columns(records: Sequence[bytes], source: str, stated: Natural, terms: Acceptance) -> EventColumns:
    if max(map(len, records)) > terms.max_event:
        raise Odd
    parsed = list(map(LogRecord.FromString, records))
    if any(record.HasField("body") and record.body.HasField("kvlist_value") for record in parsed):
        raise Odd
    attributes = [members(record.attributes) for record in parsed]
    times_ns = [record.time_unix_nano or record.observed_time_unix_nano for record in parsed]
    if 0 in times_ns:
        raise Odd
    events = EventColumns(  # `attributes` behind what takes fields out of them
        id=checked("id", _taken(attributes, "log.record.uid", "")),
        correlation_id=correlation_ids(_taken(attributes, "correlation.id", stated)),
        name=_names(parsed, attributes),
        time=[time_ns // 1_000 for time_ns in times_ns],
        source=[source] * len(parsed),
        causation_id=checked("causation_id", _taken(attributes, "causation.id", "")),
        trace_id=checked("trace_id", [hex_of(record.trace_id) for record in parsed]),
        span_id=checked("span_id", [hex_of(record.span_id) for record in parsed]),
        attributes=_encoded(attributes, terms),
        received_at=[terms.now] * len(parsed),
    )
    check_times(events.time, terms)
    return identified(events, times_ns)


def _encoded(attributes: Sequence[dict[str, Natural]], terms: Acceptance) -> list[str]:
    texts = list(map(msgspec.json.encode, attributes))
    terms.check_size(max(texts, key=len))
    return [str(text, "utf-8") for text in texts]


def _names(records: Sequence[LogRecord], attributes: Sequence[dict[str, Natural]]) -> list[str]:
    """`event.name` is no attribute of the event, also where the record has a name of its own."""
    older = _taken(attributes, "event.name", "")
    return distinct([record.event_name or name for record, name in zip(records, older, strict=True)], check_name)


def _taken(attributes: Sequence[dict[str, Natural]], key: str, default: Natural) -> list[str]:
    """What each has under that key, no longer among its attributes."""
    values = [it.pop(key, default) for it in attributes]
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) < len(values):
        raise Odd
    return texts
