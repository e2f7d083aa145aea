"""What costs time, kept for as long as it is good enough. Times are µs UTC."""

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Generic, NoReturn, TypeVar

from store.clock import Clock
from store.errors import StoreUnavailable
from store.event import MINUTE

T = TypeVar("T")


class Kept(Generic[T]):
    """A value that many ask for and that costs time: loaded by one of them, kept for `TIMES` as long as it took.

    So no more than one part in `TIMES` of one core goes into it, and a small store shows fresh numbers at every look.
    That a store is away is kept too, for as long as it took to find out: nobody queues up for it.
    """

    TIMES = 20
    LONGEST = MINUTE

    def __init__(self, load: Callable[[], T], clock: Clock) -> None:
        self._load = load
        self._clock = clock
        self._lock = Lock()
        self._known: Callable[[], T] | None = None
        self._from = self._until = 0  # between which instants it is good enough

    def get(self) -> T:
        """The value. Raises what loading it raised."""
        with self._lock:
            began = self._clock.now()
            if self._known is None or not self._from <= began < self._until:
                self._known, times = self._tried()
                self._from = self._clock.now()
                self._until = self._from + min(times * (self._from - began), self.LONGEST)
            return self._known()

    def _tried(self) -> tuple[Callable[[], T], int]:
        try:
            value = self._load()
        except StoreUnavailable as error:
            return partial(_raise, error), 1
        return lambda: value, self.TIMES


def _raise(error: StoreUnavailable) -> NoReturn:
    raise StoreUnavailable(str(error))
