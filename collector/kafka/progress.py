"""How far a consumer has got, for the watermark of its collector: an event that waits in Kafka is not missing.

What was not seen yet of a partition is no older than the last message that was, for all that can be known; this counts
until the partition's end is reached. Where nothing is known, it counts since when it is not. Times are µs UTC.
"""

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import NamedTuple

from collector.acceptance import END_OF_TIME


class Partition(NamedTuple):
    topic: str
    number: int


class Progress:
    """Told by the thread that consumes, asked by others."""

    def __init__(self, now: int) -> None:
        self._lock = Lock()
        self._polled = now
        self._unassigned: int | None = now  # since when
        self._unheard: int | None = None  # since when no broker is connected
        self._behind: dict[Partition, int | None] = {}

    def polled(self, now: int) -> None:
        """Whatever had arrived by now was asked for: who does not ask does not know what waits."""
        with self._lock:
            self._polled = now

    def assigned(self, partitions: Iterable[Partition], now: int) -> None:
        """It is not known yet whether anything waits in them, nor since when: perhaps since before they were given out
        anew."""
        with self._lock:
            since = now if self._unassigned is None else min(now, self._unassigned)
            self._behind = dict.fromkeys(partitions, since)
            self._unassigned = None

    def revoked(self, now: int) -> None:
        """Until partitions are assigned anew, somewhere, those that were may be nobody's."""
        with self._lock:
            known = (now, self._unassigned, *self._behind.values())
            self._unassigned = min(it for it in known if it is not None)
            self._behind = {}

    def took(self, oldest: Mapping[Partition, int]) -> None:
        """Messages were taken, and are not stored yet: the oldest timestamp of each partition."""
        with self._lock:
            for partition, timestamp in oldest.items():
                if partition in self._behind:
                    before = self._behind[partition]
                    self._behind[partition] = timestamp if before is None else min(before, timestamp)

    def stands(self, latest: Mapping[Partition, int | None]) -> None:
        """All that was taken of them is stored: the last timestamp of each, `None` where its end is reached."""
        with self._lock:
            self._behind |= {partition: it for partition, it in latest.items() if partition in self._behind}

    def connected(self, up: bool, now: int) -> None:
        """Whether any broker is; what is sent to Kafka meanwhile is not known."""
        with self._lock:
            self._unheard = None if up else self._unheard or now

    def left(self) -> None:
        """Nothing is ours to take any more. What has waited since before the last poll still counts."""
        with self._lock:
            if self._oldest() >= self._polled:
                self._polled = END_OF_TIME
                self._unassigned = self._unheard = None

    def oldest(self) -> int:
        """Nothing that came to Kafka before this is left to store."""
        with self._lock:
            return self._oldest()

    def _oldest(self) -> int:
        known = (self._polled, self._unassigned, self._unheard, *self._behind.values())
        return min(it for it in known if it is not None)
