"""The numbers above the list: what is open, and what is at risk."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, tuple_

from api.ageing import Bucket, ageing
from api.case_filters import HOLDS, Wanted
from api.parameters import TABS, CaseFilters
from store.tables import case_findings, cases


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
