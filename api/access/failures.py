"""Failed sign-ins: whoever guesses is made to wait. Counted for an address, so that nobody can lock out another."""

import ipaddress
from threading import Lock

from store.event import MINUTE

ALLOWED = 10
WITHIN = 10 * MINUTE
MOST = 10_000


class Failures:
    """Bounded: the address that failed first makes room. Safe to share among threads; instants in µs UTC."""

    def __init__(self, allowed: int = ALLOWED, within: int = WITHIN, most: int = MOST) -> None:
        self._allowed = allowed
        self._within = within
        self._most = most
        self._failed: dict[str, tuple[int, int]] = {}  # how often, and since when
        self._lock = Lock()

    def wait(self, address: str, now: int) -> int:
        """For how long, in µs, this address may not try again; 0 if it may."""
        with self._lock:
            count, since = self._failed.get(_key(address), (0, now))
        return max(0, since + self._within - now) if count >= self._allowed else 0

    def add(self, address: str, now: int) -> None:
        key = _key(address)
        with self._lock:
            count, since = self._failed.pop(key, (0, now))
            if not 0 <= now - since < self._within:
                count, since = 0, now
            if len(self._failed) >= self._most:
                del self._failed[next(iter(self._failed))]
            self._failed[key] = (count + 1, since)


def _key(address: str) -> str:
    """Of IPv6 the network of one customer: whoever has one address of it has all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
