"""Whoever is on the way from a deadline to a webhook is woken by whoever comes before."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Event

import pytest

from noshow.relay import WAY, Relay
from tests.store.clock import ManualClock

LONG = 100_000.0  # seconds: nobody is there to see the end of them


@pytest.mark.parametrize("before, after", [*pairwise(WAY)])
def test_one_that_comes_to_rest_wakes_the_next(before: str, after: str) -> None:
    relay = Relay(ManualClock(7), Event())
    relay.clock_of(before).sleep(0)
    relay.clock_of(after).sleep(LONG)


def test_one_that_rests_already_is_woken() -> None:
    relay = Relay(ManualClock(7), Event())
    with ThreadPoolExecutor(1) as pool:
        resting = pool.submit(relay.clock_of("sender").sleep, LONG)
        relay.clock_of("dispatcher").sleep(0)
        assert resting.result(60) is None


def test_all_rest_for_as_long_as_they_want_to_and_know_what_time_it_is() -> None:
    clock = ManualClock(7)
    relay = Relay(clock, Event())
    for name in (*WAY, "tidier"):
        assert relay.clock_of(name).now() == 7
    relay.clock_of("tidier").sleep(3)
    assert clock.now() == 7 + 3_000_000


def test_at_the_end_nobody_rests() -> None:
    stop = Event()
    stop.set()
    Relay(ManualClock(7), stop).clock_of("sender").sleep(LONG)
