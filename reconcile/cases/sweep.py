"""Whatever slipped: all findings in ClickHouse against all in the SQL database, slice by slice."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from reconcile.cases import records
from reconcile.cases.case import Case
from reconcile.cases.casebook import Casebook
from reconcile.cases.finding import Key, Sighting
from reconcile.cases.sightings import Place, Present, look, slice_versions, verdicts
from reconcile.identity import CASE_PREFIX, case_id
from store.clickhouse import ClickHouse
from store.database import Database
from store.tables import case_findings

logger = logging.getLogger(__name__)

SLICES = 256  # two hex digits of a case's id, which is a hash of workflow and correlation ID


@dataclass(frozen=True, slots=True)
class Swept:
    """`caught_up`: cases changed because ClickHouse knew more; `refuted`: cases changed because what was open in them
    does not hold by a newer verdict; `unknown`: findings open here that ClickHouse has lost, left as they are: what is
    absent proves nothing, and a newer verdict will speak for itself."""

    caught_up: int = 0
    refuted: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class _Kept:
    version: int
    open: bool


class Sweep:
    """Goes through the slices one by one, round and round. Safe beside any number of others and of intakes."""

    def __init__(self, clickhouse: ClickHouse, database: Database, casebook: Casebook) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._casebook = casebook
        self._next = 0

    def step(self, now: int) -> bool:
        """Sweep the next slice; whether there is one left in this round. Raises as `Intake.step` does."""
        digits = f"{self._next:02x}"
        swept = self.sweep(digits, now)
        if swept != Swept():
            logger.info("sweep of slice %s: %s", digits, swept)
        self._next = (self._next + 1) % SLICES
        return self._next != 0

    def sweep(self, digits: str, now: int) -> Swept:
        """Compare and repair the cases whose id begins with these two hex digits."""
        # Here first, then there: so what is newer here than there was not merely on its way.
        here = self._kept(digits)
        there = slice_versions(self._clickhouse, digits)
        behind = {place[:2] for place, version in there.items() if place not in here or here[place].version < version}
        caught_up = self._catch_up(behind, now)
        refuted, closed = self._close({place[:2] for place, kept in here.items() if kept.open}, now)
        lost = {place for place, kept in here.items() if kept.open and there.get(place, -1) < kept.version}
        return Swept(caught_up, refuted, len(lost - closed))

    def _kept(self, digits: str) -> dict[Place, _Kept]:
        columns = case_findings.c
        first, behind_last = CASE_PREFIX + digits, CASE_PREFIX + _successor(digits)
        statement = select(
            columns.workflow, columns.correlation_id, columns.step, columns.kind, columns.version, columns.open
        ).where(columns.case_id >= first, columns.case_id < behind_last)
        with self._database.read() as connection:
            return {
                (workflow, correlation_id, step, kind): _Kept(version, is_open)
                for workflow, correlation_id, step, kind, version, is_open in connection.execute(statement)
            }

    def _catch_up(self, keys: Iterable[Key], now: int) -> int:
        return sum(
            self._casebook.enter([sighting for sighting in sightings if sighting.complete], now)
            for sightings in look(self._clickhouse, keys)
        )

    def _close(self, keys: Iterable[Key], now: int) -> tuple[int, set[Place]]:
        """Close what is open in these orders and refuted: how many cases changed, and which findings those were."""
        changed, closed = 0, set[Place]()
        for present in verdicts(self._clickhouse, keys):
            with self._database.begin() as connection:
                cases = records.read_cases(connection, [case_id(*key) for key in present])
            refutations = [_refutation(case, present[case.key]) for case in cases.values()]
            sightings = [sighting for sighting in refutations if sighting.findings]
            changed += self._casebook.enter(sightings, now)
            closed |= {(*sighting.key, *finding.place) for sighting in sightings for finding in sighting.findings}
        return changed, closed


def _refutation(case: Case, present: Present) -> Sighting:
    """What is open in the case, as closed, as far as the verdict refutes it."""
    closed = tuple(present.close(finding) for finding in case.findings if present.refutes(finding))
    return Sighting(case.workflow, case.correlation_id, closed, case.about)


def _successor(digits: str) -> str:
    """The first text behind all that begin with these two hex digits."""
    return "g" if digits == "ff" else f"{int(digits, 16) + 1:02x}"
