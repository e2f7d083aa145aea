"""An event, of what is given and what holds where it happens."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from opentelemetry.sdk.trace import TracerProvider

from noshow_sdk import correlate, handling
from noshow_sdk.event import NoEvent, compose


def test_what_is_given_counts() -> None:
    time = datetime(2026, 11, 20, 14, 5, 0, 123456, timezone(timedelta(hours=1)))
    with correlate("order-2"):
        event = compose("PaymentReceived", {"amount": 12.5}, "order-1", "e-1", time).event
    assert event[:5] == ("e-1", "PaymentReceived", 1_795_179_900_123_456_000, "order-1", None)
    assert event.attributes == {"amount": 12.5}


def test_what_is_not_given_is_what_holds() -> None:
    before = datetime.now(UTC)
    with handling({"baggage": "correlation.id=order-1,causation.id=e-0"}):
        composed = compose("PaymentReceived", {})
    event = composed.event
    assert (event.correlation_id, event.causation_id, composed.alone) == ("order-1", "e-0", False)
    assert UUID(event.id).version == 7
    assert before <= datetime.fromtimestamp(event.time / 1e9, UTC) + timedelta(milliseconds=1)


def test_an_event_that_nobody_gave_an_order_gets_one_of_its_own() -> None:
    composed = compose("PaymentReceived", {})
    assert composed.alone
    assert UUID(composed.event.correlation_id).version == 7


def test_a_time_without_a_zone_is_utc() -> None:
    naive = datetime(2026, 11, 20, 14, 5)
    times = [compose("A", {}, occurred_at=time).event.time for time in (naive, naive.replace(tzinfo=UTC))]
    assert times[0] == times[1]


def test_it_is_in_the_trace_it_happens_in() -> None:
    with TracerProvider(shutdown_on_exit=False).get_tracer("shop").start_as_current_span("pay") as span:
        event = compose("PaymentReceived", {}).event
    assert (event.trace_id, event.span_id) == (span.get_span_context().trace_id, span.get_span_context().span_id)


@pytest.mark.parametrize("name", ["", None, 5])
def test_an_event_has_a_name(name: object) -> None:
    with pytest.raises(NoEvent, match="name"):
        compose(name, {})  # type: ignore[arg-type]


def test_a_time_is_no_number() -> None:
    with pytest.raises(NoEvent, match="datetime, got float"):
        compose("A", {}, occurred_at=1.5)  # type: ignore[arg-type]
