"""The header as the W3C has it, held against OpenTelemetry's own propagator."""

import pytest
from opentelemetry.baggage import get_all, set_baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context

from noshow_sdk.baggage_header import Headers, members, merged

OURS = {"correlation.id": "order 1/ä,;=%", "causation.id": "e-1"}


def test_opentelemetry_reads_what_we_write() -> None:
    context = W3CBaggagePropagator().extract({"baggage": merged({}, OURS)}, Context())
    assert dict(get_all(context)) == OURS


def test_we_read_what_opentelemetry_writes() -> None:
    carrier: dict[str, str] = {}
    W3CBaggagePropagator().inject(carrier, set_baggage("correlation.id", "order-1/ä,;=%", Context()))
    assert members(carrier) == {"correlation.id": "order-1/ä,;=%"}


def test_the_plus_of_another_language_is_a_plus() -> None:
    assert members({"baggage": "correlation.id=a+b/c="}) == {"correlation.id": "a+b/c="}


@pytest.mark.parametrize(
    "headers",
    [
        {"Baggage": "a=1, correlation.id = o-1 ;p=2 "},
        [(b"baggage", b"a=1,correlation.id=o-1")],
        [("baggage", b"a=1"), ("x", None), ("BAGGAGE", b"correlation.id=o-1")],
        {"baggage": b"a=1,correlation.id=o-1", "number": 5},
    ],
)
def test_headers_come_in_many_forms(headers: Headers) -> None:
    assert members(headers) == {"a": "1", "correlation.id": "o-1"}


def test_nonsense_is_passed_over() -> None:
    assert members({"baggage": ",,=,correlation.id,a=%zz,\xff"}) == {"": "", "a": "%zz"}


def test_members_of_others_stay_as_they_were() -> None:
    there = {"baggage": "tenant=a%20b;p=1,correlation.id=old,x"}
    assert merged(there, {"correlation.id": "new"}) == "correlation.id=new,tenant=a%20b;p=1,x"
