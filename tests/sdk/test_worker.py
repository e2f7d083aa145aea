"""Batch after batch: what is sent again, what is not, and that nothing stops it for good. `now` is in seconds."""

import logging
import threading
from collections.abc import Sequence

import pytest

from noshow_sdk.configuration import Configuration
from noshow_sdk.event import Event
from noshow_sdk.queue import Queue
from noshow_sdk.sender import Answer, Sender
from noshow_sdk.worker import Worker
from tests.sdk.answering import Answering, Reply, answering, refusing
from tests.sdk.events import composed, queue_of


def worker(queue: Queue, server: Answering, batch: int = 2) -> Worker:
    configured = Configuration(service="payments", endpoint=server.url, timeout=0.5).completed({})
    return Worker(queue, Sender(configured), batch, interval=0.01)


def test_all_are_sent_in_batches_in_their_order() -> None:
    with answering() as server:
        queue = queue_of("A", "B", "C")
        working = worker(queue, server)
        assert [working.step(1.0), working.step(1.0), working.step(1.0)] == [True, True, False]
        assert server.names() == [["A", "B"], ["C"]]
    assert (queue.stats().sent, queue.stats().waiting) == (3, 0)


def test_what_failed_is_sent_again_after_the_wait_and_not_before() -> None:
    with answering(Reply(503, b"", {"Retry-After": "30"}), Reply()) as server:
        queue = queue_of("A")
        working = worker(queue, server)
        assert not working.step(100.0)
        assert queue.stats().last_reason.startswith("HTTP 503")
        assert not working.step(129.0)
        assert len(server.requests) == 1
        assert working.step(130.0)
        assert server.names() == [["A"], ["A"]]
    assert queue.stats().sent == 1


def test_a_token_that_is_not_valid_yet_loses_nothing() -> None:
    with answering(Reply(401, b"", {}), Reply()) as server:
        queue = queue_of("A")
        working = worker(queue, server)
        working.step(1.0)
        working.step(100.0)
    assert (queue.stats().sent, queue.stats().refused) == (1, 0)


def test_the_refused_ones_of_a_batch_are_counted() -> None:
    with answering(refusing(1, "too old")) as server:
        queue = queue_of("A", "B")
        worker(queue, server).step(1.0)
    stats = queue.stats()
    assert (stats.sent, stats.refused, stats.last_reason) == (1, 1, "too old")


def test_one_that_breaks_the_whole_request_costs_no_other() -> None:
    broken = composed("Broken")
    queue = queue_of("A", "B", "C")
    queue.put(type(broken)(broken.event._replace(time=-1), [], alone=False))
    queue.put(composed("D"))
    with answering() as server:
        working = worker(queue, server, batch=8)
        while working.step(1.0):
            pass
        assert server.all_names() == ["A", "B", "C", "D"]
    assert (queue.stats().sent, queue.stats().refused) == (4, 1)


def test_a_request_that_is_too_large_is_sent_in_halves() -> None:
    with answering(Reply(413, b"", {}), Reply()) as server:
        queue = queue_of("A", "B", "C", "D")
        working = worker(queue, server, batch=4)
        while working.step(1.0):
            pass
        assert server.names()[:2] == [["A", "B", "C", "D"], ["A", "B"]]
    assert (queue.stats().sent, queue.stats().refused) == (4, 0)


def test_who_waits_has_it_tried_at_once() -> None:
    with answering(Reply(503, b"", {"Retry-After": "30"}), Reply()) as server:
        queue = queue_of("A")
        working = worker(queue, server)
        working.step(100.0)
        working.hurry()
        assert working.step(100.0)


class _RaisesOnce(Sender):
    """Fails in a way that no server can bring about."""

    _raised = False

    def send(self, events: Sequence[Event]) -> Answer:
        if self._raised:
            return super().send(events)
        self._raised = True
        raise MemoryError("for once")


def test_an_error_of_ours_does_not_end_the_thread_and_what_was_dropped_is_said_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    queue = queue_of("A", "B", "C", "D", most=2)
    with answering() as server, caplog.at_level(logging.WARNING, "noshow_sdk"):
        configured = Configuration(service="payments", endpoint=server.url).completed({})
        working = Worker(queue, _RaisesOnce(configured), 2, interval=0.01)
        thread = threading.Thread(target=working.run)
        thread.start()
        assert queue.known(2, timeout=60)
        working.stop()
        thread.join()
    assert queue.stats().sent == 2
    [record] = caplog.records
    assert record.getMessage().startswith("events were not sent: 2 dropped, 0 refused so far")
