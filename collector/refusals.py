"""What was refused or left out, told in the log now and then: many senders never look at the answer."""

import logging

from collector.batch import Batch
from store.event import SECOND

logger = logging.getLogger(__name__)

_EVERY = 10 * SECOND


class Refusals:
    """Counts what was refused, and what was left out; logs a line of each at most every ten seconds."""

    def __init__(self) -> None:
        self._refused = _Count()
        self._ignored = _Count()

    def add(self, batch: Batch, now: int) -> None:
        """`now` in µs UTC."""
        if many := self._refused.add(len(batch.rejected), now):
            last = batch.rejected[-1]
            logger.warning("%d events refused, the last because of its %s: %s", many, last.field, last.reason)
        if many := self._ignored.add(batch.ignored, now):
            logger.info("%d log records and spans left out: no business events, by name or correlation ID", many)


class _Count:
    def __init__(self) -> None:
        self._count = 0
        self._told_at: int | None = None

    def add(self, many: int, now: int) -> int:
        """How many there were since they were last told, if it is time to tell; else 0."""
        self._count += many
        if not many or (self._told_at is not None and now < self._told_at + _EVERY):
            return 0
        told, self._count, self._told_at = self._count, 0, now
        return told
