"""The sweep over a source of truth: on a schedule, what has changed there is compared with what is here, both ways."""

import logging
from threading import Event

from reconcile.errors import SweepFailed
from reconcile.rulebook import Rulebook
from reconcile.truth.sweep.findings import Findings
from reconcile.truth.sweep.here import Here
from reconcile.truth.sweep.listing import Listing
from reconcile.truth.sweep.passing import Pass, Window
from store import cursors, leases
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.database import Database
from store.errors import LeaseLost, StoreUnavailable
from store.event import MINUTE, SECOND

logger = logging.getLogger(__name__)

_TTL = 10 * MINUTE  # of the lease: longer than a page can take
_FAULT = 5 * MINUTE  # until a pass that failed is begun anew
_IDLE = 1.0  # seconds between looks at the clock


class Sweeper:
    """One sweep. Of any number, in any processes, one makes a pass at a time; what is killed is begun anew, and what
    was found before is found as it is. `holder` names this process."""

    def __init__(
        self, clickhouse: ClickHouse, database: Database, rulebook: Rulebook, listing: Listing, holder: str
    ) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._rulebook = rulebook
        self._listing = listing
        self._settings = listing.settings
        self._holder = holder
        self._findings = Findings(database, listing.settings)
        self._not_before = 0
        self._failure = ""

    @property
    def name(self) -> str:
        """Of its cursor, the instant up to which everything has been compared, and of its lease."""
        return f"truth.sweep.{self._settings.name}"

    def step(self, now: int, clock: Clock | None = None) -> bool:
        """Make a pass at `now` (µs UTC) if it is due and nobody else makes it; whether it was made. `clock`: by which
        it keeps its lease while it lasts, and waits where the provider asks for it; without one it takes no time.

        Raises StoreError. What the provider does wrong is recorded, and the pass begun anew later.
        """
        window = self._window(now)
        if now < self._not_before or window is None:
            return False
        lease = leases.acquire(self._database, self.name, self._holder, now, _TTL)
        if lease is None:
            return False
        self._not_before = now + min(_FAULT, self._settings.every)
        try:
            self._make(window, lease, now, clock)
        except SweepFailed as error:
            self._fail(str(error), now)
            return False
        finally:
            leases.release(self._database, lease)
        return True

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        while not stop.is_set():
            try:
                self.step(clock.now(), clock)
            except (StoreUnavailable, LeaseLost) as error:
                logger.warning("sweep %s: %s", self._settings.name, error)
            except Exception:
                logger.exception("sweep %s: a pass failed and is begun anew", self._settings.name)
            clock.sleep(_IDLE)

    def _window(self, now: int) -> Window | None:
        """What the next pass is over; `None` while it is not due."""
        settings = self._settings
        until = now - settings.lag
        with self._database.read() as connection:
            position = cursors.read(connection, self.name)
        if position is not None and until - position < settings.every:
            return None
        since = until - settings.look_back if position is None else position
        return Window(max(0, since - settings.overlap), since, until)

    def _make(self, window: Window, lease: leases.Lease, now: int, clock: Clock | None) -> None:
        def renew() -> None:
            nonlocal lease
            lease = leases.advance(self._database, lease, now, clock.now() if clock else now, _TTL)

        step = self._rulebook.step(self._settings.workflow, self._settings.step)
        if step is None:
            raise SweepFailed(f"no rule in force has {self._settings.step} in {self._settings.workflow}")
        here = Here(self._clickhouse, self._database, self._settings, step.matcher.names)
        wait = clock.sleep if clock else _at_once
        told = Pass(self._listing, here, self._findings, window, now).make(renew, wait)
        renew()
        with self._database.begin() as connection:
            cursors.move(connection, self.name, window.until)
        self._failure = ""
        self._findings.passed("truth.swept", told, now)
        logger.info("sweep %s: %s", self._settings.name, told)

    def _fail(self, why: str, now: int) -> None:
        """Recorded once, and logged whenever it happens."""
        logger.warning("sweep %s: %s; begun anew in %d s", self._settings.name, why, (self._not_before - now) // SECOND)
        if why != self._failure:
            self._findings.passed("truth.sweep_failed", {"why": why}, now)
        self._failure = why


def _at_once(_: float) -> None:
    """Nobody waits."""
