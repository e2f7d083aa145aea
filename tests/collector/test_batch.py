"""What was refused is kept by itself: the decoder that refused it says the same of it, and takes it once it may."""

import json
from dataclasses import replace

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from collector.acceptance import Acceptance
from collector.batch import MOST_KEPT, Alone, Batch
from collector.errors import Refused
from collector.json.body import decode_json, decode_ndjson
from collector.json.lines import plain_lines
from collector.otlp.logs import decode_logs
from store.event import DAY
from tests.collector.otlp import records as otlp

GOOD = {"correlation_id": "o-1", "name": "A", "time": "2025-11-20T12:00:00Z", "source": "shop"}
LATER = GOOD | {"time": "2025-11-30T12:00:00Z"}


def test_of_an_array_the_text_of_each_object_is_kept(terms: Acceptance) -> None:
    batch = decode_json(json.dumps([GOOD, LATER, {"nothing": 1}, 7]).encode(), terms)
    assert [json.loads(kept.alone.data) for kept in batch.kept] == [LATER, {"nothing": 1}, 7]
    assert [kept.alone.source for kept in batch.kept] == ["shop", "json", ""]
    assert [(kept.field, kept.reason) for kept in batch.kept] == [(bad.field, bad.reason) for bad in batch.rejected]


def test_of_lines_each_is_kept_and_of_one_that_is_too_long_its_beginning(terms: Acceptance) -> None:
    long = b'{"name": "' + b"x" * terms.longest + b'"}'
    batch = decode_ndjson(b"rubbish\n" + long + b"\n" + json.dumps(LATER).encode(), terms)
    assert [kept.alone.cut for kept in batch.kept] == [False, True, False]
    assert [kept.alone.data for kept in batch.kept] == [b"rubbish", long[: terms.longest], json.dumps(LATER).encode()]


def test_what_is_kept_of_json_is_taken_once_it_may_be(terms: Acceptance) -> None:
    kept = decode_json(json.dumps([LATER]).encode(), terms).kept[0]
    assert decode_json(kept.alone.data, terms).rejected[0].reason == kept.reason
    (event,) = decode_json(kept.alone.data, replace(terms, latest=terms.now + 30 * DAY)).events
    assert (event.source, event.correlation_id) == ("shop", "o-1")


def test_a_log_record_is_kept_with_its_resource_and_scope(terms: Acceptance) -> None:
    message = ExportLogsServiceRequest()
    otlp.add(
        message,
        otlp.record(),
        otlp.record({"correlation.id": "undefined"}),
        resource={"region": "eu"},
        scope={"library": "x"},
    )
    otlp.add(message, otlp.record({"correlation.id": "null"}))
    batch = decode_logs(message.SerializeToString(), terms)
    assert [kept.alone.source for kept in batch.kept] == ["shop", "shop"]
    for place, kept in zip([0, 1], batch.kept, strict=True):
        again = ExportLogsServiceRequest.FromString(kept.alone.data).resource_logs[0]
        assert again.resource == message.resource_logs[place].resource
        assert again.scope_logs[0].scope == message.resource_logs[place].scope_logs[0].scope
        assert again.scope_logs[0].log_records[0] == message.resource_logs[place].scope_logs[0].log_records[-1]
        assert decode_logs(kept.alone.data, terms).kept == [kept]


@pytest.mark.parametrize("resource", [{"service.name": 7}, {"service.name": "noshow"}])
def test_so_is_one_whose_resource_is_bad(terms: Acceptance, resource: dict[str, object]) -> None:
    (kept,) = decode_logs(otlp.request(otlp.record(), resource=resource), terms).kept
    assert (kept.field, kept.alone.source) == ("source", "")
    assert decode_logs(kept.alone.data, terms).kept == [kept]


def test_a_batch_holds_on_to_a_bounded_number_of_bytes(terms: Acceptance) -> None:
    message = ExportLogsServiceRequest()
    records = [otlp.record({"correlation.id": "null"})] * 1_000
    otlp.add(message, *records, resource={"big": "x" * 300_000})
    batch = decode_logs(message.SerializeToString(), terms)
    assert len(batch.rejected) == 1_000
    assert MOST_KEPT <= sum(len(kept.alone.data) for kept in batch.kept) <= MOST_KEPT + terms.longest


def test_what_there_is_no_room_for_is_not_even_made() -> None:
    batch = Batch()
    for _ in range(3):
        batch.refuse(0, Refused("name", "empty"), lambda: Alone("json", b"x" * MOST_KEPT))
    assert (len(batch.rejected), len(batch.kept)) == (3, 1)


def test_events_that_are_still_to_be_read_are_counted_by_source_as_others_are(terms: Acceptance) -> None:
    event = '{"id":"e-1","correlation_id":"o-1","name":"A","time":"2025-11-20T12:00:00Z","source":"%s"}'
    body = "\n".join(event % source for source in ("shop", "bank", "shop")).encode()
    for batch in (Batch(lines=plain_lines(body, terms)), decode_ndjson(body, terms)):
        assert (batch.accepted, dict(batch.sources)) == (3, {"shop": 2, "bank": 1})
