"""Documents of a source's own making, and events of Noshow's shape whose source has a mapping."""

from dataclasses import replace

import pytest

from collector.acceptance import Acceptance
from collector.batch import Batch
from collector.errors import Refused
from collector.json.attributes import NotJson
from collector.json.body import decode_json, decode_ndjson
from collector.json.event import read_event
from collector.mapping.message import Message
from store.event import Event
from store.location import location
from store.settings_sources import Sources, SourceSettings
from tests.collector.conftest import LIMITS
from tests.collector.mapping.mappings import mapped, mapped_terms
from tests.conftest import NOON

PLACES = {"correlation_id": "/order/id", "name": "/type", "time": "/created_at"}
PAYMENTS = mapped("payments", PLACES, rename={"payment.captured": "PaymentReceived"})
DOCUMENT = (
    b'{"id": "card-7", "type":"payment.captured", "created_at": "2025-11-20T12:00:00Z",'
    b' "order": {"id": 17, "total": 12.50}, "name": "Ada"}'
)


def terms(mapping: SourceSettings = PAYMENTS, message: Message | None = None) -> Acceptance:
    return mapped_terms(mapping, stated="payments", message=message)


def refusal(text: bytes, accept: Acceptance) -> str:
    with pytest.raises(Refused) as refused:
        read_event(text, accept)
    return str(refused.value)


def test_a_document_is_an_event_with_all_of_it_as_its_attributes() -> None:
    event = read_event(DOCUMENT, terms())
    assert event == Event(
        id=event.id,
        correlation_id="17",
        name="PaymentReceived",
        time=NOON,
        source="payments",
        attributes=DOCUMENT.decode(),
        received_at=NOON,
    )


def test_nothing_in_it_is_taken_for_a_field_that_the_mapping_does_not_name() -> None:
    event = read_event(DOCUMENT, terms())
    assert event.id != "card-7"
    assert read_event(DOCUMENT, terms()).id == event.id
    named = mapped("payments", {**PLACES, "id": "/id", "causation_id": "/order/total_id"})
    assert read_event(DOCUMENT, terms(named)).id == "card-7"
    assert "name: missing; nor is it at /kind" in refusal(
        DOCUMENT, terms(mapped("payments", {**PLACES, "name": "/kind"}))
    )


@pytest.mark.parametrize(
    ("place", "attributes"),
    [
        ("/order", '{"id": 17, "total": 12.50}'),
        ("/none", "{}"),
    ],
)
def test_a_part_of_it_can_be_the_attributes_to_the_digit(place: str, attributes: str) -> None:
    assert read_event(DOCUMENT, terms(with_attributes(place))).attributes == attributes


def test_that_part_may_be_deep_and_must_be_an_object() -> None:
    nested = DOCUMENT[:-1] + b', "items": [1, {"a/b": {"price": 1.10}}]}'
    assert read_event(nested, terms(with_attributes("/items/1/a~1b"))).attributes == '{"price": 1.10}'
    assert refusal(nested, terms(with_attributes("/items"))).startswith("attributes: expected an object at /items, got")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"[1]", "expected an object, got an array"),
        (DOCUMENT[:-1] + b', "x": NaN}', "attributes.x: NaN, Infinity"),
        (DOCUMENT[:-1] + b', "x": {"a": 1, "a": 2}}', "attributes.x.a: occurs more than once"),
        (DOCUMENT[:-1] + b', "x": "\\ud800"}', "attributes.x: holds half of a surrogate pair"),
        (DOCUMENT[:-1] + b', "x": "' + b"y" * (256 << 10) + b'"}', "are accepted"),
    ],
)
def test_what_the_store_could_not_read_is_refused(text: bytes, reason: str) -> None:
    assert reason in refusal(text, terms())


def test_what_is_no_json_is_said_to_be_none() -> None:
    with pytest.raises(NotJson):
        read_event(DOCUMENT[:-1], terms())


def test_documents_come_one_by_one_in_arrays_and_in_lines() -> None:
    bad = b'{"type": "x"}'
    for batch in (
        decode_json(b"[" + DOCUMENT + b"," + bad + b"]", terms()),
        decode_ndjson(DOCUMENT + b"\n" + bad, terms()),
    ):
        assert (batch.events.source, [it.index for it in batch.rejected]) == (["payments"], [1])
        [kept] = batch.kept
        assert (kept.alone.source, kept.alone.data) == ("payments", bad)


def test_a_token_of_one_source_says_which_mapping_it_is() -> None:
    limits = replace(LIMITS, sources=Sources((PAYMENTS,)))
    bound = Acceptance.at(NOON, limits, source="payments")
    assert read_event(DOCUMENT, bound.of("", Message())).source == "payments"
    other = Acceptance.at(NOON, limits, source="shop").of("payments", Message())
    assert refusal(DOCUMENT, other).startswith('source: "payments" is another than "shop"')


def test_baggage_is_of_a_document_that_came_alone() -> None:
    mapping = mapped("payments", {"name": "/type", "time": "/created_at"})
    message = Message([(b"baggage", b"correlation.id=o-1")])
    assert decode_json(DOCUMENT, terms(mapping, message)).events.correlation_id == ["o-1"]
    assert reasons(decode_json(b"[" + DOCUMENT + b"]", terms(mapping, message))) == [
        "missing; the baggage of a request with many events says nothing of one of them"
    ]


OWN = b'{"correlation_id": "c", "name": "N", "time": "2025-11-20T12:00:00Z", "source": "%s", "attributes": %s}'


def test_in_events_of_our_own_shape_a_mapping_leads_into_the_attributes() -> None:
    accept = mapped_terms(mapped("shop*", {"correlation_id": "order_no", "id": "/key"}, rename={"N": "Renamed"}))
    event = read_event(OWN % (b"shop-eu", b'{"order_no": 5, "key": "k"}'), accept)
    assert (event.correlation_id, event.id, event.name) == ("5", "k", "Renamed")
    assert event.attributes == '{"order_no": 5, "key": "k"}'
    assert read_event(OWN % (b"other", b'{"order_no": 5}'), accept).correlation_id == "c"


def test_fields_that_the_mapping_finds_may_be_left_out() -> None:
    accept = mapped_terms(mapped("shop", {"correlation_id": "order_no"}), stated="shop")
    text = b'{"name": "N", "time": "2025-11-20T12:00:00Z", "attributes": {"order_no": "o-1"}}'
    event = read_event(text, accept)
    assert (event.correlation_id, event.source) == ("o-1", "shop")
    assert refusal(text.replace(b"order_no", b"x"), accept) == "correlation_id: missing; nor is it at order_no"


def reasons(batch: Batch) -> list[str]:
    return [it.reason for it in batch.rejected]


def with_attributes(place: str) -> SourceSettings:
    return mapped("payments", PLACES, attributes=location(place))
