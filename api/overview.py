"""The numbers above the list: what is open, what is at risk, and how all instances stand."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import Connection, func, select

from api.sql import query
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.tables import case_findings, cases

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Overview:
    """`severities` and `at_risk` are of open cases; `at_risk` is the sum by unit ('' where there is none).

    `choices` has, for workflow, step and owner, what open findings have. `nouns` are those of open cases.
    """

    open: int
    severities: Mapping[str, int]
    at_risk: Mapping[str, float]
    nouns: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]


States = Mapping[str, Mapping[str, int]]
"""Instances by workflow and state, what is wrong first."""

FIRST = ("incomplete", "running", "complete", "cancelled")


def overview(connection: Connection) -> Overview:
    severities: defaultdict[str, int] = defaultdict(int)
    at_risk: defaultdict[str, float] = defaultdict(float)
    nouns: set[str] = set()
    grouping = (cases.c.severity, cases.c.unit, cases.c.noun)
    sums = select(*grouping, func.count(), func.sum(cases.c.at_risk)).where(cases.c.state == "open").group_by(*grouping)
    for severity, unit, noun, number, amount in connection.execute(sums):
        severities[severity] += number
        nouns.add(noun)
        if amount is not None:
            at_risk[unit or ""] += amount
    largest_first = dict(sorted(at_risk.items(), key=lambda item: -item[1]))
    total = sum(severities.values())
    return Overview(total, severities, largest_first, tuple(sorted(nouns)), _choices(connection))


def states(clickhouse: ClickHouse) -> States:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for workflow, state, number in clickhouse.query(query("instances_by_state")):
        found[workflow][state] = number
    return {workflow: dict(sorted(counts.items(), key=_rank)) for workflow, counts in found.items()}


def _rank(counted: tuple[str, int]) -> tuple[int, str]:
    state, _ = counted
    return FIRST.index(state) if state in FIRST else len(FIRST), state


def _choices(connection: Connection) -> dict[str, tuple[str, ...]]:
    columns = (case_findings.c.workflow, case_findings.c.step, case_findings.c.owner)
    rows = connection.execute(select(*columns).where(case_findings.c.open).distinct()).all()
    names = ("workflow", "step", "owner")
    return {name: tuple(sorted({row[place] for row in rows} - {""})) for place, name in enumerate(names)}


class Kept(Generic[T]):
    """A value that many ask for and that costs time: loaded by one of them, kept for `TIMES` as long as it took.

    So no more than one part in `TIMES` of one core goes into it, and a small store shows fresh numbers at every look.
    """

    TIMES = 20

    def __init__(self, load: Callable[[], T], clock: Clock) -> None:
        self._load = load
        self._clock = clock
        self._lock = Lock()
        self._kept: tuple[T, int, int] | None = None  # the value, and between which instants it holds

    def get(self) -> T:
        with self._lock:
            began = self._clock.now()
            if self._kept is not None and self._kept[1] <= began < self._kept[2]:
                return self._kept[0]
            value = self._load()
            ended = self._clock.now()
            self._kept = (value, ended, ended + self.TIMES * (ended - began))
            return value
