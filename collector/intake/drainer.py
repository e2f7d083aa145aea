"""From the spool into ClickHouse, oldest first; and so the first to know when ClickHouse is there again."""

import logging
from collections.abc import Callable
from threading import Event

from collector.errors import SpoolFull
from collector.intake.spool import Batch, Spool
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.errors import StoreUnavailable

logger = logging.getLogger(__name__)

_PAUSE = 1.0  # seconds


class Drainer:
    """`resume` is called when ClickHouse takes what it is given, or when nothing is left to try that with."""

    def __init__(self, spool: Spool, clickhouse: ClickHouse, resume: Callable[[], None]) -> None:
        self._spool = spool
        self._clickhouse = clickhouse
        self._resume = resume
        self._failing = False

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged once and tried again."""
        while not stop.is_set():
            if not self._tried(clock.now()):
                clock.sleep(_PAUSE)

    def step(self, now: int) -> bool:
        """Bring the oldest batch to ClickHouse; whether there may be more. `now` in µs UTC.

        Raises StoreUnavailable or SpoolFull: then it is still in the spool, and the next step is to bring it again.
        """
        batch = self._spool.batch(now)
        if batch is None:
            self._resume()
            # Not before: what was refused once must not be in the way of what was not.
            return self._spool.retry_refused(now) or self._spool.shrink()
        try:
            batch.parcel.write(self._clickhouse, batch.token)
        except StoreUnavailable:
            raise
        except Exception as error:  # whatever it is, what comes behind must not wait for it
            self._refused(batch, error, now)
            return False  # if the store refuses everything, at least it is not asked all the time
        self._spool.forget(batch.token)
        self._resume()
        return True

    def _refused(self, batch: Batch, error: Exception, now: int) -> None:
        if len(batch.parcel) > 1:
            logger.warning("the store refused %d acknowledged rows together: %s", len(batch.parcel), error)
        else:
            logger.error("the store refused an acknowledged row; it stays in the spool, and is tried hourly: %s", error)
        self._spool.split(batch, str(error), now)

    def _tried(self, now: int) -> bool:
        try:
            more = self.step(now)
        except (StoreUnavailable, SpoolFull) as error:
            if not self._failing:
                logger.warning("the spool waits: %s", error)
            self._failing = True
            return False
        except Exception:
            logger.exception("the spool: a step failed and is tried again")
            return False
        self._failing = False
        return more
