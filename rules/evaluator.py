"""The continuous evaluation: work follows change, and every verdict is written once.

A tick takes the next version under its lease, looks at what was touched or fell due, judges it at an instant that never
goes back, and writes findings, deadlines and instances; the cursors move last. Whatever is interrupted is done again.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

from rules.candidates import Blocks
from rules.judge import judge
from rules.records import Stamp, Written, write
from rules.spec import Workflow
from rules.sql import Sql
from rules.sweep import Sweep
from store import cursors, leases
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.database import Database
from store.errors import LeaseLost, StoreUnavailable
from store.event import SECOND
from store.leases import Lease
from store.settings import EvaluatorSettings

LEASE = "evaluator"
_TTL = 15 * SECOND
_TOUCHED = "evaluator.touched"
_WOKEN = "evaluator.woken"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick did. `as_of`: the instant judged (µs UTC); `more`: there is work left, do not sleep."""

    as_of: int
    looked_at: int
    written: Written
    more: bool


class Evaluator:
    """One of any number; only the one that holds the lease does anything."""

    def __init__(
        self,
        clickhouse: ClickHouse,
        database: Database,
        workflows: Sequence[Workflow],
        settings: EvaluatorSettings,
        holder: str,
    ) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._workflows = tuple(workflows)
        self._settings = settings
        self._holder = holder
        self._lease: Lease | None = None
        self._blocks = Blocks()
        self._sweep = Sweep(self._workflows, settings)

    def run(self, clock: Clock, stop: Event) -> None:
        """Tick until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        while not stop.is_set():
            try:
                tick = self.tick(clock.now())
            except (StoreUnavailable, LeaseLost) as error:
                log.warning("evaluator: %s", error)
                self.forget()
                tick = None
            except Exception:
                log.exception("evaluator: a tick failed and is tried again")
                self.forget()
                tick = None
            if tick is None or not tick.more:
                clock.sleep(self._settings.tick / SECOND)
        self.release()

    def tick(self, now: int) -> Tick | None:
        """Judge what changed until `now` (µs UTC); `None` while another evaluator holds the lease.

        Raises StoreUnavailable, StoreRefused, or LeaseLost when somebody took over in the middle.
        """
        if not self._take(now):
            return None
        lease = self._next(now)
        with self._database.read() as connection:
            touched = cursors.read(connection, _TOUCHED) or 0
            woken = cursors.read(connection, _WOKEN) or 0
        look = self._blocks.look(self._clickhouse, touched, (woken, lease.as_of), self._settings.overlap)
        written = Written()
        for among in look.conditions(self._settings.batch):
            written += self._judge(self._workflows, among, self._next(now))
        self._next(now)
        with self._database.begin() as connection:
            cursors.move(connection, _TOUCHED, look.cursor)
            cursors.move(connection, _WOKEN, lease.as_of)
        self._blocks.done(look)
        swept = self._sweep_some(now)
        return Tick(lease.as_of, look.size, written + swept, more=not look.complete or self._sweep.is_behind)

    def forget(self) -> None:
        """After a failure: nothing that was not written may be taken for done."""
        self._lease = None
        self._blocks = Blocks()

    def release(self) -> None:
        if self._lease is not None:
            leases.release(self._database, self._lease)
            self._lease = None

    def _take(self, now: int) -> bool:
        if self._lease is None:
            self._lease = leases.acquire(self._database, LEASE, self._holder, now, _TTL)
        return self._lease is not None

    def _next(self, now: int) -> Lease:
        """The next version, and proof that the lease is still ours."""
        if self._lease is None:
            raise LeaseLost
        try:
            self._lease = leases.advance(self._database, self._lease, now, now, _TTL)
        except LeaseLost:
            self.forget()
            raise
        return self._lease

    def _judge(self, workflows: Sequence[Workflow], among: Sql, lease: Lease) -> Written:
        written = Written()
        stamp = Stamp(lease.as_of, lease.version)
        for workflow in workflows:
            changed = list(judge(self._clickhouse, workflow, lease.as_of, among, only_changes=True))
            written += write(self._clickhouse, workflow, changed, stamp)
        return written

    def _sweep_some(self, now: int) -> Written:
        written = Written()
        for work in self._sweep.due(self._clickhouse, self._database, now):
            written += self._judge([work.workflow], work.among, self._next(now))
            self._sweep.done(self._database, work)
        return written
