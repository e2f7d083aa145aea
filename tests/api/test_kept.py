"""What is kept because it costs time."""

import pytest

from api.kept import Kept
from store.errors import StoreUnavailable
from tests.store.clock import ManualClock


class Away:
    """A store that is not there, which takes a while to find out."""

    def __init__(self, clock: ManualClock) -> None:
        self.asked = 0
        self._clock = clock

    def __call__(self) -> int:
        self.asked += 1
        self._clock.sleep(5)
        raise StoreUnavailable("away")


class Source:
    """Something that takes a while to count."""

    def __init__(self, clock: ManualClock, seconds: float) -> None:
        self.asked = 0
        self._clock = clock
        self._seconds = seconds

    def __call__(self) -> int:
        self.asked += 1
        self._clock.sleep(self._seconds)
        return self.asked


def test_what_costs_time_is_kept_for_twenty_times_as_long(clock: ManualClock) -> None:
    source = Source(clock, 1)
    kept = Kept(source, clock)
    assert kept.get() == 1
    clock.sleep(19.9)
    assert kept.get() == 1
    clock.sleep(0.1)
    assert kept.get() == 2


def test_what_costs_nothing_is_always_fresh(clock: ManualClock) -> None:
    kept = Kept(Source(clock, 0), clock)
    assert [kept.get(), kept.get()] == [1, 2]


def test_a_clock_set_back_keeps_nothing_for_ever(clock: ManualClock) -> None:
    kept = Kept(Source(clock, 1), clock)
    assert kept.get() == 1
    clock.sleep(-3600)
    assert kept.get() == 2


def test_nothing_is_kept_for_more_than_a_minute(clock: ManualClock) -> None:
    kept = Kept(Source(clock, 30), clock)
    assert kept.get() == 1
    clock.sleep(60)
    assert kept.get() == 2


def test_nobody_queues_up_for_a_store_that_is_away(clock: ManualClock) -> None:
    away = Away(clock)
    kept = Kept(away, clock)
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            kept.get()
    assert away.asked == 1
    clock.sleep(5)
    with pytest.raises(StoreUnavailable):
        kept.get()
    assert away.asked == 2
