"""What was refused, in ClickHouse: until it is taken after all, put aside, or too old. Times are µs UTC."""

import base64
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

import msgspec

from store import quarantine_queries as queries
from store.clickhouse import ClickHouse
from store.event import SECOND


class State(StrEnum):
    WAITING = "waiting"  # nobody has seen to it
    REPLAYED = "replayed"  # it was taken after all
    DISCARDED = "discarded"  # somebody put it aside


COUNTED = "counted"
"""The state of what is no event: of so many of a fault the bytes were not kept."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """As it is written. `version` grows with every write. `fault` is field and reason without what differs from event
    to event; `keep_until` is in seconds since the epoch."""

    id: str
    version: int
    state: str
    received_at: int
    source: str
    sender: str
    form: str
    context: str
    field: str
    reason: str
    fault: str
    data: bytes
    size: int
    cut: bool
    number: int
    state_by: str
    keep_until: int


class Held(msgspec.Struct, frozen=True, gc=False):
    """One event that was refused, without its bytes. `size`: how many are kept of it."""

    id: str
    state: str
    received_at: int
    source: str
    sender: str
    form: str
    field: str
    reason: str
    fault: str
    group_id: str
    size: int
    cut: bool
    state_by: str


class Content(msgspec.Struct, frozen=True, gc=False):
    """What is decoded again."""

    id: str
    form: str
    context: str
    field: str
    reason: str
    data: bytes
    cut: bool


class Group(msgspec.Struct, frozen=True, gc=False):
    """One fault of one source: how many have it, how many more had it that were not kept, and the last of them."""

    id: str
    source: str
    fault: str
    count: int
    not_kept: int
    first_at: int
    last_at: int
    last_id: str
    reason: str
    sender: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that is given must fit. `group`: one fault of one source; `fault`: a part of field or reason; `q`: a part of
    the bytes; `since`: when it was last received, at the earliest. `after`: only ids behind this one."""

    ids: Sequence[str] = ()
    after: str = ""
    group: str = ""
    source: str = ""
    sender: str = ""
    fault: str = ""
    q: str = ""
    since: int = 0
    state: State | None = State.WAITING

    @property
    def given(self) -> dict[str, object]:
        """What was asked for, but the ids."""
        told = {name: getattr(self, name) for name in ("group", "source", "sender", "fault", "q", "since")}
        return {name: value for name, value in told.items() if value}

    def bound(self, now: int) -> dict[str, object]:
        """As parameters of the queries."""
        return {
            "ids": list(self.ids),
            "after": self.after,
            "group": self.group,
            "source": self.source,
            "sender": self.sender,
            "fault": self.fault,
            "q": self.q,
            "since": self.since,
            "state": self.state or "",
            "now": now // SECOND,
        }


FIRST = (2**63 - 1, "")
"""Where the first page begins."""

_MOVED_AT_ONCE = 1_000  # rows in one statement, whose parameters travel in the address of the request
_SAID_AT_ONCE = 100  # the same, where each has a reason of its own


@dataclass(frozen=True, slots=True)
class Why:
    """Why something was refused. `fault`: as in `Row`."""

    field: str
    reason: str
    fault: str


@dataclass(frozen=True, slots=True)
class Moved:
    """What becomes of rows that are waiting, and by whom. `said`: by id, why one is refused now."""

    state: State
    by: str
    said: Mapping[str, Why] = field(default_factory=dict)


def columns(rows: Sequence[Row]) -> dict[str, Sequence[object]]:
    """As `ClickHouse.insert` takes them."""
    return {name: [getattr(row, name) for row in rows] for name in Row.__struct_fields__}


def write(clickhouse: ClickHouse, rows: Sequence[Row]) -> None:
    """Keep them. Raises `StoreUnavailable` or `StoreRefused`, as all functions here do."""
    clickhouse.insert("quarantine", columns(rows))


def groups(clickhouse: ClickHouse, wanted: Wanted, now: int, limit: int) -> list[Group]:
    """Those that were seen last first."""
    return [Group(*row) for row in clickhouse.query(queries.GROUPS, wanted.bound(now) | {"limit": limit})]


def page(clickhouse: ClickHouse, wanted: Wanted, now: int, limit: int, before: tuple[int, str] = FIRST) -> list[Held]:
    """Those that were received last first; behind the one that was received at `before`, and has this id."""
    at, id_ = before
    bound = wanted.bound(now) | {"limit": limit, "before_at": at, "before_id": id_}
    return [Held(*row) for row in clickhouse.query(queries.PAGE, bound)]


def count(clickhouse: ClickHouse, wanted: Wanted, now: int) -> int:
    """How many events there are of what is wanted."""
    [(number,)] = clickhouse.query(queries.COUNT, wanted.bound(now))
    return int(number)


def chosen(clickhouse: ClickHouse, wanted: Wanted, now: int, limit: int) -> dict[str, int]:
    """The first `limit` of what is wanted by id, and how many bytes each has."""
    return dict(clickhouse.query(queries.CHOSEN, wanted.bound(now) | {"limit": limit}))


def contents(clickhouse: ClickHouse, ids: Sequence[str]) -> list[Content]:
    """In order of id."""
    rows = clickhouse.query(queries.CONTENTS, {"ids": list(ids)})
    return [
        Content(id_, form, context, place, reason, base64.b64decode(data), cut)
        for id_, form, context, place, reason, data, cut in rows
    ]


def move(clickhouse: ClickHouse, ids: Sequence[str], moved: Moved, now: int) -> None:
    """Of these rows those that are waiting."""
    for part in _parts(ids, _SAID_AT_ONCE if moved.said else _MOVED_AT_ONCE):
        said = [id_ for id_ in part if id_ in moved.said]
        why = [moved.said[id_] for id_ in said]
        clickhouse.command(
            queries.MOVED,
            {
                "ids": part,
                "said": said,
                "fields": [it.field for it in why],
                "reasons": [it.reason for it in why],
                "faults": [it.fault for it in why],
                "state": moved.state,
                "by": moved.by,
                "now": now,
            },
        )


def telling_of(clickhouse: ClickHouse, correlation_id: str, names: Collection[str]) -> int:
    """How many rows hold the correlation ID and one of these attributes."""
    sql = f"SELECT uniqExact(id) FROM quarantine WHERE {queries.TELLS_OF}"
    [(number,)] = clickhouse.query(sql, _searched(correlation_id, names))
    return int(number)


def remove(clickhouse: ClickHouse, correlation_id: str, names: Collection[str]) -> None:
    """For good, in every version, what `telling_of` counts."""
    how = f"DELETE WHERE {queries.TELLS_OF} SETTINGS mutations_sync = 2"
    clickhouse.alter("quarantine", how, _searched(correlation_id, names))


def _searched(correlation_id: str, names: Collection[str]) -> dict[str, object]:
    """`a.b` is the key `b` within `a`: the last of them is what the bytes have."""
    return {"correlation_id": correlation_id, "names": sorted({name.rpartition(".")[2] or name for name in names})}


def _parts(ids: Sequence[str], size: int) -> Iterator[list[str]]:
    left = iter(ids)
    while part := list(islice(left, size)):
        yield part
