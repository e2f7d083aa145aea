"""Work side by side, so that what hangs in one lane delays no other."""

from collections import Counter
from collections.abc import Callable, Hashable
from threading import Lock, Thread
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Lanes(Generic[T]):
    """`places` threads at a time in each lane; a lane without work has none."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken: Counter[T] = Counter()
        self._threads: set[Thread] = set()
        self._lock = Lock()

    def fill(self, lane: T, work: Callable[[], None]) -> None:
        """Start `work`, which must not raise, in every free place of the lane."""
        with self._lock:
            free = self._places - self._taken[lane]
            self._taken[lane] = self._places
        for _ in range(free):
            thread = Thread(target=self._do, args=(lane, work), name=f"lane {lane}", daemon=True)
            with self._lock:
                self._threads.add(thread)
            thread.start()

    def join(self) -> None:
        """Wait until all that was started has ended."""
        while self._threads:
            with self._lock:
                threads = list(self._threads)
            for thread in threads:
                thread.join()
                self._threads.discard(thread)

    def _do(self, lane: T, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            with self._lock:
                self._taken[lane] -= 1
