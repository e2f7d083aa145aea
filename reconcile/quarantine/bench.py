"""The quarantine is seen to: what was refused is read once more and taken, or put aside, on record. Times are µs UTC.

An event that is replayed twice, by two people at once or after a kill, has the same source and id, so that it is one.
Hence nothing is locked: the entry first, then the events, then the rows that they came from.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, takewhile

from reconcile.actor import Actor
from reconcile.audit.entry import Entry, record
from store import events, quarantine
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import Event
from store.quarantine import Content, Moved, State, Wanted, Why

Again = Callable[[Content, int], Sequence[Event] | Why]
"""Reads what was refused once more, at an instant: what is in it, or why it is refused still."""

REPLAYED, DISCARDED = "quarantine.replayed", "quarantine.discarded"

AT_ONCE = 20_000  # rows that one request sees to
BYTES_AT_ONCE = 64 << 20
_READ = 16 << 20  # bytes that are read together
_NAMED = 100  # ids in the entry


@dataclass(frozen=True, slots=True)
class By:
    """Who sees to it, and why."""

    actor: Actor
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a replay: so many were or would be `taken`; the `refused` are counted by fault, the most first. `remaining`:
    those beyond what one request sees to; they come `after` this id."""

    taken: int
    refused: Mapping[str, int]
    remaining: int = 0
    after: str = ""


@dataclass(slots=True)
class _Read:
    """What was chosen, once it is read: ids of what is taken, and its events; by fault, how many others there are; and
    why one is refused, where that is not what it was before."""

    taken: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    changed: dict[str, Why] = field(default_factory=dict)
    remaining: int = 0
    after: str = ""

    def refuse(self, content: Content, why: Why) -> None:
        self.refused[why.fault] += 1
        if not content.cut and (why.field, why.reason) != (content.field, content.reason):
            self.changed[content.id] = why

    @property
    def outcome(self) -> Outcome:
        return Outcome(len(self.taken), dict(self.refused.most_common()), self.remaining, self.after)


class Bench:
    """Every method raises `StoreUnavailable`: what was begun may then be done again."""

    def __init__(self, clickhouse: ClickHouse, database: Database, again: Again) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._again = again

    def preview(self, wanted: Wanted, now: int) -> Outcome:
        """What a replay would do now."""
        return self._read(wanted, now).outcome

    def replay(self, wanted: Wanted, by: By, now: int) -> Outcome:
        """Take what is taken now; the rest says why it is not, and waits on. What arrives so was received `now`."""
        read = self._read(wanted, now)
        if read.taken:
            told = {"taken": len(read.taken), "refused": read.refused.total()}
            self._record(REPLAYED, by, wanted, read.taken, told, now)
            events.write(self._clickhouse, read.events)
            quarantine.move(self._clickhouse, read.taken, Moved(State.REPLAYED, by.actor.name), now)
        quarantine.move(self._clickhouse, list(read.changed), Moved(State.WAITING, "", read.changed), now)
        return read.outcome

    def discard(self, wanted: Wanted, by: By, now: int) -> tuple[int, int]:
        """Put aside what nobody will want: how many, and how many remain for another request."""
        ids, remaining = self._chosen(wanted, now)
        if ids:
            self._record(DISCARDED, by, wanted, list(ids), {"discarded": len(ids)}, now)
            quarantine.move(self._clickhouse, list(ids), Moved(State.DISCARDED, by.actor.name), now)
        return len(ids), remaining

    def _read(self, wanted: Wanted, now: int) -> _Read:
        chosen, remaining = self._chosen(wanted, now)
        read = _Read(remaining=remaining, after=max(chosen) if remaining else "")
        for ids in _parts(chosen):
            for content in quarantine.contents(self._clickhouse, ids):
                told = self._again(content, now)
                if isinstance(told, Why):
                    read.refuse(content, told)
                else:
                    read.taken.append(content.id)
                    read.events.extend(told)
        return read

    def _chosen(self, wanted: Wanted, now: int) -> tuple[Mapping[str, int], int]:
        """By id, how many bytes each has; and how many more there are."""
        found = quarantine.chosen(self._clickhouse, wanted, now, AT_ONCE)
        sums = dict(zip(found, accumulate(found.values()), strict=True))
        within = takewhile(lambda id_: sums[id_] <= BYTES_AT_ONCE or sums[id_] == found[id_], found)
        ids = {id_: found[id_] for id_ in within}
        return ids, quarantine.count(self._clickhouse, wanted, now) - len(ids)

    def _record(self, what: str, by: By, wanted: Wanted, ids: Sequence[str], told: Mapping[str, int], now: int) -> None:
        detail = {"wanted": wanted.given, "ids": sorted(ids)[:_NAMED], **told}
        with self._database.begin() as connection:
            record(connection, [Entry(what, by.actor, by.reason, detail=detail)], now)


def _parts(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """The ids, as many together as are read at once."""
    part: list[str] = []
    size = 0
    for id_, own in sizes.items():
        if part and size + own > _READ:
            yield part
            part, size = [], 0
        part.append(id_)
        size += own
    if part:
        yield part
