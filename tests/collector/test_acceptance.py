"""What every event must satisfy: identifiers that identify, times that the store can hold."""

import pytest

from collector import acceptance
from collector.acceptance import END_OF_TIME, Acceptance
from collector.errors import Refused
from store.event import DAY, HOUR, MINUTE
from store.settings import CollectorSettings
from tests.collector.conftest import LIMITS
from tests.conftest import NOON


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "missing"),
        ("", "empty"),
        ("  ", "empty"),
        (42, "expected text, got the number 42"),
        (True, "expected text, got true"),
        (["o-1"], "expected text, got an array"),
        ("null", '"null" identifies nothing: was the sender\'s variable never set?'),
        ("None", '"None" identifies nothing'),
        ("undefined", '"undefined" identifies nothing'),
        (" NULL ", "identifies nothing"),
        ("00000000-0000-0000-0000-000000000000", "identifies nothing"),
        ("[object Object]", "identifies nothing"),
        ("a\nb", 'holds a control character: "a\\nb"'),
        ("a\x00", 'holds a control character: "a\\x00"'),
        ("\ud800", "holds half of a surrogate pair, which is no character"),
        ("x" * 513, "longer than 512 bytes"),
        ("é" * 257, "longer than 512 bytes"),
    ],
)
def test_a_correlation_id_must_identify_something(value: object, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        acceptance.check_correlation_id(value)
    assert refused.value.field == "correlation_id"
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    "value", ["o", "x" * 512, "é" * 256, "nullable", "注文 1", "a b", "olist_8k:1", "\u00a0x\u3000y"]
)
def test_a_correlation_id_may_be_any_other_text(value: str) -> None:
    assert acceptance.check_correlation_id(value) == value


@pytest.mark.parametrize(
    ("value", "reason"), [(None, "missing"), ("", "empty"), (" ", "empty"), ("é" * 129, "256 bytes")]
)
def test_an_event_must_have_a_name(value: object, reason: str) -> None:
    with pytest.raises(Refused, match=f"^name: .*{reason}"):
        acceptance.check_name(value)


def test_a_source_has_a_default_and_one_is_reserved(terms: Acceptance) -> None:
    assert terms.check_source(None, "json") == "json"
    assert terms.check_source("", "json") == "json"
    assert terms.check_source("shop", "json") == "shop"
    with pytest.raises(Refused, match=r'^source: "noshow" is reserved'):
        terms.check_source("noshow", "json")


def test_what_a_sender_of_one_source_sends_is_of_that_source() -> None:
    terms = Acceptance.at(NOON, LIMITS, source="payments")
    assert [terms.check_source(value, "json") for value in (None, "", "payments")] == ["payments"] * 3
    with pytest.raises(Refused, match=r'^source: "shop" is another than "payments", which the token is for'):
        terms.check_source("shop", "json")
    with pytest.raises(Refused, match="is reserved"):
        terms.check_source("noshow", "json")


def test_absent_identifiers_are_empty() -> None:
    assert acceptance.check_text("trace_id", None) == ""


@pytest.mark.parametrize("time", [0, NOON, NOON + DAY])
def test_times_up_to_the_bound_are_taken(terms: Acceptance, time: int) -> None:
    assert terms.check_time(time) == time


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (-1, "lies before 1970"),
        (NOON + DAY + 1, "lies 24 h in the future; at most 24 h is accepted"),
        (NOON + 3 * DAY, "lies 3 d in the future; at most 24 h is accepted"),
        (END_OF_TIME + 1, "lies after the year 2299"),
    ],
)
def test_other_times_are_refused(terms: Acceptance, time: int, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        terms.check_time(time)
    assert (refused.value.field, refused.value.reason.startswith(reason)) == ("time", True)


def test_the_bound_on_the_future_is_a_setting(limits: CollectorSettings) -> None:
    strict = CollectorSettings(limits.max_body, limits.max_batch, limits.max_event, max_ahead=5 * MINUTE)
    with pytest.raises(Refused, match="lies 1 h in the future; at most 5 min is accepted"):
        Acceptance.at(NOON, strict).check_time(NOON + HOUR)


def test_no_bound_on_the_future_goes_beyond_what_the_store_can_hold(limits: CollectorSettings) -> None:
    generous = CollectorSettings(limits.max_body, limits.max_batch, limits.max_event, max_ahead=1_000_000 * DAY)
    assert Acceptance.at(0, generous).check_time(END_OF_TIME) == END_OF_TIME
    with pytest.raises(Refused, match="after the year 2299"):
        Acceptance.at(0, generous).check_time(END_OF_TIME + 1)


def test_an_id_made_from_content_depends_on_all_of_it_and_never_changes() -> None:
    made = acceptance.content_id("shop", "OrderPlaced", 1_000, "o-1", "{}")
    assert made == "523278960bc144bb9905c22071dd7a5d"
    others = {
        acceptance.content_id("shop2", "OrderPlaced", 1_000, "o-1", "{}"),
        acceptance.content_id("shop", "2OrderPlaced", 1_000, "o-1", "{}"),
        acceptance.content_id("shop", "OrderPlaced", 1_001, "o-1", "{}"),
        acceptance.content_id("shop", "OrderPlaced", 1_000, "o-2", "{}"),
        acceptance.content_id("shop", "OrderPlaced", 1_000, "o-1", '{"a":1}'),
    }
    assert len(others | {made}) == 6
