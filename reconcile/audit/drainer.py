"""The audit trail's loop: chains what was entered, brings it to ClickHouse, and carries out redactions."""

from threading import Event

from reconcile.audit import chain, copying, passes, redaction, rule_changes
from reconcile.loop import repeat
from store import leases
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.database import Database
from store.event import HOUR, SECOND
from store.leases import Lease

LEASE = "audit"

_TTL = 15 * SECOND
_TIDY_EVERY = HOUR


class Drainer:
    """One of any number; only the one that holds the lease does anything.

    The lease keeps them from doing everything twice. That the chain does not fork, and that nothing is left out of the
    copy, does not hang on it.
    """

    def __init__(self, clickhouse: ClickHouse, database: Database, holder: str, keep: int) -> None:
        """`keep`: how long a copied row stays in the SQL database, in µs."""
        self._clickhouse = clickhouse
        self._database = database
        self._holder = holder
        self._keep = keep
        self._lease: Lease | None = None
        self._renew_at = 0
        self._tidy_at = 0

    def step(self, now: int) -> bool:
        """Chain and copy the next rows at `now` (µs UTC).

        Says whether there may be more at once. Raises `StoreUnavailable`, `StoreRefused` or `Raced`; nothing is lost.
        """
        if not self._leads(now):
            return False
        rule_changes.tell(self._database, now)
        passes.tell(self._database, now)
        chained = chain.extend(self._database, now)
        copied = copying.copy(self._clickhouse, self._database)
        redaction.carry_out(self._clickhouse, self._database)
        if now >= self._tidy_at:
            redaction.repeat(self._clickhouse)
            copying.prune(self._database, now - self._keep)
            self._tidy_at = now + _TIDY_EVERY
        return chained == chain.AT_ONCE or copied == copying.AT_ONCE

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        repeat("audit trail", self.step, clock, stop)
        self.release()

    def release(self) -> None:
        if self._lease is not None:
            leases.release(self._database, self._lease)
            self._lease = None

    def _leads(self, now: int) -> bool:
        """Holds the lease, which is renewed when half of it has gone by."""
        if self._lease is None or now >= self._renew_at:
            self._lease = leases.acquire(self._database, LEASE, self._holder, now, _TTL)
            self._renew_at = now + _TTL // 2
        return self._lease is not None
