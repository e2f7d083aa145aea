import threading
import time

from store.clock import Clock, SystemClock
from store.event import SECOND
from tests.store.clock import ManualClock


def test_now_is_in_microseconds() -> None:
    before, now, after = time.time(), SystemClock().now(), time.time()
    assert before - 1 <= now / SECOND <= after + 1


def test_sleep_ends_when_the_loop_is_to_stop() -> None:
    stop = threading.Event()
    stop.set()
    SystemClock(stop).sleep(3_600)


def test_the_manual_clock_only_moves_by_sleep() -> None:
    clock: Clock = ManualClock(5)
    clock.sleep(1.5)
    assert clock.now() == 1_500_005
