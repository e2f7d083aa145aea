"""Group commit: the events of many requests go to ClickHouse by one insert, and each request is answered after it."""

import logging
import uuid
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Condition, Thread
from types import TracebackType
from typing import NamedTuple, Self

from collector.errors import Overloaded
from store import events as event_store
from store import quarantine
from store.clickhouse import ClickHouse
from store.errors import StoreError, StoreRefused, StoreUnavailable
from store.event import EventColumns
from store.quarantine import Row

logger = logging.getLogger(__name__)


class Bounds(NamedTuple):
    """`group_…`: what one insert joins, at most (a request that is larger goes alone); `waiting_…`: what may wait."""

    group_events: int = 50_000
    group_bytes: int = 64 << 20
    waiting_events: int = 200_000
    waiting_bytes: int = 256 << 20


BOUNDS = Bounds()


class _Request(NamedTuple):
    events: EventColumns
    refused: Sequence[Row]
    size: int
    stored: Future[None]


class Intake:
    """One thread that inserts what requests hand in: one group at a time, while the next one gathers.

    Use it as a context manager, or call `start` and `close`.
    """

    def __init__(self, clickhouse: ClickHouse, bounds: Bounds = BOUNDS) -> None:
        self._clickhouse = clickhouse
        self._bounds = bounds
        self._waiting: deque[_Request] = deque()
        self._events = 0
        self._bytes = 0
        self._closing = False
        self._changed = Condition()
        self._thread = Thread(target=self._run, name="noshow-intake")

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Take nothing more, store what waits, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, events: EventColumns, size: int, refused: Sequence[Row] = ()) -> Future[None]:
        """Queue the events of one request, about `size` bytes, and what of it goes into the quarantine. The future is
        done once ClickHouse has them all.

        It fails with `StoreUnavailable` (whether or not they were stored: send them again) or `StoreRefused`.
        Raises `Overloaded` where too much waits already, or nothing is taken any more.
        """
        request = _Request(events, refused, size, Future())
        request.stored.set_running_or_notify_cancel()  # from here on nobody can call it back
        if not events and not refused:
            request.stored.set_result(None)
            return request.stored
        with self._changed:
            self._check(_rows(request), size)
            self._waiting.append(request)
            self._events += _rows(request)
            self._bytes += size
            self._changed.notify()
        return request.stored

    def _check(self, events: int, size: int) -> None:
        if self._closing:
            raise Overloaded("the collector is shutting down")
        too_much = (
            self._events + events > self._bounds.waiting_events or self._bytes + size > self._bounds.waiting_bytes
        )
        if too_much and self._events:
            raise Overloaded("too many events are waiting to be stored")

    def _run(self) -> None:
        while group := self._next_group():
            self._store(group)
            with self._changed:
                self._events -= _count(group)
                self._bytes -= sum(request.size for request in group)

    def _next_group(self) -> list[_Request]:
        """What waits, up to the bounds of a group; waits for it. Empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            group: list[_Request] = []
            events = size = 0
            while self._waiting:
                events += _rows(self._waiting[0])
                size += self._waiting[0].size
                if group and (events > self._bounds.group_events or size > self._bounds.group_bytes):
                    break
                group.append(self._waiting.popleft())
            return group

    def _store(self, group: Sequence[_Request]) -> None:
        try:
            self._write(group)
        except StoreUnavailable as error:
            self._fail(group, error)
        except Exception as error:  # whatever it is, those who wait must hear of it, and the thread must go on
            if len(group) > 1:
                logger.warning("the store refused %d requests together; trying each alone: %s", len(group), error)
                self._store_singly(group)
            else:
                logger.debug("what the store refused", exc_info=error)
                self._fail(group, StoreRefused(str(error)))
        else:
            for request in group:
                request.stored.set_result(None)

    def _store_singly(self, group: Sequence[_Request]) -> None:
        """So that one request that the store will not take does not fail its neighbours."""
        for place, request in enumerate(group, start=1):
            self._store([request])
            error = request.stored.exception()
            if isinstance(error, StoreUnavailable):
                self._fail(group[place:], error)
                return

    def _write(self, group: Sequence[_Request]) -> None:
        """Events come last: a group that is written again has the same rows for the quarantine."""
        if refused := [row for request in group for row in request.refused]:
            self._set_apart(refused)
        event_store.write_columns(self._clickhouse, _joined(group), token=uuid.uuid4().hex)

    def _set_apart(self, refused: Sequence[Row]) -> None:
        try:
            quarantine.write(self._clickhouse, refused)
        except StoreRefused as error:  # that must not keep good events out
            logger.error("%d refused events can't be kept: %s", len(refused), error)

    def _fail(self, group: Sequence[_Request], error: StoreError) -> None:
        if group:
            logger.error("%d rows of %d requests were not stored: %s", _count(group), len(group), error)
        for request in group:
            request.stored.set_exception(error)


def _rows(request: _Request) -> int:
    return len(request.events) + len(request.refused)


def _count(group: Sequence[_Request]) -> int:
    return sum(map(_rows, group))


def _joined(group: Sequence[_Request]) -> EventColumns:
    if len(group) == 1:
        return group[0].events
    events = EventColumns()
    for request in group:
        events.extend(request.events)
    return events
