"""How much of what is refused may be kept: so many bytes a minute of each source, so that none can fill the disk."""

from dataclasses import dataclass

from store.event import MINUTE

SAVED = 60  # minutes' worth that can be kept at once: the whole of a broken deploy, and then a trickle
TOGETHER = 8  # what all sources may have together, in allowances of one: names of sources are the senders' to make up
SOURCES = 1_000  # that have an allowance of their own


@dataclass(slots=True)
class _Bucket:
    left: float
    at: int


class Allowance:
    """`per_minute`: bytes for each source. For use by one thread at a time."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._all: _Bucket | None = None
        self._of: dict[str, _Bucket] = {}

    def take(self, source: str, size: int, now: int) -> bool:
        """Whether so many bytes of this source may be kept at `now` (µs UTC); if so, they are counted."""
        self._all = self._all or self._full(TOGETHER, now)
        bucket = self._bucket(source, now)
        self._fill(self._all, TOGETHER, now)
        self._fill(bucket, 1, now)
        if min(self._all.left, bucket.left) < size:
            return False
        self._all.left -= size
        bucket.left -= size
        return True

    def _bucket(self, source: str, now: int) -> _Bucket:
        """Of its own, or one that all later sources share."""
        name = source if source in self._of or len(self._of) < SOURCES else ""
        return self._of.setdefault(name, self._full(1, now))

    def _full(self, shares: int, now: int) -> _Bucket:
        return _Bucket(shares * SAVED * self._per_minute, now)

    def _fill(self, bucket: _Bucket, shares: int, now: int) -> None:
        earned = max(now - bucket.at, 0) / MINUTE * self._per_minute * shares
        bucket.left = min(bucket.left + earned, shares * SAVED * self._per_minute)
        bucket.at = max(bucket.at, now)
