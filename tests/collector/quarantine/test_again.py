"""What was refused is read again as the settings are today, and within what its sender may say."""

import json
from dataclasses import replace

import pytest

from collector.acceptance import Acceptance
from collector.batch import Decoder
from collector.cloudevents.body import decode_structured
from collector.errors import MalformedBody
from collector.json.body import decode_json, decode_ndjson
from collector.mapping.message import Message
from collector.otlp.envelope import alone
from collector.otlp.json import decode_logs_json, decode_traces_json
from collector.otlp.logs import decode_logs
from collector.otlp.traces import decode_traces
from collector.quarantine.again import DECODERS, Again, decoded
from collector.quarantine.context import Context, written
from store.event import DAY, Event
from store.quarantine import Content, Why
from store.settings_sources import Sources
from tests.collector.conftest import LIMITS
from tests.collector.mapping.mappings import mapped, mapped_terms
from tests.collector.otlp import records as otlp
from tests.conftest import NOON

LATER = {"correlation_id": "o-1", "name": "A", "time": "2025-11-30T12:00:00Z", "source": "bank"}
AHEAD = replace(LIMITS, max_ahead=30 * DAY)


def content(data: bytes, form: str = "json", **more: object) -> Content:
    return Content("id", form, str(more.get("context", "")), "", "", data, bool(more.get("cut")))


def event(told: object) -> Event:
    assert isinstance(told, list)
    [it] = told
    assert isinstance(it, Event)
    return it


def test_it_is_refused_for_as_long_as_the_settings_say_so() -> None:
    data = json.dumps(LATER).encode()
    assert Again(LIMITS)(content(data), NOON) == Why(
        "time",
        "lies 10 d in the future; at most 24 h is accepted",
        "time: lies … in the future; at most … is accepted",
    )
    taken = event(Again(AHEAD)(content(data), NOON))
    assert (taken.source, taken.correlation_id, taken.received_at) == ("bank", "o-1", NOON)


def test_what_is_taken_twice_is_one_event_whenever_that_is() -> None:
    data = json.dumps(LATER).encode()
    first, second = (event(Again(AHEAD)(content(data), now)) for now in (NOON, NOON + DAY))
    assert (first.id, first.source, first.time, first.name) == (second.id, second.source, second.time, second.name)


def test_a_log_record_is_read_with_its_resource() -> None:
    data = otlp.request(otlp.record({"amount": 1}), resource={"service.name": "bank"})
    taken = event(Again(LIMITS)(content(data, "otlp-logs"), NOON))
    assert (taken.source, taken.correlation_id, taken.attributes) == ("bank", "o-1", '{"amount":1}')


def test_whoever_speaks_for_one_source_only_does_so_afterwards_too() -> None:
    bound = content(json.dumps(LATER).encode(), context=written(Context("shop")))
    told = Again(AHEAD)(bound, NOON)
    assert isinstance(told, Why)
    assert told.reason == '"bank" is another than "shop", which the token is for'


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (content(b"{}", cut=True), "only its beginning was kept: it was too long"),
        (content(b"{}", "carrier pigeon"), "nothing can read it"),
        (content(b"[", "json"), "line 1, column 2: the array does not end"),
    ],
)
def test_what_can_not_be_read_says_why(given: Content, reason: str) -> None:
    told = Again(LIMITS)(given, NOON)
    assert isinstance(told, Why)
    assert told.reason == reason


def test_of_a_whole_body_all_is_taken_or_nothing() -> None:
    good = LATER | {"time": "2025-11-20T12:00:00Z"}
    both = Again(LIMITS)(content(json.dumps([good, good | {"name": "B"}]).encode()), NOON)
    assert isinstance(both, list)
    assert [it.name for it in both] == ["A", "B"]
    assert isinstance(Again(LIMITS)(content(json.dumps([good, LATER]).encode()), NOON), Why)


def test_what_a_mapping_could_not_read_it_reads_once_it_is_mended() -> None:
    places = {"correlation_id": "$message.header#/Order", "name": "/type", "time": "/at"}
    message = Message([(b"order", b"o-1"), (b"Authorization", b"secret")])
    broken = mapped_terms(mapped("pay", {**places, "name": "/kind"}), stated="pay", message=message)
    [kept] = decode_ndjson(b'{"type": "A", "at": "2025-11-20T12:00:00Z"}', broken).kept
    context = written(Context.of(broken))
    assert "secret" not in context
    assert Context.of(broken).headers == ((b"order", b"o-1"),)
    mended = replace(LIMITS, sources=Sources((mapped("pay", places),)))
    taken = event(Again(mended)(content(kept.alone.data, context=context), NOON))
    assert (taken.correlation_id, taken.name, taken.source) == ("o-1", "A", "pay")


@pytest.mark.parametrize(("decode", "form"), [(decode_json, "json"), (decode_logs, "otlp-logs")])
def test_a_malformed_body_goes_along_with_its_error(decode: Decoder, form: str, terms: Acceptance) -> None:
    with pytest.raises(MalformedBody) as caught:
        decoded(decode, b"\xff", terms)
    assert (caught.value.body, caught.value.form) == (b"\xff", form)


def test_every_form_has_a_decoder(terms: Acceptance) -> None:
    bad = [
        decode_ndjson(b"{}", terms),
        decode_structured(b"{}", terms),
        decode_logs(otlp.request(otlp.record({"correlation.id": ""})), terms),
        decode_logs_json(b'{"resourceLogs": [{"scopeLogs": [{"logRecords": [7]}]}]}', terms),
        decode_traces(alone(b"", b"", b"\xff"), terms),
        decode_traces_json(b'{"resourceSpans": [{"scopeSpans": [{"spans": [7]}]}]}', terms),
    ]
    assert {kept.alone.form for batch in bad for kept in batch.kept} == set(DECODERS)


def test_testimony_from_outside_is_refused_afterwards_too() -> None:
    told = Again(AHEAD)(content(json.dumps(LATER | {"source": "noshow"}).encode()), NOON)
    assert isinstance(told, Why)
    assert told.field == "source"
