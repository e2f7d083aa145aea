"""Which correlation IDs a round looks at: those touched by new events, and those whose answer falls due to change.

A block is what one insert left in `touched`: all its rows carry the one instant at which the store took them, as its
events do. Blocks become visible whole, but not always in the order of their instants, nor always after the events that
they tell of. So each is looked at when it is first seen, and it is counted whether its events are all there. Once it is
older than the overlap, when every insert that began before it has ended, one way or the other, the cursor passes; what
was judged of blocks whose events were not all there, or were never seen, is compared with what is stored before. What
is between is remembered here; after a restart it is only looked at once more.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple

from rules.evaluate.part import ANY, Due, Part, Span, Touched, names_asked_for
from rules.ruleset import Rule
from store.clickhouse import ClickHouse
from store.settings import EvaluatorSettings
from store.shares import ALL, Share

_BLOCKS = """
SELECT toUnixTimestamp64Micro(seen_at) AS seen, count(), sum(event_count), countIf(name IN {names:Array(String)}),
       groupUniqArrayIf(toString(name), name IN {names:Array(String)})
FROM touched
WHERE seen_at > fromUnixTimestamp64Micro({after:Int64}, 'UTC')
  AND seen_at <= fromUnixTimestamp64Micro({until:Int64}, 'UTC')
GROUP BY seen_at
ORDER BY seen
LIMIT {limit:UInt64}
"""

# No part is older than its rows, but perhaps by a coarser clock: so the others need not be read.
_VISIBLE = """
SELECT toUnixTimestamp64Micro(seen_at) AS seen, count() FROM events
WHERE _part IN
    (
        SELECT name FROM system.parts
        WHERE database = currentDatabase() AND table = 'events' AND active
          AND modification_time >= toDateTime(intDiv({earliest:Int64}, 1000000) - 1)
    )
  AND toUnixTimestamp64Micro(seen_at) IN {blocks:Array(Int64)}
GROUP BY seen_at
"""

_NOW = "SELECT toUnixTimestamp64Micro(now64(6, 'UTC'))"

_WAKING = """
SELECT toString(workflow) AS workflow, count() FROM deadlines
WHERE wake_at > fromUnixTimestamp64Micro({after:Int64}, 'UTC')
  AND wake_at <= fromUnixTimestamp64Micro({until:Int64}, 'UTC')
