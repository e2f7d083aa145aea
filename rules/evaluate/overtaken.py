"""What evaluators wrote after others had taken their leases: paused in the middle of writing, they went on with that
when they woke. No lease can stop a statement that is under way; so whoever finds that it was overtaken takes back what
it should not have written, at once and not when a sweep comes by.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from rules.evaluate.record_rows import Stamp
from rules.evaluate.records import close_opened
from store.clickhouse import ClickHouse
from store.event import SECOND

KEPT = 20 * SECOND  # longer than a lease: what was being judged without knowing of it has been written then

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Writing:
    """What is written of which orders, under the version of the stamp."""

    workflow: str
    correlation_ids: Sequence[str]
    stamp: Stamp


@dataclass(slots=True)
class _Late:
    """`until`: how long it is looked at (µs UTC), once that has begun."""

    writing: Writing
    until: int | None = None


class Overtaken:
    """Of all evaluators of a process; safe to share among threads.

    It takes no lease to take something back: a version of a lease that is gone loses against every row that was, or
    will be, written under a later one.
    """

    def __init__(self) -> None:
        self._known: list[_Late] = []
        self._lock = Lock()

    def add(self, writing: Writing) -> None:
        """It is no longer known whether the lease was ours while this was written."""
        with self._lock:
            self._known.append(_Late(writing))

    def take_back(self, clickhouse: ClickHouse, now: int) -> None:
        """Close what was opened and is refuted by a newer record. Whoever has the lease now may be about to write such
        a record, without having seen what was opened: so it is looked at again for `KEPT`. `now` in µs UTC.

        Raises StoreUnavailable or StoreRefused.
        """
        with self._lock:
            known = list(self._known)
        for late in known:
            it = late.writing
            closed = close_opened(clickhouse, it.workflow, it.correlation_ids, it.stamp)
            if closed:
                log.warning("evaluator: lost its lease while it wrote: %d findings taken back", closed)
            late.until = now + KEPT if late.until is None else late.until
        with self._lock:
            self._known = [late for late in self._known if late.until is None or now < late.until]
