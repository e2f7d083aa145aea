"""How much a source of truth is asked: so many requests a second, and so many at a time, of each host."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from reconcile.errors import Busy
from store.event import SECOND

_A_MOMENT = SECOND // 2  # until a place is worth another look


class Limits:
    """A bucket of `rate` tokens for each host, filled by `rate` a second; and `at_once` places. Safe to share among
    threads; every process has limits of its own."""

    def __init__(self, rate: int, at_once: int) -> None:
        self._rate = rate
        self._at_once = at_once
        self._tokens: dict[str, tuple[float, int]] = {}  # how many, and when that was
        self._inside: Counter[str] = Counter()
        self._lock = Lock()

    @contextmanager
    def place(self, host: str, now: int) -> Iterator[None]:
        """Within the block the host may be asked once. Raises `Busy`, and takes nothing, where that is too much."""
        with self._lock:
            self._take(host, now)
        try:
            yield
        finally:
            with self._lock:
                self._inside[host] -= 1

    def _take(self, host: str, now: int) -> None:
        if self._inside[host] >= self._at_once:
            raise Busy(now + _A_MOMENT)
        tokens, since = self._tokens.get(host, (float(self._rate), now))
        tokens = min(self._rate, tokens + max(0, now - since) / SECOND * self._rate)
        if tokens < 1:
            raise Busy(now + round((1 - tokens) / self._rate * SECOND))
        self._tokens[host] = (tokens - 1, max(now, since))
        self._inside[host] += 1