GROUP BY workflow
ORDER BY workflow
"""

_BLOCKS_AT_ONCE = 5_000
_EVER = 2**62  # µs
_LOOK_BACK = 20  # overlaps, in which it is noticed that a clock was set back

log = logging.getLogger(__name__)


class Block(NamedTuple):
    """The rows of an insert, of how many events they tell (less than 0 where that is not known), how many rows some
    rule asks for, and the names of these; `whole`: all events were there before it was looked at."""

    rows: int
    events: int
    wanted: int
    names: frozenset[str]
    whole: bool = False

    def is_as(self, before: "Block | None") -> bool:
        """Nothing of it has become visible since."""
        return before is not None and before.rows == self.rows


@dataclass(frozen=True, slots=True)
class Look:
    """What a round looks at. What falls due comes first: somebody may be waiting for it."""

    blocks: Mapping[int, Block]  # by the instant, µs by the store's clock
    parts: Sequence[Part]
    complete: bool  # nothing was left out for the sake of size

    @property
    def size(self) -> int:
        """Rows to look at: correlation IDs, counted once a name and block."""
        return sum(part.size for part in self.parts if part.number == 0)


class Settled(NamedTuple):
    """Nothing can be added any more to what came in the span. All of it was looked at when its events were there, but
    perhaps that in the `blocks`, of which the parts are."""

    span: Span
    blocks: tuple[int, ...]
    parts: Sequence[Part]


@dataclass(slots=True)
class Blocks:
    """What has been seen of `touched` above the cursor, as it was when it was last looked at for a share. `settled_at`:
    up to where every insert had ended when that was last asked; `left_at`: from where on nothing has been looked at
    yet."""

    seen: dict[int, Block] = field(default_factory=dict)
    settled_at: int = 0
    left_at: int | None = None
    share: Share = ALL
    doubted: bool = False

    def look(
        self, clickhouse: ClickHouse, rules: Sequence[Rule], cursor: int, waking: tuple[int, int], batch: int
    ) -> Look:
        """What there is to do, in parts of about `batch` correlation IDs. Raises StoreUnavailable."""
        limit = len(self.seen) + _BLOCKS_AT_ONCE  # or those seen already would keep us from those behind them
        found = _blocks(clickhouse, rules, Span(cursor, _EVER), limit)
        new = {seen_at: it for seen_at, it in found.items() if not it.is_as(self.seen.get(seen_at))}
        blocks = {seen_at: it._replace(wanted=self._part(it.wanted)) for seen_at, it in _counted(clickhouse, new)}
        parts = [*self._due(clickhouse, rules, waking, batch), *_touched(rules, blocks, batch)]
        self.left_at = None if len(found) < limit else max(found)
        return Look(blocks, self._ours(parts), self.left_at is None)

    def due_at(self, clickhouse: ClickHouse, rules: Sequence[Rule], instants: Iterable[int], batch: int) -> list[Part]:
        """What was to be looked at again at exactly these instants (µs UTC). Raises StoreUnavailable."""
        due = (self._due(clickhouse, rules, (instant - 1, instant), batch) for instant in sorted(instants))
        return self._ours(chain.from_iterable(due))

    def doubt(self) -> None:
        """Something of what is being looked at could not be judged."""
        self.doubted = True

    def done(self, look: Look) -> None:
        """What was looked at has been written."""
        self.seen |= {it: block._replace(whole=block.whole and not self.doubted) for it, block in look.blocks.items()}
        self.doubted = False

    def settled(
        self, clickhouse: ClickHouse, rules: Sequence[Rule], cursor: int, settings: EvaluatorSettings
    ) -> Settled | None:
        """What can be compared with what is stored, when it is worth it. Where the store's clock was set back, the span
        ends before it begins, so that the cursor goes back as well: what comes has earlier instants now.

        Raises StoreUnavailable.
        """
        if self.settled_at - cursor <= settings.overlap:
            [(now,)] = clickhouse.query(_NOW)
            self.settled_at = now - settings.overlap
            if self.settled_at < cursor - settings.overlap:
                log.warning("evaluator: the clock of the event store was set back; what came since is looked at again")
                return Settled(Span(cursor, now - _LOOK_BACK * settings.overlap), (), ())
        until = self.settled_at if self.left_at is None else min(self.settled_at, self.left_at)
        if until - cursor < settings.overlap:
            return None
        return self._worth_comparing(clickhouse, rules, Span(cursor, until), settings.batch)

    def compared(self, span: Span) -> None:
        """The cursor has passed."""
        self.seen = {seen_at: it for seen_at, it in self.seen.items() if seen_at > span.until}

    def _worth_comparing(self, clickhouse: ClickHouse, rules: Sequence[Rule], span: Span, batch: int) -> Settled:
        """So much of it that about a batch is to be compared. Asked anew: what was not seen in time is what this is
        for."""
        found = _blocks(clickhouse, rules, span, _BLOCKS_AT_ONCE)
        until = span.until if len(found) < _BLOCKS_AT_ONCE else max(found)
        blocks: list[int] = []
        size = 0
        for seen_at, block in found.items():
            if block.wanted and not self._was_whole(seen_at, block):
                blocks.append(seen_at)
                size += self._part(block.wanted)
            if size >= batch:
                until = seen_at
                break
        among = Touched(tuple(blocks))
        parts = _shared_out(Part(tuple(rules), size, among), batch)
        return Settled(Span(span.after, until), among.blocks, self._ours(parts))

    def _was_whole(self, seen_at: int, block: Block) -> bool:
        before = self.seen.get(seen_at)
        return before is not None and before.whole and block.is_as(before)

    def _due(
        self, clickhouse: ClickHouse, rules: Sequence[Rule], waking: tuple[int, int], batch: int
    ) -> Iterator[Part]:
        for workflow, count in clickhouse.query(_WAKING, {"after": waking[0], "until": waking[1]}):
            asked = tuple(rule for rule in rules if workflow in (ANY, rule.workflow.name))
            if asked:
                yield from _shared_out(Part(asked, self._part(count), Due(workflow, *waking)), batch)

    def _part(self, rows: int) -> int:
        """How many of the rows are of the share, about: the hashes need not be read for that."""
        return -(-rows // self.share.of)

    def _ours(self, parts: Iterable[Part]) -> list[Part]:
        return [replace(part, share=self.share) for part in parts]


def _blocks(clickhouse: ClickHouse, rules: Sequence[Rule], span: Span, limit: int) -> dict[int, Block]:
    """In their order; none of which it is known that its events are there."""
    asked = {"after": span.after, "until": span.until, "limit": limit, "names": names_asked_for(rules)}
    rows = clickhouse.query(_BLOCKS, asked)
    return {seen_at: Block(count, events, wanted, frozenset(told)) for seen_at, count, events, wanted, told in rows}


def _counted(clickhouse: ClickHouse, blocks: Mapping[int, Block]) -> Iterator[tuple[int, Block]]:
    """With those marked whose events are all there. Copies may have been merged since, or the rows be older than this
    is counted: then it is not known."""
    asked = [seen_at for seen_at, it in blocks.items() if it.wanted and it.events >= 0]
    rows = clickhouse.query(_VISIBLE, {"earliest": min(asked), "blocks": asked}) if asked else []
    there = dict(rows)
    for seen_at, it in blocks.items():
        yield seen_at, it._replace(whole=there.get(seen_at, 0) == it.events)


def _touched(rules: Sequence[Rule], blocks: Mapping[int, Block], batch: int) -> Iterator[Part]:
    for together in _neighbours(blocks, batch):
        yield from _shared_out(_part(rules, {it: blocks[it] for it in together}), batch)


def _neighbours(blocks: Mapping[int, Block], batch: int) -> Iterator[list[int]]:
    """Blocks that some rule asks for, as many together as make a batch."""
    together: list[int] = []
    size = 0
    for seen_at, block in blocks.items():
        if together and size + block.wanted > batch:
            yield together
            together, size = [], 0
        if block.wanted:
            together.append(seen_at)
            size += block.wanted
    if together:
        yield together


def _part(rules: Sequence[Rule], blocks: Mapping[int, Block]) -> Part:
    names = frozenset[str]().union(*(block.names for block in blocks.values()))
    asked = rules if ANY in names else (rule for rule in rules if rule.names & names)
    return Part(tuple(asked), sum(block.wanted for block in blocks.values()), Touched(tuple(blocks)))


def _shared_out(part: Part, batch: int) -> Iterator[Part]:
    shares = -(-part.size // batch)
    return (Part(part.rules, part.size, part.which, shares, number) for number in range(shares))
