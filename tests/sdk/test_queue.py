"""What waits, and what is counted."""

from concurrent.futures import ThreadPoolExecutor

from noshow_sdk.queue import Queue, Stats
from tests.sdk.events import composed, queue_of


def test_the_first_stay_until_it_is_known_what_became_of_them() -> None:
    queue = queue_of("A", "B", "C")
    assert [event.name for event in queue.first(2)] == ["A", "B"]
    assert [event.name for event in queue.first(2)] == ["A", "B"]
    queue.settled(sent=1, refused=1, reason="too old")
    assert [event.name for event in queue.first(2)] == ["C"]
    assert queue.stats() == Stats(accepted=3, sent=1, refused=1, waiting=1, last_reason="too old")


def test_one_too_many_is_dropped_and_counted() -> None:
    queue = queue_of("A", "B", "C", most=2)
    assert queue.stats() == Stats(accepted=2, dropped=1, waiting=2, last_reason="2 events were waiting already")


def test_many_threads_are_counted_rightly() -> None:
    queue = Queue(500)
    with ThreadPoolExecutor(8) as threads:
        for _ in range(2_000):
            threads.submit(queue.put, composed("A"))
    stats = queue.stats()
    assert (stats.accepted, stats.dropped, stats.waiting) == (500, 1_500, 500)


def test_what_still_waits_at_the_end_is_lost_and_no_more_is_taken() -> None:
    queue = queue_of("A", "B")
    queue.close()
    queue.settled(sent=2)  # of a request that was under way
    queue.put(composed("C"))
    assert queue.stats() == Stats(accepted=2, lost=2, dropped=1, last_reason="it was shut down")


def test_it_is_known_when_the_first_so_many_are_settled() -> None:
    queue = queue_of("A", "B")
    assert not queue.known(2)
    queue.settled(sent=1)
    assert queue.known(1)
    queue.settled(refused=1)
    assert queue.known(2)


def test_attributes_left_out_and_events_alone_are_counted() -> None:
    queue = Queue(10)
    queue.put(composed("A", bad=object()))
    stats = queue.stats()
    assert (stats.attributes_left_out, stats.last_reason) == (1, "left out of A: bad: object can't be sent")
