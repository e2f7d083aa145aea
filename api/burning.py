"""What burns: steps at which most is stuck, by what is open in the queue. Times are µs UTC."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from api.case_filters import HOLDS
from store.event import HOUR
from store.tables import case_findings

MOST = 10


@dataclass(frozen=True, slots=True)
class Fire:
    """Open findings of one kind at one step ('' for the whole instance): how many, how many of them are of the last
    hour, and since when the oldest is."""

    workflow: str
    step: str
    kind: str
    owner: str
    open: int
    fresh: int
    since: int


def burning(connection: Connection, now: int) -> Sequence[Fire]:
    """The most there is, most first; what nobody need do anything about is left out."""
    columns = (case_findings.c.workflow, case_findings.c.step, case_findings.c.kind, case_findings.c.owner)
    fresh = func.sum(case((case_findings.c.detected_at > now - HOUR, 1), else_=0))
    grouped = (
        select(*columns, func.count(), fresh, func.min(case_findings.c.since))
        .where(HOLDS, case_findings.c.noted.is_(False), case_findings.c.settled.is_(False))
        .group_by(*columns)
        .order_by(func.count().desc(), *columns)
        .limit(MOST)
    )
    return [Fire(*row) for row in connection.execute(grouped)]
