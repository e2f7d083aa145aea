"""How fast each sender may send: events and bytes, by a bucket of tokens for each. Instants in µs UTC."""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import NamedTuple

from collector.errors import TooFast
from collector.sender import Sender
from store.bucket import Bucket, filled, full, spent, wait
from store.settings_rates import UNLIMITED, Rate

MOST_SENDERS = 10_000
"""Of whom something is remembered. Who has not sent for longest is forgotten first: most likely its bucket was full."""


class _Account(NamedTuple):
    """`None`: without a limit."""

    events: Bucket | None
    size: Bucket | None


class Limiter:
    """Safe to share among threads. A request costs the same work however many events it has."""

    def __init__(self, rate: Rate, own: Mapping[str, Rate], most: int = MOST_SENDERS) -> None:
        """`own`: rates by the name of a token, or of the source that it is for."""
        self._rate = rate
        self._own = own
        self._most = most
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._lock = Lock()

    def check(self, sender: Sender, now: int) -> None:
        """Before anything is read: raises `TooFast` where the sender is in debt."""
        self.charge(sender, 0, 0, now)

    def charge(self, sender: Sender, events: int, size: int, now: int) -> None:
        """What a request has cost, before anything of it is stored.

        Raises `TooFast`, and charges nothing, where requests beside it have put the sender into debt meanwhile.
        """
        rate = self._own.get(sender.token) or self._own.get(sender.source) or self._rate
        if rate == UNLIMITED:
            return
        with self._lock:
            account = _filled(self._accounts.pop(sender.name, None), rate, now)
            seconds = _wait(account, rate)
            self._accounts[sender.name] = account if seconds else _spent(account, events, size)
            if len(self._accounts) > self._most:
                self._accounts.popitem(last=False)
        if seconds:
            raise TooFast(f"{sender.name or 'this sender'} may send {rate}; try again in {seconds} s", seconds)


def _filled(account: _Account | None, rate: Rate, now: int) -> _Account:
    def one(bucket: Bucket | None, rate: int | None) -> Bucket | None:
        if rate is None:
            return None
        return full(rate, now) if bucket is None else filled(bucket, rate, now)

    return _Account(one(account and account.events, rate.events), one(account and account.size, rate.bytes))


def _spent(account: _Account, events: int, size: int) -> _Account:
    return _Account(account.events and spent(account.events, events), account.size and spent(account.size, size))


def _wait(account: _Account, rate: Rate) -> int:
    buckets = ((account.events, rate.events), (account.size, rate.bytes))
    return max(wait(bucket, rate) for bucket, rate in buckets if bucket is not None and rate is not None)
