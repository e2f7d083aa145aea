"""A bucket of tokens: how fast somebody may go, with some to spare after a rest. Instants in µs UTC.

What something costs is known only after it was looked at, so the bucket may go into debt; whoever is in debt waits.
That way no request is too large for its bucket, and over time the rate holds all the same.
"""

from typing import NamedTuple

from store.event import SECOND

BURST = 10
"""Seconds' worth of the rate that a rest saves up."""


class Bucket(NamedTuple):
    """What was left `at` an instant: at most `BURST` seconds' worth of the rate, below 0 where there is debt."""

    left: float
    at: int


def full(rate: int, now: int) -> Bucket:
    return Bucket(float(rate * BURST), now)


def filled(bucket: Bucket, rate: int, now: int) -> Bucket:
    """As it is now, at `rate` a second. A clock that was set back fills nothing."""
    gained = max(0, now - bucket.at) * rate / SECOND
    return Bucket(min(bucket.left + gained, float(rate * BURST)), now)


def spent(bucket: Bucket, cost: int) -> Bucket:
    return Bucket(bucket.left - cost, bucket.at)


def wait(bucket: Bucket, rate: int) -> int:
    """Whole seconds until it is out of debt, 1 or more; 0 where it is not in debt."""
    return 0 if bucket.left >= 0 else -int(bucket.left / rate // 1)
