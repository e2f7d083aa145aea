"""Changes of cases, whoever makes them: case, findings, audit trail and news of one change in one transaction."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection

from reconcile.audit.entry import record
from reconcile.cases import detections, records
from reconcile.cases.case import Case, Change
from reconcile.cases.finding import Sighting, newest
from reconcile.cases.moves import By, Move, make
from reconcile.cases.settle import settle
from reconcile.cases.trail import Deed, by_hand, by_itself, entry
from reconcile.errors import NoSuchCase, Raced, ReconcileError
from reconcile.identity import case_id
from reconcile.notify import news
from store.database import Database
from store.errors import StoreUnavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")

_ATTEMPTS = 10  # each lost one means that somebody else got on

Seen = Mapping[str, int | None]
"""Cases by id, with the revision in which they were seen where only that one is to be changed."""

External = Mapping[str, Mapping[str, str]]
"""By case, the references of others that are known of its order."""


class Casebook:
    """The cases in the SQL database. Any number of them, in threads or processes, may work on the same cases."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, sightings: Sequence[Sighting], now: int) -> int:
        """Bring the cases of these orders, each given once, up to date; how many cases changed.

        What is known already changes nothing. An order that can't be entered is logged and left out, and the others
        go in all the same. Raises `StoreUnavailable`, or `Raced` when other reconcilers were quicker again and again.
        """
        if not sightings:
            return 0
        try:
            return _persist(lambda: self._enter(sightings, now))
        except (StoreUnavailable, Raced):
            raise
        except Exception:
            if len(sightings) == 1:
                logger.exception("no case for %s %r", sightings[0].workflow, sightings[0].correlation_id)
                return 0
        middle = len(sightings) // 2
        return self.enter(sightings[:middle], now) + self.enter(sightings[middle:], now)

    def move(
        self, seen: Seen, move: Move, by: By, now: int, external: External | None = None
    ) -> dict[str, Case | ReconcileError]:
        """Make the same move of each of these cases, in one transaction: the case as it is now, or why not.

        Of two who move the same case at once one wins, and the other gets `Overtaken`, which says who did what.
        Raises `StoreUnavailable`, or `Raced` when others were quicker again and again.
        """
        return _persist(lambda: self._move(seen, move, by, now, external or {}))

    def write(self, connection: Connection, deeds: Sequence[Deed], now: int) -> None:
        """The one way in which a case changes, within the caller's transaction. Raises `Raced`."""
        changes = [deed.change for deed in deeds]
        records.write(self._database, connection, changes)
        record(connection, [entry(deed) for deed in deeds], now)
        news.add(connection, changes, now)

    def _enter(self, sightings: Sequence[Sighting], now: int) -> int:
        by_case = {case_id(sighting.workflow, sighting.correlation_id): sighting for sighting in sightings}
        with self._database.begin() as connection:
            known = records.read_cases(connection, by_case)
            compared = (_change(sighting, known.get(id_), now) for id_, sighting in by_case.items())
            changes = [change for change in compared if change is not None]
            self.write(connection, [by_itself(change) for change in changes], now)
            detections.add(connection, sightings, changes, now)
        return len(changes)

    def _move(self, seen: Seen, move: Move, by: By, now: int, external: External) -> dict[str, Case | ReconcileError]:
        with self._database.begin() as connection:
            known = records.read_cases(connection, seen)
            made = {
                id_: _made(known.get(id_), id_, move, replace(by, revision=revision), now)
                for id_, revision in seen.items()
            }
            deeds = [
                by_hand(change, move, by, external.get(id_, {}))
                for id_, change in made.items()
                if isinstance(change, Change)
            ]
            self.write(connection, deeds, now)
        return {id_: change.case if isinstance(change, Change) else change for id_, change in made.items()}


def _persist(work: Callable[[], T]) -> T:
    """Do it once more as long as somebody else was quicker."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return work()
        except Raced as raced:
            logger.debug("once more: %s", raced)
    return work()


def _change(sighting: Sighting, known: Case | None, now: int) -> Change | None:
    stored = {finding.place: finding.version for finding in known.findings} if known else {}
    fresh = tuple(finding for finding in sighting.findings if finding.version > stored.get(finding.place, -1))
    if not fresh:
        return None
    findings = newest(known.findings if known else (), fresh)
    # What is told of the order goes with its newest finding, whichever of them was read first.
    about = sighting.about if not known or sighting.version >= max(stored.values()) else known.about
    return settle(findings, about, known, now)


def _made(case: Case | None, id_: str, move: Move, by: By, now: int) -> Change | ReconcileError:
    if case is None:
        return NoSuchCase(f"there is no case {id_}")
    try:
        return make(case, move, by, now)
    except ReconcileError as error:
        return error
