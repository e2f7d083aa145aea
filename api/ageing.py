"""How old the queue is: unresolved cases and what is at risk, by how long they have been stuck. Times are µs UTC."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from api.case_filters import AGES, Wanted, conditions
from api.parameters import Age
from store.tables import cases


@dataclass(frozen=True, slots=True)
class Bucket:
    """`least` and `most`: from how long on, and from how long on no more (µs). `at_risk` is the sum by unit, '' where
    there is none."""

    age: Age
    least: int
    most: int | None
    cases: int
    at_risk: Mapping[str, float]


def ageing(connection: Connection, wanted: Wanted) -> list[Bucket]:
    """The youngest first."""
    counts: defaultdict[Age, int] = defaultdict(int)
    at_risk: defaultdict[Age, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    age = case(
        *((cases.c.since > wanted.now - most, name) for name, (_, most) in AGES.items() if most is not None),
        else_="over_7d",
    ).label("age")
    sums = select(age, cases.c.unit, func.count(), func.sum(cases.c.at_risk))
    grouped = sums.where(cases.c.state.in_(wanted.states), *conditions(connection, wanted)).group_by(age, cases.c.unit)
    for name, unit, number, amount in connection.execute(grouped):
        counts[name] += number
        if amount is not None:
            at_risk[name][unit or ""] += amount
    return [Bucket(name, least, most, counts[name], dict(at_risk[name])) for name, (least, most) in AGES.items()]
