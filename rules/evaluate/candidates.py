"""Which correlation IDs a tick looks at: those touched by new events, and those whose answer falls due to change.

A block is what one insert left in `touched`: all its rows carry the one instant at which the store took them. Blocks
become visible whole, but not always in the order of their instants. So each is looked at when it is first seen, and
once more when it is older than the overlap: by then every insert that began before it has ended, one way or the other,
and the cursor may pass. What is between is remembered here; after a restart it is only looked at once more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rules.compile.sql import Column, Constant, Select, Sql, Value, call, either, equals, every
from store.clickhouse import ClickHouse

_BLOCKS = """
SELECT toUnixTimestamp64Micro(seen_at) AS seen, count()
FROM touched
WHERE seen_at > fromUnixTimestamp64Micro({cursor:Int64}, 'UTC')
GROUP BY seen_at
ORDER BY seen
LIMIT {limit:UInt64}
"""

_NOW = "SELECT toUnixTimestamp64Micro(now64(6, 'UTC'))"

_WAKING = """
SELECT count() FROM deadlines
WHERE wake_at > fromUnixTimestamp64Micro({after:Int64}, 'UTC')
  AND wake_at <= fromUnixTimestamp64Micro({until:Int64}, 'UTC')
"""

_BLOCKS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Look:
    """What one tick looks at. `cursor` (µs by the store's clock) is where the next may begin once this is written."""

    blocks: Mapping[int, int]  # instant of the block → its rows
    waking: tuple[int, int]  # deadlines after the first and up to the second instant, µs UTC
    size: int  # rows to look at, correlation IDs counted once a block
    cursor: int
    complete: bool  # nothing was left out for the sake of size

    def conditions(self, batch: int) -> Iterator[Sql]:
        """Conditions on `correlation_id` that share the work out in parts of about `batch` IDs."""
        if not self.size:
            return
        parts = -(-self.size // batch)
        chosen = either(*self._sources())
        for part in range(parts):
            yield every(slice_of(parts, part), chosen) if parts > 1 else chosen

    def _sources(self) -> Iterator[Sql]:
        if self.blocks:
            yield _within("touched", _touched(sorted(self.blocks)))
        yield _within("deadlines", _between("wake_at", *self.waking))


@dataclass(slots=True)
class Blocks:
    """What has been seen of `touched` above the cursor: the rows of each block when it was last looked at."""

    seen: dict[int, int] = field(default_factory=dict)

    def look(self, clickhouse: ClickHouse, cursor: int, waking: tuple[int, int], overlap: int) -> Look:
        """What there is to do. `overlap` is in µs. Raises StoreUnavailable."""
        [(now,)] = clickhouse.query(_NOW)
        limit = len(self.seen) + _BLOCKS_AT_ONCE  # or those seen already would keep us from those behind them
        rows = clickhouse.query(_BLOCKS, {"cursor": cursor, "limit": limit})
        settled = now - overlap
        blocks = {seen_at: count for seen_at, count in rows if seen_at <= settled or self.seen.get(seen_at) != count}
        [(wakes,)] = clickhouse.query(_WAKING, {"after": waking[0], "until": waking[1]})
        complete = len(rows) < limit
        upper = settled if complete else min(settled, rows[-1][0])
        return Look(blocks, waking, sum(blocks.values()) + wakes, max(cursor, upper), complete)

    def done(self, look: Look) -> None:
        """What was looked at has been written."""
        self.seen |= look.blocks
        self.seen = {seen_at: count for seen_at, count in self.seen.items() if seen_at > look.cursor}


def slice_of(parts: int, part: int) -> Sql:
    """The condition for one of `parts` equal shares of all correlation IDs."""
    share = call("modulo", call("cityHash64", Column("correlation_id")), Constant(parts))
    return equals(share, Constant(part))


def _within(table: str, where: Sql) -> Sql:
    return call(
        "in", Column("correlation_id"), Select({"correlation_id": Column("correlation_id")}, source=table, where=where)
    )


def _touched(instants: Sequence[int]) -> Sql:
    """The range first: it is what the sort key can use."""
    one_of = call("in", call("toUnixTimestamp64Micro", Column("seen_at")), Value(list(instants), "Array(Int64)"))
    return every(_between("seen_at", instants[0] - 1, instants[-1]), one_of)


def _between(column: str, after: int, until: int) -> Sql:
    lower, upper = (call("fromUnixTimestamp64Micro", Value(it, "Int64"), Constant("UTC")) for it in (after, until))
    return every(call("greater", Column(column), lower), call("lessOrEquals", Column(column), upper))
