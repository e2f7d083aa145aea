"""Rounds of an evaluator on stores that hold orders already, while others come in: what one costs.

Of the orders that change between two rounds, a quarter is new, and the others are open ones, everywhere among the old.
A change is judged a second time when it is older than the overlap, which is short here, so that every round but the
first few has that as well.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count, cycle, islice
from pathlib import Path

from rules.evaluate.evaluator import Evaluator
from rules.evaluate.work import Work
from rules.ruleset import Rule
from store.event import SECOND, Event
from store.events import write
from store.settings import load
from store.spending import Spent
from tests.bench.filling import opened
from tests.bench.history import END
from tests.bench.measure import percentile
from tests.rules.shop import FULFILMENT

WARMING = 4  # rounds that are not measured
SWEEPS = 3
OVERLAP = 2 * SECOND
_AT_ONCE = 2_500  # events of one insert

_OPEN = """
SELECT correlation_id FROM instances
WHERE workflow = {workflow:String} AND state = 'running'
ORDER BY cityHash64(correlation_id)
LIMIT {most:UInt64}
"""


@dataclass
class Rounds:
    """What the measured ones cost: seconds of each, and what each part of the work took of all."""

    took: list[float] = field(default_factory=list)
    ticks: int = 0
    spent: dict[Work, Spent] = field(default_factory=dict)

    def add(self, spent: Mapping[Work, Spent]) -> None:
        self.ticks += 1
        for work, it in spent.items():
            self.spent[work] = self.spent.get(work, Spent()) + it

    def figures(self) -> dict[str, float]:
        """Of one round."""
        told = {"p50_s": percentile(self.took, 0.5), "p95_s": percentile(self.took, 0.95)}
        told["ticks"] = self.ticks / len(self.took)
        for work, it in self.spent.items():
            if not it.statements:
                continue
            told[f"{work}.s"] = it.took / SECOND / len(self.took)
            told[f"{work}.rows"] = it.rows / len(self.took)
            told[f"{work}.mb"] = it.bytes / 1e6 / len(self.took)
        return told


class Running:
    """An evaluator on stores, and orders that change. `beat`: seconds from one round to the next."""

    def __init__(self, folder: Path, rules: tuple[Rule, ...], beat: float) -> None:
        self.clickhouse, self.database = opened(folder)
        self.settings = replace(load({}).evaluator, overlap=OVERLAP)
        self.evaluator = Evaluator(self.clickhouse, self.database, rules, self.settings, "bench")
        self._beat = beat
        self._now = END

    def events(self, most: int, ordered: bool = False) -> Iterator[Event]:
        """What happens next, without an end: now a new order, now another step of one of the `most` open ones.
        The IDs of new ones are scattered, or `ordered` by time."""
        known = [order for (order,) in self.clickhouse.query(_OPEN, {"most": most, "workflow": FULFILMENT.name})]
        steps = ((order, name) for name in cycle(("ItemShipped", "ComplianceCheckDone")) for order in known)
        for number in count():
            if number % 4:
                order, name = next(steps)
                yield Event(f"{name}-{number}", order, name, self._now, "shop")
            else:
                order = f"{self._now:016x}-{number}" if ordered else f"order-{hash(('new', number)) % 2**64:016X}"
                yield Event(f"placed-{number}", order, "OrderPlaced", self._now, "shop", '{"amount":12.5}')

    def rounds(self, events: Iterator[Event], changed: int, rounds: int) -> Rounds:
        """Each after so many changes."""
        told = Rounds()
        for number in range(WARMING + rounds):
            began = time.perf_counter()
            self._now += SECOND
            for first in range(0, changed, _AT_ONCE):
                write(self.clickhouse, islice(events, min(_AT_ONCE, changed - first)))
            if number == WARMING:
                told = Rounds()
            self._round(told)
            time.sleep(max(0.0, began + self._beat - time.perf_counter()))
        return told

    def sweep(self) -> Rounds:
        """Rounds in which nothing has changed, and a slice is swept."""
        time.sleep(min(self._beat, 1.0) * OVERLAP / SECOND)
        self._round(Rounds())
        told = Rounds()
        for _ in range(SWEEPS):
            self._now += self.settings.sweep_every
            self._round(told)
        return told

    def _round(self, told: Rounds) -> None:
        began, more = time.perf_counter(), True
        while more:
            tick = self.evaluator.tick(self._now)
            assert tick is not None
            told.add(tick.spent)
            more = tick.more
        told.took.append(time.perf_counter() - began)

    def close(self) -> None:
        self.clickhouse.close()
        self.database.close()
