"""What was refused, told in the log now and then: many senders never look at the answer."""

import logging

from collector.batch import Batch
from store.event import SECOND

logger = logging.getLogger(__name__)

_EVERY = 10 * SECOND


class Refusals:
    """Counts refusals, and logs a line at most every ten seconds."""

    def __init__(self) -> None:
        self._count = 0
        self._told_at: int | None = None

    def add(self, batch: Batch, now: int) -> None:
        """`now` in µs UTC."""
        self._count += len(batch.rejected)
        if not batch.rejected or (self._told_at is not None and now < self._told_at + _EVERY):
            return
        last = batch.rejected[-1]
        logger.warning("%d events refused, the last because of its %s: %s", self._count, last.field, last.reason)
        self._count, self._told_at = 0, now
