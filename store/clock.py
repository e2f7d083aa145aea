"""The clock: seen by entry points and loops only. Everything below them gets its instants as arguments."""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """Microseconds since the Unix epoch, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait that long, or until the loop is asked to stop."""
        ...


class SystemClock:
    """Real time. `sleep` returns at once when `stop` is set."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()

    def now(self) -> int:
        return time.time_ns() // 1_000

    def sleep(self, seconds: float) -> None:
        self._stop.wait(seconds)
