"""What waits to be stored: requests, and groups of them that go to ClickHouse, or into the spool, as one."""

import uuid
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from collector.intake.parcel import Parcel, joined
from collector.json import statement
from collector.lines import Lines
from store.clickhouse import ClickHouse


class Bounds(NamedTuple):
    """`group_…`: what one insert joins, at most (a request that is larger goes alone); `waiting_…`: what may wait."""

    group_events: int = 50_000
    group_bytes: int = 64 << 20
    waiting_events: int = 200_000
    waiting_bytes: int = 256 << 20


class Request(NamedTuple):
    parcel: Parcel | Lines
    size: int
    stored: Future[None]


@dataclass(eq=False)
class Group:
    """Requests that share one fate: all of them columns, or all of them lines that nobody has read.

    `begun`: when ClickHouse was asked to take it, in seconds by the monotonic clock. `kept`: it is the spool's to
    answer for, whatever ClickHouse says.
    """

    requests: Sequence[Request]
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    begun: float | None = None
    kept: bool = False
    answered: bool = False

    def __len__(self) -> int:
        return sum(len(request.parcel) for request in self.requests)

    def __bool__(self) -> bool:
        return True

    @property
    def size(self) -> int:
        return sum(request.size for request in self.requests)

    @property
    def unread(self) -> bool:
        return isinstance(self.requests[0].parcel, Lines)

    @cached_property
    def parcel(self) -> Parcel:
        """What was read. Not joined before it is needed: that takes a while, and no lock should be held meanwhile."""
        return joined([request.parcel for request in self.requests if isinstance(request.parcel, Parcel)])

    def write(self, clickhouse: ClickHouse) -> None:
        """Store all of it. Raises StoreUnavailable or StoreRefused."""
        if self.unread:
            statement.write(clickhouse, [it.parcel for it in self.requests if isinstance(it.parcel, Lines)])
        else:
            self.parcel.write(clickhouse, self.token)

    def singly(self) -> "list[Group]":
        return [Group([request]) for request in self.requests]

    def answer(self, error: Exception | None) -> None:
        for request in self.requests:
            if error is None:
                request.stored.set_result(None)
            else:
                request.stored.set_exception(error)


class Waiting:
    """Requests in their order, counted until they are answered. For use under the intake's lock."""

    def __init__(self, bounds: Bounds) -> None:
        self.events = 0
        self._bytes = 0
        self._bounds = bounds
        self._columns: deque[Request] = deque()
        self._lines: deque[Request] = deque()
        self._turns = (self._columns, self._lines)
        self._again: deque[Group] = deque()
        self._unanswered: dict[Future[None], int | None] = {}  # and when their events were accepted

    def __bool__(self) -> bool:
        return bool(self._columns or self._lines or self._again)

    def has_room(self, events: int, size: int) -> bool:
        """Whether so much more may wait; always where nothing does."""
        bounds = self._bounds
        too_much = self.events + events > bounds.waiting_events or self._bytes + size > bounds.waiting_bytes
        return not (too_much and self.events)

    def add(self, request: Request) -> None:
        queue = self._lines if isinstance(request.parcel, Lines) else self._columns
        queue.append(request)
        self._unanswered[request.stored] = request.parcel.accepted_at
        self.events += len(request.parcel)
        self._bytes += request.size

    def put_back(self, groups: Sequence[Group]) -> None:
        """They are next, as they are."""
        self._again.extendleft(reversed(groups))

    def next_group(self) -> Group:
        """What waits, up to the bounds of a group. Columns and lines take turns where there are both."""
        if self._again:
            return self._again.popleft()
        first, second = self._turns
        queue = first or second
        self._turns = (second, first) if queue is first else (first, second)
        group: list[Request] = []
        events = size = 0
        while queue:
            events += len(queue[0].parcel)
            size += queue[0].size
            if group and (events > self._bounds.group_events or size > self._bounds.group_bytes):
                break
            group.append(queue.popleft())
        return Group(group)

    def answered(self, group: Group) -> None:
        for request in group.requests:
            del self._unanswered[request.stored]
        self.events -= len(group)
        self._bytes -= group.size

    def oldest(self) -> int | None:
        """When the oldest event that is not answered for was accepted, µs UTC."""
        return min((at for at in self._unanswered.values() if at is not None), default=None)
