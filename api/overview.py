"""The numbers above the list: what is open, what is at risk, and how all instances stand."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Generic, NoReturn, TypeVar

from sqlalchemy import Connection, func, select, tuple_

from api.ageing import Bucket, ageing
from api.case_filters import HOLDS, Wanted
from api.parameters import TABS, CaseFilters
from api.sql import query
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.errors import StoreUnavailable
from store.event import MINUTE
from store.tables import case_findings, cases

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Overview:
    """`severities`, `at_risk`, `nouns` and `ages` are of open cases, acknowledged ones too; `at_risk` is the sum by
    unit ('' where there is none), `ages` how many are how old, the youngest first, without ages that none has.

    `choices` has, for workflow, step and owner, what open findings have, and the assignees there are.
    """

    open: int
    severities: Mapping[str, int]
    at_risk: Mapping[str, float]
    nouns: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]
    ages: Sequence[Bucket]


States = Mapping[str, Mapping[str, int]]
"""Instances by workflow and state, what is wrong first."""

FIRST = ("incomplete", "failed", "orphan", "running", "complete", "cancelled")


def overview(connection: Connection, now: int) -> Overview:
    severities: defaultdict[str, int] = defaultdict(int)
    at_risk: defaultdict[str, float] = defaultdict(float)
    nouns: set[str] = set()
    grouping = (cases.c.severity, cases.c.unit, cases.c.noun)
    sums = select(*grouping, func.count(), func.sum(cases.c.at_risk)).where(cases.c.state.in_(TABS["open"]))
    for severity, unit, noun, number, amount in connection.execute(sums.group_by(*grouping)):
        severities[severity] += number
        nouns.add(noun)
        if amount is not None:
            at_risk[unit or ""] += amount
    largest_first = dict(sorted(at_risk.items(), key=lambda item: -item[1]))
    total = sum(severities.values())
    ages = [bucket for bucket in ageing(connection, Wanted(CaseFilters(), TABS["open"], now=now)) if bucket.cases]
    return Overview(total, severities, largest_first, tuple(sorted(nouns)), _choices(connection), ages)


def states(clickhouse: ClickHouse) -> States:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for workflow, state, number in clickhouse.query(query("instances_by_state")):
        found[workflow][state] = number
    return {workflow: dict(sorted(counts.items(), key=_rank)) for workflow, counts in found.items()}


def _rank(counted: tuple[str, int]) -> tuple[int, str]:
    state, _ = counted
    return FIRST.index(state) if state in FIRST else len(FIRST), state


def _choices(connection: Connection) -> dict[str, tuple[str, ...]]:
    """From one to the next along the index: they are few, and the findings many."""
    columns = (case_findings.c.workflow, case_findings.c.step, case_findings.c.owner)
    first = select(*columns).where(HOLDS).order_by(*columns).limit(1)
    rows = []
    row = connection.execute(first).one_or_none()
    while row is not None:
        rows.append(row)
        row = connection.execute(first.where(tuple_(*columns) > tuple_(*row))).one_or_none()
    names = ("workflow", "step", "owner")
    of_findings = {name: tuple(sorted({row[place] for row in rows} - {""})) for place, name in enumerate(names)}
    return {**of_findings, "assignee": _assignees(connection)}


def _assignees(connection: Connection) -> tuple[str, ...]:
    """Of all there ever were, from one to the next along the index too."""
    found = [""]
    following = select(func.min(cases.c.assignee))
    while (name := connection.execute(following.where(cases.c.assignee > found[-1])).scalar_one()) is not None:
        found.append(name)
    return tuple(found[1:])


class Kept(Generic[T]):
    """A value that many ask for and that costs time: loaded by one of them, kept for `TIMES` as long as it took.

    So no more than one part in `TIMES` of one core goes into it, and a small store shows fresh numbers at every look.
    That a store is away is kept too, for as long as it took to find out: nobody queues up for it.
    """

    TIMES = 20
    LONGEST = MINUTE

    def __init__(self, load: Callable[[], T], clock: Clock) -> None:
        self._load = load
        self._clock = clock
        self._lock = Lock()
        self._known: Callable[[], T] | None = None
        self._from = self._until = 0  # between which instants it is good enough

    def get(self) -> T:
        """The value. Raises what loading it raised."""
        with self._lock:
            began = self._clock.now()
            if self._known is None or not self._from <= began < self._until:
                self._known, times = self._tried()
                self._from = self._clock.now()
                self._until = self._from + min(times * (self._from - began), self.LONGEST)
            return self._known()

    def _tried(self) -> tuple[Callable[[], T], int]:
        try:
            value = self._load()
        except StoreUnavailable as error:
            return partial(_raise, error), 1
        return lambda: value, self.TIMES


def _raise(error: StoreUnavailable) -> NoReturn:
    raise StoreUnavailable(str(error))
