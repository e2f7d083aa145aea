"""How events come to be stored: in any order, twice, contradicting each other, seen late by the evaluator, or never."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from random import Random

import msgspec

from store.clickhouse import ClickHouse
from store.event import MINUTE, Event
from store.events import write
from tests.rules.oracle_events import OURS

ROUNDS = 5


class Arriving:
    """Events that come, and those that have: `stored`. `names`: that some rule asks for; `slipped`: something came of
    which nobody was told, so that only the sweep can find it."""

    def __init__(
        self, random: Random, clickhouse: ClickHouse, events: Sequence[Event], names: Collection[str], *, late: bool
    ) -> None:
        self.stored: list[Event] = []
        self.slipped = False
        self._random = random
        self._clickhouse = clickhouse
        self._names = names
        self._late = late
        self._slips = random.random() < 0.2
        self._batches = self._shared_out(events)
        self._unseen: list[tuple[int, list[Event]]] = []

    def batches(self) -> Iterator[None]:
        """One after the other is stored, sometimes with a copy of what is there that says something else."""
        for batch in self._batches:
            self._store([*batch, *self._contradictions()])
            yield
            if self._random.random() < 0.5:
                self.show()
        self.show()

    def show(self) -> None:
        """What an insert has left becomes visible, long after others that began later."""
        for seen_at, events in self._unseen:
            named = [(it.correlation_id, it.name) for it in events]
            ids, names = (list(it) for it in zip(*named, strict=True))
            self._clickhouse.insert("touched", {"seen_at": [seen_at] * len(ids), "correlation_id": ids, "name": names})
        self._unseen = []

    def _shared_out(self, events: Sequence[Event]) -> Iterator[list[Event]]:
        random, all_ = self._random, [*events, *self._random.sample(events, len(events) // 5)]
        random.shuffle(all_)
        cuts = sorted(random.sample(range(1, len(all_)), ROUNDS - 1))
        yield from (all_[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(all_)], strict=True))

    def _contradictions(self) -> Iterable[Event]:
        if self.stored and self._random.random() < 0.6:
            for event in self._random.sample(self.stored, min(4, len(self.stored))):
                yield self._contradicting(event)

    def _contradicting(self, event: Event) -> Event:
        """Earlier, so that it counts; later, so that it does not; or at the same time, which its content decides."""
        random, other = self._random, self._random.choice(self.stored)
        time = event.time + random.choice([-2 * MINUTE, -MINUTE, -1, 0, 0, 1, MINUTE])
        text = random.choice([event.attributes, other.attributes, "{}"])
        is_other = random.random() < 0.2 and event.name in self._names and other.name in self._names
        name = other.name if is_other and OURS not in (event.source, other.source) else event.name
        return msgspec.structs.replace(event, time=time, name=name, attributes=text)

    def _store(self, events: Sequence[Event]) -> None:
        kept = [msgspec.structs.replace(it, received_at=0) for it in events]  # so that nothing is told from silence
        self.stored += kept
        if self._late and self._random.random() < 0.4:
            self._unseen.append((self._clickhouse.now(), self._untold(kept)))
        elif self._slips and self._random.random() < 0.3:
            self._untold(kept)
            self.slipped = True
        else:
            write(self._clickhouse, kept)

    def _untold(self, events: list[Event]) -> list[Event]:
        self._clickhouse.command("DETACH TABLE events_touch")
        write(self._clickhouse, events)
        self._clickhouse.command("ATTACH TABLE events_touch")
        return events
