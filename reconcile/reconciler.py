"""The reconciler's loop: intake as long as there is something to take in, what the clock does to cases, and a slice of
the sweep now and then."""

from threading import Event

from reconcile.cases.alarms import Alarms
from reconcile.cases.casebook import Casebook
from reconcile.cases.intake import Intake
from reconcile.cases.sweep import SLICES, Sweep
from reconcile.loop import SOON, repeat
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.database import Database
from store.settings import Settings


class Reconciler:
    """Findings into cases, snoozes and escalations. Any number of reconcilers may run at once."""

    def __init__(self, intake: Intake, alarms: Alarms, sweep: Sweep, sweep_every: int) -> None:
        self._intake = intake
        self._alarms = alarms
        self._sweep = sweep
        self._sweep_every = sweep_every
        self._swept_at: int | None = None

    @classmethod
    def build(cls, clickhouse: ClickHouse, database: Database, settings: Settings) -> "Reconciler":
        casebook = Casebook(database)
        intake = Intake(clickhouse, database, casebook, settings.evaluator.overlap)
        # A round takes as long as the evaluator's, in as many slices as there are here.
        every = settings.evaluator.sweep_every * settings.evaluator.sweep_slices // SLICES
        return cls(intake, Alarms(database, casebook), Sweep(clickhouse, database, casebook), every)

    def step(self, now: int) -> bool:
        """One unit of work at `now` (µs UTC): the snoozes and escalations that are due, and the next rows of findings,
        or a slice of the sweep if it is due.

        Says whether there may be more at once. Raises `StoreUnavailable`, `StoreRefused` or `Raced`; nothing is lost.
        """
        ringing = self._alarms.step(now)
        if self._intake.step(now):
            return True
        if self._swept_at is None or now - self._swept_at >= self._sweep_every:
            self._swept_at = now
            self._sweep.step(now)
        return ringing

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        repeat("reconciler", self.step, clock, stop, SOON)
