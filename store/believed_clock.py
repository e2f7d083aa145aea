"""Time that is believed, because a clock that was set wrong would flag what is not due, or hold up what is.

Every process of an installation asks the same stores what time it is, so all of them come to agree.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event

from store.clock import Clock
from store.duration import format_duration
from store.errors import StoreError
from store.event import SECOND

JUMP = 10 * SECOND
"""A clock that differs by more was set, or is wrong."""

_EVERY = 5.0  # seconds

log = logging.getLogger(__name__)


def steady() -> int:
    """µs since some instant, which nobody can set; also while the machine slept."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000


class BelievedClock:
    """What most clocks say: of this host, and of `others`, which raise StoreError where they can't be asked.

    Of three that is the middle one, of two the one behind. From one look at them to the next, and while not all can be
    asked, time passes steadily. If they say that it is far ahead of that, somebody has set a clock: for `doubt` µs that
    is not believed. Nothing has fallen due then if they go back; if they do not, things are judged so much later, once.
    That it is earlier than it seemed is believed at once. May be shared among threads.
    """

    def __init__(
        self, clock: Clock, others: Sequence[Callable[[], int]], doubt: int, steadily: Callable[[], int] = steady
    ) -> None:
        self._clock = clock
        self._others = others
        self._doubt = doubt
        self._steadily = steadily
        self._doubted_at: int | None = None
        told = self._told()
        self._is_sure = len(told) == len(others) + 1  # all have been asked once
        self._since = steadily(), _middle(told)

    def now(self) -> int:
        at, then = self._since
        return then + self._steadily() - at

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def run(self, _: Clock, stop: Event) -> None:
        """Look at the clocks again and again until `stop` is set."""
        while not stop.is_set():
            self.step()
            self.sleep(_EVERY)

    def step(self) -> None:
        """One look at the clocks."""
        told = self._told()
        if len(told) > len(self._others):
            at, expected = self._steadily(), self.now()
            self._since = at, self._believe(_middle(told), expected, at)
            self._is_sure = True

    def _believe(self, told: int, expected: int, at: int) -> int:
        ahead = told - expected
        if ahead <= JUMP or not self._is_sure:
            if self._doubted_at is not None:
                log.warning("clocks: they have gone back to where they were")
            elif ahead < -JUMP:
                log.warning("clocks: they were set back by %s", format_duration(-ahead))
            self._doubted_at = None
            return told
        if self._doubted_at is None:
            self._doubted_at = at
            log.error("clocks: they are suddenly %s ahead, which is not believed at once", format_duration(ahead))
        if at - self._doubted_at < self._doubt:
            return expected
        log.error("clocks: they are still %s ahead, which is believed now", format_duration(ahead))
        self._doubted_at = None
        return told

    def _told(self) -> list[int]:
        told = [self._clock.now()]
        for ask in self._others:
            with suppress(StoreError):
                told.append(ask())
        return told


def _middle(told: Sequence[int]) -> int:
    return sorted(told)[(len(told) - 1) // 2]
