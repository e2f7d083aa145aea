"""What the database said of a secret, believed for a few seconds: so that not every request asks it again."""

import hashlib
from threading import Lock
from typing import Generic, TypeVar

from store.event import SECOND

BELIEVED = 5 * SECOND
MOST = 10_000

T = TypeVar("T")


class Recent(Generic[T]):
    """Bounded: the oldest makes room. Secrets are kept as hashes only. Safe to share among threads."""

    def __init__(self, believed: int = BELIEVED, most: int = MOST) -> None:
        self._believed = believed
        self._most = most
        self._known: dict[bytes, tuple[T, int]] = {}
        self._lock = Lock()

    def get(self, secret: str, now: int) -> T | None:
        """What was put here lately, if anything. `now` in µs UTC."""
        with self._lock:
            value, since = self._known.get(_key(secret), (None, 0))
        return value if 0 <= now - since < self._believed else None

    def put(self, secret: str, value: T, now: int) -> None:
        key = _key(secret)
        with self._lock:
            self._known.pop(key, None)
            if len(self._known) >= self._most:
                del self._known[next(iter(self._known))]
            self._known[key] = (value, now)

    def forget(self, secret: str) -> None:
        with self._lock:
            self._known.pop(_key(secret), None)


def _key(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
