"""Which order and which cause hold where."""

import asyncio
import threading
from uuid import UUID

import pytest
from opentelemetry.baggage import get_baggage, set_baggage
from opentelemetry.propagate import inject

from noshow_sdk import causation_id, correlate, correlation_id, handling
from noshow_sdk.correlation import attached
from tests.finished import finished


def test_none_holds_by_itself() -> None:
    assert correlation_id() is None
    assert causation_id() is None


def test_it_holds_inside_and_what_held_before_holds_again() -> None:
    with correlate("order-1"):
        with correlate("order-2") as inner:
            assert correlation_id() == inner == "order-2"
        assert correlation_id() == "order-1"
    assert correlation_id() is None


def test_a_new_one_is_a_uuid_of_version_7() -> None:
    with correlate() as identifier:
        assert UUID(identifier).version == 7
        assert correlation_id() == identifier


def test_it_ends_with_an_error_too() -> None:
    with pytest.raises(KeyError), correlate("order-1"):
        raise KeyError
    assert correlation_id() is None


def test_opentelemetry_carries_it_out() -> None:
    carrier: dict[str, str] = {}
    with correlate("order-1"), handling(causation_id="e-1"):
        inject(carrier)
    assert carrier == {"baggage": "correlation.id=order-1,causation.id=e-1"}


def test_what_opentelemetry_carried_in_holds() -> None:
    with attached(set_baggage("correlation.id", "order-1")):
        assert correlation_id() == "order-1"


def test_a_message_says_both() -> None:
    with handling({"baggage": "correlation.id=order-1,causation.id=e-1"}) as identifier:
        assert (identifier, correlation_id(), causation_id()) == ("order-1", "order-1", "e-1")


def test_what_is_in_its_body_can_be_said() -> None:
    headers = {"baggage": "correlation.id=order-1,causation.id=e-1"}
    with handling(headers, correlation_id="order-2", causation_id="e-2"):
        assert (correlation_id(), causation_id()) == ("order-2", "e-2")


def test_a_message_without_gets_a_new_one_and_not_that_of_the_one_before() -> None:
    with handling({"baggage": "correlation.id=order-1,causation.id=e-1"}), handling({}) as identifier:
        assert UUID(identifier).version == 7
        assert causation_id() is None


def test_without_headers_the_order_stays_and_the_cause_changes() -> None:
    with handling({"baggage": "correlation.id=order-1,causation.id=e-1"}), handling(causation_id="e-2"):
        assert (correlation_id(), causation_id()) == ("order-1", "e-2")


def test_other_baggage_stays() -> None:
    with attached(set_baggage("tenant", "a")), handling({}):
        assert get_baggage("tenant") == "a"


@pytest.mark.parametrize("nonsense", ["", "%20", "null", "undefined", "a%0Ab", "x" * 513])
def test_nonsense_of_others_is_none(nonsense: str) -> None:
    with handling({"baggage": f"correlation.id={nonsense}"}) as identifier:
        assert UUID(identifier).version == 7


def test_threads_do_not_see_each_others() -> None:
    barrier = threading.Barrier(2)
    seen: dict[str, str | None] = {}

    def work(name: str) -> None:
        with correlate(name):
            barrier.wait()
            seen[name] = correlation_id()
            barrier.wait()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("order-1", "order-2")]
    with correlate("order-0"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert correlation_id() == "order-0"
    assert seen == {"order-1": "order-1", "order-2": "order-2"}


def test_tasks_do_not_see_each_others_and_inherit_their_makers() -> None:
    async def work(name: str) -> tuple[str | None, str | None]:
        before = correlation_id()
        with correlate(name):
            await asyncio.sleep(0)
            return before, correlation_id()

    async def both() -> tuple[object, object]:
        with correlate("order-0"):
            return await asyncio.gather(work("order-1"), work("order-2"))

    assert list(finished(both())) == [("order-0", "order-1"), ("order-0", "order-2")]
