"""Telling the evaluator that this collector is there, and how far it has brought what it accepted."""

import logging
from collections.abc import Callable, Sequence
from threading import Event

from collector.errors import SpoolFull
from collector.intake.intake import Intake
from collector.intake.spool import Spool
from store import collectors
from store.clock import Clock
from store.collectors import BEHIND, Report
from store.database import Database
from store.errors import StoreUnavailable

logger = logging.getLogger(__name__)

# Judgement is as far behind as this at most: an event is then rarely met before its time.
_EVERY = 0.25  # seconds


class Registration:
    """Register before anything is accepted: the evaluator waits only for those it knows of. `host`: of this process.

    `upstream`: each tells since when (µs UTC) there may be something that it has still to fetch.
    """

    def __init__(
        self, database: Database, intake: Intake, spool: Spool, host: str, upstream: Sequence[Callable[[], int]] = ()
    ) -> None:
        self._database = database
        self._intake = intake
        self._spool = spool
        self._host = host
        self._upstream = upstream
        self._watermark = 0  # that was told last
        self._failing = False

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. While the database is away events are taken all the same: nothing is judged either."""
        while not stop.is_set():
            try:
                self.step(clock.now())
                self._failing = False
            except (StoreUnavailable, SpoolFull) as error:
                if not self._failing:
                    logger.warning("the evaluator is not told how far this collector is: %s", error)
                self._failing = True
            except Exception:
                logger.exception("registration: a step failed and is tried again")
            clock.sleep(_EVERY)

    def step(self, now: int) -> None:
        """Say how far it is. `now` (µs UTC) must have been read just before. Raises StoreUnavailable or SpoolFull."""
        told = self._report(now)
        with self._database.begin() as connection:
            collectors.report(connection, told, now)

    def leave(self, now: int) -> None:
        """Nothing more is accepted: be no longer waited for, unless something is left, here or to be fetched. Raises as
        `step` does."""
        told = self._report(now)
        with self._database.begin() as connection:
            if told.waiting or told.watermark < now - BEHIND:
                collectors.report(connection, told, now)
            else:
                collectors.leave(connection, told.id)

    def _report(self, now: int) -> Report:
        """Asked in the order in which events go: what is found nowhere has gone through the spool into ClickHouse, or
        straight there."""
        to_fetch = [oldest() for oldest in self._upstream]
        accepted = self._intake.oldest()
        held = self._spool.held()
        known = [it for it in (accepted, held.oldest) if it is not None]
        if any(it > now for it in known):  # by a clock that was set back since: in truth they came before
            known.append(self._watermark)
        self._watermark = min([now, *to_fetch, *known])
        return Report(self._spool.collector, self._host, self._watermark, held.waiting, held.refused)
