"""A service's view: emit gives an ID at once, whatever the server does, and all that happens to events is counted."""

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from noshow_sdk import Client, Configuration, ConfigurationError, correlate, handling
from store import events as event_store
from store.clickhouse import ClickHouse
from tests.sdk.answering import answering
from tests.sdk.conftest import Connect, connected

HANG = 60.0  # seconds that a request may take: longer than any of these tests


def test_events_arrive_with_what_holds_where_they_happen(connect: Connect, clickhouse: ClickHouse) -> None:
    with connect() as client, correlate("order-1"):
        placed = client.emit("OrderPlaced", {"id": 7, "amount": 1}, amount=12.5)
        with handling(causation_id=placed):
            client.emit("PaymentReceived")
        assert client.flush(60)
        assert (client.stats().sent, client.stats().waiting, client.stats().alone) == (2, 0, 0)
    order, payment = event_store.history(clickhouse, "order-1")
    assert (order.id, order.source, json.loads(order.attributes)) == (
        placed,
        "payments",
        {"amount": 12.5, "id": 7},
    )
    assert (payment.name, payment.causation_id) == ("PaymentReceived", placed)


def test_an_event_sent_twice_with_its_id_is_one(connect: Connect, clickhouse: ClickHouse) -> None:
    with connect() as client:
        for _ in range(2):
            assert client.emit("PaymentReceived", event_id="charge-1", correlation_id="order-1") == "charge-1"
            assert client.flush(60)
    assert len({event.id for event in event_store.history(clickhouse, "order-1")}) == 1


def test_what_the_server_refuses_is_counted_with_its_reason(connect: Connect) -> None:
    with connect() as client:
        client.emit("PaymentReceived", correlation_id="null")
        assert client.flush(60)
        stats = client.stats()
    assert (stats.accepted, stats.sent, stats.refused) == (1, 0, 1)
    assert "identifies nothing" in stats.last_reason


def test_a_server_that_hangs_holds_up_nobody_and_what_has_no_room_is_counted() -> None:
    with answering(hangs=True) as server, connected(server.url, waiting=100, batch=10, timeout=HANG) as client:
        for _ in range(1_000):
            assert client.emit("PaymentReceived", correlation_id="order-1")
        stats = client.stats()
        assert (stats.accepted, stats.waiting, stats.dropped, stats.sent) == (100, 100, 900, 0)
        assert not client.flush(0.05)


def test_when_a_server_is_back_what_waited_is_sent() -> None:
    with answering(hangs=True) as server, connected(server.url, waiting=100, timeout=HANG) as client:
        for number in range(50):
            client.emit(f"Event{number}", correlation_id="order-1")
        server.released.set()
        assert client.flush(60)
        assert server.all_names() == [f"Event{number}" for number in range(50)]


def test_emit_touches_no_network_in_the_thread_of_the_service() -> None:
    touched: list[str] = []
    here = threading.get_ident()

    def watch(name: str, _: tuple[Any, ...]) -> None:
        if watching and threading.get_ident() == here and name.startswith(("socket.", "open", "subprocess.")):
            touched.append(name)

    watching = False
    sys.addaudithook(watch)  # for the rest of the process; `watching` ends what it does
    with answering() as server, connected(server.url, waiting=2_000) as client:
        watching = True
        for _ in range(1_000):
            client.emit("PaymentReceived", correlation_id="order-1", amount=1)
        watching = False
        assert client.flush(60)
        assert len(server.requests) > 0
    assert touched == []


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


@pytest.mark.parametrize(
    "given",
    [
        {"correlation_id": Hostile()},
        {"event_id": Hostile()},
        {"occurred_at": "yesterday"},
        {"occurred_at": Hostile()},
    ],
)
def test_no_event_raises_into_the_service(given: dict[str, Any]) -> None:
    with connected("http://127.0.0.1:9") as client:
        assert client.emit("PaymentReceived", **given) == ""
        assert client.stats().dropped == 1


@pytest.mark.parametrize("name", ["", None, Hostile()])
def test_nor_does_a_name_that_is_none(name: Any) -> None:
    with connected("http://127.0.0.1:9") as client:
        assert client.emit(name) == ""
        assert client.stats().dropped == 1


def test_bad_attributes_cost_no_event(connect: Connect, clickhouse: ClickHouse) -> None:
    with connect() as client:
        client.emit("PaymentReceived", correlation_id="order-1", amount=float("nan"), who=Hostile(), paid=True)
        assert client.flush(60)
        assert client.stats().attributes_left_out == 2
    [kept] = event_store.history(clickhouse, "order-1")
    assert json.loads(kept.attributes) == {"paid": True}


def test_a_signal_handler_may_emit_in_the_midst_of_an_emit() -> None:
    with answering() as server, connected(server.url, waiting=100_000) as client, _ticking(client):
        for _ in range(5_000):
            client.emit("PaymentReceived", correlation_id="order-1")
        assert client.flush(60)
        assert client.stats().dropped == 0


@contextmanager
def _ticking(client: Client) -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, lambda *_: client.emit("Ticked", correlation_id="tick"))
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_after_the_shutdown_events_are_dropped_and_counted() -> None:
    with answering() as server, connected(server.url) as client:
        client.emit("A", correlation_id="order-1")
        assert client.shutdown(60)
        assert client.emit("B", correlation_id="order-1")
        assert client.shutdown(60)
        stats = client.stats()
        assert (stats.sent, stats.dropped, stats.last_reason) == (1, 1, "it was shut down")
        assert server.names() == [["A"]]


def test_a_shutdown_waits_no_longer_than_it_may_and_counts_what_is_lost() -> None:
    with answering(hangs=True) as server, connected(server.url, timeout=HANG) as client:
        client.emit("A", correlation_id="order-1")
        assert not client.shutdown(0.05)
        assert (client.stats().lost, client.stats().waiting) == (1, 0)


def test_what_can_not_work_is_said_at_the_start() -> None:
    with pytest.raises(ConfigurationError):
        Client(Configuration(service="payments", endpoint="nowhere"))
