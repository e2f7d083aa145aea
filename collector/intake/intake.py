"""Group commit: the events of many requests go to ClickHouse by one insert, and each request is answered after it.

Two threads take from what waits. The writer inserts, one group at a time, while the next one gathers. The keeper puts
into the spool what ClickHouse did not take, or has not taken in time; and everything, while ClickHouse is away or does
not answer. The drainer brings it from there to ClickHouse, and says when ClickHouse is there again.

Lines that nobody has read go to ClickHouse in groups of their own, or nowhere: whatever comes in between, who handed
them in has to decode them, and hands in columns.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from threading import Condition, Lock, Thread
from types import TracebackType
from typing import Self

from collector.errors import Overloaded, Unread
from collector.intake.group import Bounds, Group, Request, Waiting
from collector.intake.parcel import Parcel
from collector.intake.spool import Spool
from collector.lines import Lines
from store.clickhouse import ClickHouse
from store.errors import StoreRefused, StoreUnavailable
from store.event import EventColumns
from store.quarantine import Row

logger = logging.getLogger(__name__)

BOUNDS = Bounds()
PATIENCE = 2.0  # seconds
_NO_LINES = 10.0  # seconds that ClickHouse is not asked to read anything, once it could not


class Intake:
    """Takes what requests hand in. Without a spool, what ClickHouse does not take is not acknowledged.

    `patience`: seconds that ClickHouse may take for a group before the spool takes it. Use it as a context manager, or
    call `start` and `close`; the spool is the caller's to close.
    """

    def __init__(
        self, clickhouse: ClickHouse, bounds: Bounds = BOUNDS, spool: Spool | None = None, patience: float = PATIENCE
    ) -> None:
        self._clickhouse = clickhouse
        self._spool = spool
        self._patience = patience
        self._waiting = Waiting(bounds)
        self._arriving: dict[object, int] = {}
        self._inserting: Group | None = None
        self._to_spool: list[Group] = []  # what ClickHouse did not take
        self._lines_from = 0.0  # seconds by the monotonic clock
        self._away = False
        self._full = False
        self._closing = False
        self._lock = Lock()
        self._for_writer = Condition(self._lock)
        self._for_keeper = Condition(self._lock)
        self._threads = [Thread(target=self._write_groups, name="noshow-intake")]
        if spool is not None:
            self._threads.append(Thread(target=self._keep_groups, args=(spool,), name="noshow-spool"))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Take nothing more, store what waits or put it into the spool, and end."""
        with self._lock:
            self._closing = True
            self._notify()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, events: EventColumns, size: int, refused: Sequence[Row] = ()) -> Future[None]:
        """Queue the events of one request, about `size` bytes, and what of it goes into the quarantine. The future is
        done once they outlive a `kill -9`: in ClickHouse, or in the spool.

        It fails with `StoreUnavailable` or `SpoolFull` (whether or not they were stored: send them again), or with
        `StoreRefused`. Raises `Overloaded` where too much waits already, or nothing is taken any more.
        """
        return self._queue(Request(Parcel(events, list(refused)), size, Future()))

    def takes_lines(self) -> bool:
        """Whether it may be quicker to let ClickHouse read lines than to decode them."""
        with self._lock:
            return not self._is_bypassed() and time.monotonic() >= self._lines_from

    def submit_lines(self, lines: Lines) -> Future[None]:
        """Queue lines that ClickHouse is to read. The future is done once their events are stored.

        It fails with `Unread` where they have to be decoded after all. Raises `Overloaded`.
        """
        return self._queue(Request(lines, len(lines.text), Future()))

    def _queue(self, request: Request) -> Future[None]:
        request.stored.set_running_or_notify_cancel()  # from here on nobody can call it back
        if not request.parcel:
            request.stored.set_result(None)
            return request.stored
        with self._lock:
            if self._closing:
                raise Overloaded("the collector is shutting down")
            if not self._waiting.has_room(len(request.parcel), request.size):
                raise Overloaded("too many events are waiting to be stored")
            self._waiting.add(request)
            self._notify()
        return request.stored

    @contextmanager
    def arriving(self) -> Iterator[Callable[[int], None]]:
        """For the length of one request. What is given is to be told when its events were accepted (µs UTC), which is
        before they are handed in."""
        request = object()
        try:
            yield partial(self._arriving.__setitem__, request)
        finally:
            self._arriving.pop(request, None)

    def resume(self) -> None:
        """ClickHouse is there again, it seems."""
        with self._lock:
            if self._away and not self._closing:
                logger.warning("the event store is there again")
                self._away = False
                self._notify()

    def waiting(self) -> int:
        """Events that are neither stored nor in the spool."""
        with self._lock:
            return self._waiting.events

    def oldest(self) -> int | None:
        """When the oldest event was accepted that is neither stored nor in the spool, µs UTC."""
        arriving = list(self._arriving.values())  # before what waits: they may be handed in meanwhile
        with self._lock:
            waiting = self._waiting.oldest()
        return min(arriving if waiting is None else [*arriving, waiting], default=None)

    def _notify(self) -> None:
        """Wake whoever's turn it is: to wake both at every request would cost more than the request does."""
        self._for_writer.notify()
        if self._spool is not None and (self._is_bypassed() or self._to_spool or self._closing):
            self._for_keeper.notify()

    def _is_bypassed(self) -> bool:
        return self._away or (self._inserting is not None and self._inserting.kept)

    def _answer(self, group: Group, error: Exception | None = None) -> bool:
        """Once only: false where it was answered before."""
        with self._lock:
            if group.answered:
                return False
            group.answered = True
            self._waiting.answered(group)
        group.answer(error)
        return True

    # The writer

    def _write_groups(self) -> None:
        while group := self._next_to_write():
            self._write(group)
            with self._lock:
                self._inserting = None
                self._notify()

    def _next_to_write(self) -> Group | None:
        """Waits for it; none at the end, when the rest is the keeper's."""
        with self._lock:
            self._for_writer.wait_for(lambda: self._closing or (self._waiting and not self._away))
            if self._away or not self._waiting:
                return None
            self._inserting = group = self._waiting.next_group()
            group.begun = time.monotonic()
            return group

    def _write(self, group: Group) -> None:
        try:
            group.write(self._clickhouse)
        except StoreUnavailable as error:
            self._not_taken(group, error)
        except Exception as error:  # whatever it is, those who wait must hear of it, and the thread must go on
            self._refused(group, error)
        else:
            if not self._answer(group):
                self._forget(group)

    def _not_taken(self, group: Group, error: StoreUnavailable) -> None:
        if group.unread:
            logger.info("%d lines of %d requests were not read by the store: %s", *_counts(group), error)
            self._lines_from = time.monotonic() + _NO_LINES
            self._answer(group, Unread(odd=False))
            return
        if self._spool is None:
            logger.error("%d rows of %d requests were not stored: %s", *_counts(group), error)
            self._answer(group, error)
            return
        with self._lock:
            if not self._away:
                logger.warning("the event store is away; what comes goes into the spool: %s", error)
            self._away = True
            if not group.kept:
                self._to_spool.append(group)

    def _refused(self, group: Group, error: Exception) -> None:
        """One request that the store will not take must not fail its neighbours."""
        with self._lock:
            if group.kept:
                return
            if len(group.requests) > 1:
                level = logging.DEBUG if group.unread else logging.WARNING
                logger.log(
                    level, "the store refused %d rows of %d requests; each goes alone: %s", *_counts(group), error
                )
                self._waiting.put_back(group.singly())
                self._inserting = None  # or the keeper might take the group as well
                return
        if group.unread:
            logger.debug("%d lines are to be decoded: %s", len(group), error)
            self._answer(group, Unread(odd=True))
        elif self._answer(group, StoreRefused(str(error))):
            logger.error("the store refused %d rows of a request: %s", len(group), error)
            logger.debug("what the store refused", exc_info=error)

    # The keeper

    def _keep_groups(self, spool: Spool) -> None:
        while group := self._next_to_keep():
            if group.unread:
                self._answer(group, Unread(odd=False))
                continue
            try:
                spool.put(group.parcel, group.size, group.token if group.begun is not None else None)
            except Exception as error:  # the disk has no room, or trouble: whoever waits must hear of it
                self._not_kept(group, error)
            else:
                self._full = False
                if not self._answer(group):
                    self._forget(group)

    def _not_kept(self, group: Group, error: Exception) -> None:
        if not self._full:
            logger.error("%d rows of %d requests were turned away, and more may be: %s", *_counts(group), error)
        self._full = True
        self._answer(group, error)

    def _next_to_keep(self) -> Group | None:
        """Waits for it; none at the end, when nothing waits and nothing is being inserted."""
        with self._lock:
            while not (group := self._kept_next()):
                if self._closing and not self._waiting and self._inserting is None:
                    return None
                self._for_keeper.wait(max(0.0, self._patience_left()))
            group.kept = True
            return group

    def _kept_next(self) -> Group | None:
        if self._to_spool:
            return self._to_spool.pop(0)
        if self._waiting and self._is_bypassed():
            return self._waiting.next_group()
        if self._patience_left() > 0:
            return None
        logger.warning("the event store takes long; what comes meanwhile goes into the spool")
        return self._inserting

    def _patience_left(self) -> float:
        """Seconds until ClickHouse has taken too long for what it is asked to take; at least a look once a while."""
        group = self._inserting
        if group is None or group.begun is None or group.kept:
            return self._patience
        return group.begun + self._patience - time.monotonic()

    def _forget(self, group: Group) -> None:
        """It is in ClickHouse, and got into the spool meanwhile."""
        if self._spool is not None and not group.unread:
            try:
                self._spool.forget(group.token)
            except Overloaded:
                logger.debug("a group stays in the spool, and goes to the store again")


def _counts(group: Group) -> tuple[int, int]:
    return len(group), len(group.requests)
