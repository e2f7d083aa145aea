"""The continuous evaluation: work follows change, and every verdict is written once.

A round looks at what was touched or fell due, and shares it out in pieces. A tick does one piece, so that it is short
beside the lease, however much there is to do: it takes the next version under the lease, judges at an instant that
never goes back, and writes findings, deadlines and instances. The cursors move when the last piece is done. Whatever is
interrupted is done again.
"""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

from rules.candidates import Blocks, Look
from rules.judge import judge
from rules.record_rows import Stamp
from rules.records import Written, close_refuted, write
from rules.spec import Workflow
from rules.sql import Sql
from rules.sweep import Sweep
from store import cursors, leases
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.database import Database
from store.errors import LeaseLost, StoreRefused, StoreUnavailable
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


@dataclass(frozen=True, slots=True)
class _Round:
    """What was found to do at `as_of`, and the pieces of it that are left."""

    look: Look
    as_of: int
    pieces: deque[tuple[Workflow, Sql]]


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
        self._epoch = 0  # of the last lease
        self._blocks = Blocks()
        self._round: _Round | None = None
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
        """Judge what changed until `now` (µs UTC), or a piece of it; `None` while another evaluator holds the lease.

        Raises StoreUnavailable, StoreRefused, or LeaseLost when somebody took over in the middle.
        """
        if not self._take(now):
            return None
        lease = self._next(now)
        self._round = round_ = self._round or self._begin(lease)
        written = Written()
        if round_.pieces:
            written += self._judge_or_skip(*round_.pieces[0], now)
            round_.pieces.popleft()
        if not round_.pieces:
            self._end(round_, now)
            written += self._sweep_some(now)
        more = self._round is not None or not round_.look.complete or self._sweep.is_behind
        return Tick(lease.as_of, round_.look.size, written, more)

    def forget(self) -> None:
        """After a failure: nothing that was not written may be taken for done."""
        self._lease = None
        self._blocks = Blocks()
        self._round = None

    def release(self) -> None:
        if self._lease is not None:
            leases.release(self._database, self._lease)
            self._lease = None

    def _take(self, now: int) -> bool:
        if self._lease is None:
            self._lease = leases.acquire(self._database, LEASE, self._holder, now, _TTL)
        if self._lease is not None and self._lease.epoch != self._epoch:
            self._epoch = self._lease.epoch
            self._sweep.forget()
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

    def _begin(self, lease: Lease) -> _Round:
        with self._database.read() as connection:
            touched = cursors.read(connection, _TOUCHED) or 0
            woken = cursors.read(connection, _WOKEN) or 0
        look = self._blocks.look(self._clickhouse, touched, (woken, lease.as_of), self._settings.overlap)
        parts = look.conditions(self._settings.batch)
        return _Round(look, lease.as_of, deque((it, among) for among in parts for it in self._workflows))

    def _end(self, round_: _Round, now: int) -> None:
        self._next(now)
        with self._database.begin() as connection:
            cursors.move(connection, _TOUCHED, round_.look.cursor)
            cursors.move(connection, _WOKEN, round_.as_of)
        self._blocks.done(round_.look)
        self._round = None

    def _judge_or_skip(self, workflow: Workflow, among: Sql, now: int) -> Written:
        """A rule that the store will not judge must not keep it from judging the others; the sweep comes back to it."""
        try:
            return self._judge(workflow, among, now)
        except StoreRefused as error:
            log.error("evaluator: %s cannot be judged: %s", workflow.name, error)
            return Written()

    def _judge(self, workflow: Workflow, among: Sql, now: int) -> Written:
        lease = self._next(now)
        changed = list(judge(self._clickhouse, workflow, lease.as_of, among, only_changes=True))
        # Judging takes long: whoever lost the lease meanwhile must not even begin to write.
        self._next(now)
        return write(self._clickhouse, workflow, changed, Stamp(lease.as_of, lease.version))

    def _sweep_some(self, now: int) -> Written:
        work = self._sweep.due(self._clickhouse, self._database, now)
        if work is None:
            return Written()
        written = self._judge_or_skip(work.workflow, work.among, now) if work.among else Written()
        if work.swept:
            lease = self._next(now)
            stamp = Stamp(lease.as_of, lease.version)
            written += close_refuted(self._clickhouse, work.swept, stamp)
        self._sweep.done(self._database, work)
        return written
