"""Which of the places counts where a field can be found in several, and what is said where it is in none."""

from dataclasses import replace

import pytest

from collector.acceptance import Acceptance
from collector.errors import Refused
from collector.mapping.message import Message
from collector.mapping.reading import Reading
from store.event import SECOND
from store.settings_sources import SourceSettings
from tests.collector.mapping.mappings import mapped, mapped_terms
from tests.conftest import NOON

BAGGAGE = (b"Baggage", b"correlation.id=carried")
IN_ORDER = mapped("shop", {"correlation_id": ["/order/id", "$message.header#/order-id", "order_no"]})


def reading(payload: object, mapping: SourceSettings = IN_ORDER, message: Message | None = None) -> Reading:
    return Reading.of("shop", payload, mapped_terms(mapping, message=message))


def refusal(terms: Acceptance, payload: object = None) -> str:
    with pytest.raises(Refused) as refused:
        Reading.of("shop", payload, terms).correlation_id(None)
    assert refused.value.field == "correlation_id"
    return refused.value.reason


def test_the_first_place_of_the_mapping_that_holds_something_counts() -> None:
    message = Message(headers=[(b"Order-Id", b"in header")])
    everywhere = {"order": {"id": "by pointer"}, "order_no": "by name"}
    assert reading(everywhere, message=message).correlation_id("stated") == "by pointer"
    assert reading({**everywhere, "order": {"id": None}}, message=message).correlation_id("stated") == "in header"
    assert reading({**everywhere, "order": {"id": ""}}).correlation_id("stated") == "by name"
    assert reading({}).correlation_id("stated") == "stated"


def test_a_mapping_may_put_what_the_event_says_first() -> None:
    mapping = mapped("shop", {"correlation_id": ["$event", "order_no"]})
    assert reading({"order_no": "o-2"}, mapping).correlation_id("o-1") == "o-1"
    assert reading({"order_no": "o-2"}, mapping).correlation_id(None) == "o-2"


def test_then_the_baggage_then_the_trace_and_that_only_where_it_is_set() -> None:
    message = Message(headers=[BAGGAGE], single=True)
    trusting = replace(IN_ORDER, trace_id=True)
    assert reading({}, message=message).correlation_id("stated", "trace") == "stated"
    assert reading({}, message=message).correlation_id("", "trace") == "carried"
    assert reading({}, message=message).correlation_id(None, "trace", "correlation.id=own") == "own"
    assert reading({}, trusting, message).correlation_id(None, "trace") == "carried"
    assert reading({}, trusting).correlation_id(None, "trace") == "trace"
    with pytest.raises(Refused, match="missing"):
        reading({}).correlation_id(None, "trace")


def test_whether_a_trace_id_counts_is_said_for_all_sources_or_for_one() -> None:
    everywhere = replace(mapped_terms(replace(IN_ORDER, trace_id=False)), trace_id=True)
    assert Reading.of("other", {}, everywhere).correlation_id(None, "trace") == "trace"
    with pytest.raises(Refused, match="missing"):
        Reading.of("shop", {}, everywhere).correlation_id(None, "trace")


def test_baggage_of_a_message_with_many_events_is_not_that_of_one_of_them() -> None:
    assert "the baggage of a request with many events" in refusal(mapped_terms(message=Message([BAGGAGE])))
    assert refusal(mapped_terms()) == "missing"


def test_what_is_missing_says_where_it_was_looked_for() -> None:
    assert refusal(mapped_terms(IN_ORDER)) == "missing; nor is it at /order/id or $message.header#/order-id or order_no"
    alone = mapped_terms(IN_ORDER).single()
    assert refusal(alone).endswith("or order_no or correlation.id of the baggage")
    assert refusal(mapped_terms().single()) == "missing; nor is it at correlation.id of the baggage"


@pytest.mark.parametrize("value", [True, 1.5, ["o-1"], {"id": 1}])
def test_what_is_neither_text_nor_a_whole_number_is_refused(value: object) -> None:
    assert "expected text or a whole number at /order/id, got" in refusal(
        mapped_terms(IN_ORDER), {"order": {"id": value}}
    )


def test_a_whole_number_is_its_digits() -> None:
    assert reading({"order": {"id": 4711}}).correlation_id(None) == "4711"
    assert reading({"order": {"id": 0}}).correlation_id(None) == "0"


def test_headers_and_keys_must_be_text() -> None:
    keyed = mapped("shop", {"correlation_id": "$message.key"})
    assert Reading.of("shop", {}, mapped_terms(keyed, message=Message(key="é".encode()))).correlation_id(None) == "é"
    assert "$message.key is not UTF-8" in refusal(mapped_terms(keyed, message=Message(key=b"\xff")))
    assert "at $message.key" in refusal(mapped_terms(keyed))


def test_what_identifies_nothing_is_refused_wherever_it_stands() -> None:
    assert "identifies nothing" in refusal(mapped_terms(IN_ORDER), {"order": {"id": "undefined"}})
    carried = Message([(b"baggage", b"correlation.id=null")], single=True)
    assert "identifies nothing" in refusal(mapped_terms(message=carried))


def test_names_are_renamed_wherever_they_come_from() -> None:
    renaming = mapped("shop", {"name": "type"}, rename={"payment.captured": "PaymentReceived"})
    assert reading({"type": "payment.captured"}, renaming).name("stated") == "PaymentReceived"
    assert reading({}, renaming).name("payment.captured") == "PaymentReceived"
    assert reading({"type": "Other"}, renaming).name(None) == "Other"
    with pytest.raises(Refused, match="name: missing; nor is it at type"):
        reading({}, renaming).name(None)


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("s", 1_763_640_000),
        ("s", 1_763_640_000.0),
        ("ms", 1_763_640_000_000),
        ("ms", "1763640000000"),
        ("us", 1_763_640_000_000_000),
        ("ns", "1763640000000000999"),
        ("ms", "2025-11-20T12:00:00Z"),
        (None, 1_763_640_000),
        (None, "2025-11-20T13:00:00+01:00"),
    ],
)
def test_times_in_every_unit(unit: str | None, value: object) -> None:
    timed = mapped("shop", {"time": "/at"}, time_unit=unit)
    assert reading({"at": value}, timed).time(None) == NOON
    assert reading({"at": value}, timed).mapped_time() == NOON
    assert reading({}, timed).mapped_time() is None


@pytest.mark.parametrize(
    ("unit", "value", "reason"),
    [
        (None, 1_763_640_000_000, "these look like milliseconds"),
        (None, "1763640000", "is no time"),
        ("s", 1_763_640_000_000, "expected 0 to 10,413,791,999, in the unit of the mapping"),
        ("ms", -1, "out of range"),
        ("ms", True, "true is no time"),
        ("ms", "yesterday", "is no time"),
        ("ms", 1_763_726_401_000, "in the future"),
    ],
)
def test_other_times_are_refused(unit: str | None, value: object, reason: str) -> None:
    timed = mapped("shop", {"time": "/at"}, time_unit=unit)
    with pytest.raises(Refused, match=f"^time: .*{reason}"):
        reading({"at": value}, timed).time(None)


def test_the_timestamp_of_a_message_has_its_own_unit() -> None:
    timed = mapped("shop", {"time": ["/at", "$message.timestamp"]}, time_unit="s")
    message = Message(timestamp=NOON + SECOND // 2)
    assert reading({}, timed, message).time(None) == NOON + SECOND // 2
    assert reading({"at": NOON // SECOND}, timed, message).time(None) == NOON
