"""How all instances stand, workflow by workflow, and how completeness went over time. Times are µs UTC."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from api.sql import query
from rules.verdict import InstanceState
from store.clickhouse import ClickHouse
from store.event import DAY, HOUR, MINUTE, SECOND

Span = Literal["1h", "24h", "7d", "30d"]

SPANS: Mapping[Span, int] = {"1h": HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
"""How far one looks back."""

STRETCHES: Mapping[Span, int] = {"1h": MINUTE, "24h": HOUR, "7d": 6 * HOUR, "30d": DAY}
"""Of which lengths each is made up."""

COMPLETE = InstanceState.COMPLETE
WRONG = (InstanceState.INCOMPLETE, InstanceState.FAILED, InstanceState.ORPHAN)
FIRST = (*WRONG, InstanceState.RUNNING, COMPLETE, InstanceState.CANCELLED)


@dataclass(slots=True)
class Count:
    """Instances by state, what is wrong first, and how many of them have something late."""

    states: dict[str, int] = field(default_factory=dict)
    late: int = 0

    @property
    def all(self) -> int:
        return sum(self.states.values())

    @property
    def complete(self) -> int:
        return self.states.get(COMPLETE, 0)

    @property
    def running(self) -> int:
        return self.states.get(InstanceState.RUNNING, 0)

    @property
    def wrong(self) -> int:
        return sum(self.states.get(state, 0) for state in WRONG)

    @property
    def completeness(self) -> float | None:
        """The part that is complete of what is decided; nothing is decided of what runs, or was called off."""
        decided = self.complete + self.wrong
        return self.complete / decided if decided else None

    def add(self, state: str, number: int, late: int) -> None:
        self.states[state] = self.states.get(state, 0) + number
        self.states = dict(sorted(self.states.items(), key=_rank))
        self.late += late


@dataclass(frozen=True, slots=True)
class Stretch:
    """What began from `since` on, before the next stretch."""

    since: int
    count: Count


@dataclass(frozen=True, slots=True)
class Completeness:
    """Of one workflow: `ever`, all there are; `recent`, those that began within the span; `stretches`, these by when
    they began, without gaps, the oldest first."""

    ever: Count
    recent: Count
    stretches: Sequence[Stretch]


Overall = Mapping[str, Completeness]
"""By workflow, in the order of their names."""


def overall(clickhouse: ClickHouse, span: Span, now: int) -> Overall:
    """Raises StoreUnavailable or StoreRefused."""
    stretch = STRETCHES[span]
    first = (now - SPANS[span]) // stretch * stretch + stretch
    begins = range(first, now + 1, stretch)
    found: defaultdict[str, defaultdict[int, Count]] = defaultdict(lambda: defaultdict(Count))
    for workflow, state, began, number, late in clickhouse.query(
        query("begun"), {"since": first, "stretch": stretch // SECOND}
    ):
        found[workflow][began * SECOND].add(state, number, late)
    return {workflow: _completeness(counts, begins) for workflow, counts in found.items()}


def _completeness(counts: Mapping[int, Count], begins: Sequence[int]) -> Completeness:
    """What has a start in the future, by its clock, is of the last stretch: it would be nowhere else."""
    stretches = [Stretch(since, _sum([counts[since]] if since in counts else [])) for since in begins]
    ahead = [it for since, it in counts.items() if since > begins[-1]]
    stretches[-1] = Stretch(begins[-1], _sum([stretches[-1].count, *ahead]))
    return Completeness(_sum(counts.values()), _sum(it.count for it in stretches), stretches)


def _sum(counts: Iterable[Count]) -> Count:
    total = Count()
    for it in counts:
        for state, number in it.states.items():
            total.add(state, number, 0)
        total.late += it.late
    return total


def _rank(counted: tuple[str, int]) -> tuple[int, str]:
    state, _ = counted
    return FIRST.index(InstanceState(state)) if state in FIRST else len(FIRST), state
