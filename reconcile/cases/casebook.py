"""From what was seen of orders to their cases and notices: all of one change in one transaction."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from reconcile.cases import records
from reconcile.cases.case import Case, Change, News, settle
from reconcile.cases.finding import Finding, Sighting, newest
from reconcile.errors import Raced
from reconcile.identity import case_id, message_id
from reconcile.notify import outbox
from reconcile.notify.routing import Routing
from reconcile.notify.webhook import payload
from store.database import Database
from store.errors import StoreUnavailable

logger = logging.getLogger(__name__)

_ATTEMPTS = 10  # each lost one means that another reconciler got on


@dataclass(frozen=True, slots=True)
class Entry:
    """A change of a case, and the findings that are newer than what was known."""

    change: Change
    fresh: tuple[Finding, ...]


class Casebook:
    """The cases in the SQL database. Any number of them, in threads or processes, may work on the same cases."""

    def __init__(self, database: Database, routing: Routing, public_url: str) -> None:
        self._database = database
        self._routing = routing
        self._public_url = public_url

    def enter(self, sightings: Sequence[Sighting], now: int) -> int:
        """Bring the cases of these orders, each given once, up to date; how many cases changed.

        What is known already changes nothing. An order that can't be entered is logged and left out, and the others
        go in all the same. Raises `StoreUnavailable`, or `Raced` when other reconcilers were quicker again and again.
        """
        if not sightings:
            return 0
        try:
            return self._persist(sightings, now)
        except (StoreUnavailable, Raced):
            raise
        except Exception:
            if len(sightings) == 1:
                logger.exception("no case for %s %r", sightings[0].workflow, sightings[0].correlation_id)
                return 0
        middle = len(sightings) // 2
        return self.enter(sightings[:middle], now) + self.enter(sightings[middle:], now)

    def _persist(self, sightings: Sequence[Sighting], now: int) -> int:
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._transact(sightings, now)
            except Raced as raced:
                logger.debug("once more: %s", raced)
        return self._transact(sightings, now)

    def _transact(self, sightings: Sequence[Sighting], now: int) -> int:
        by_case = {case_id(sighting.workflow, sighting.correlation_id): sighting for sighting in sightings}
        with self._database.begin() as connection:
            known = records.read_cases(connection, by_case)
            compared = (_entry(sighting, known.get(id_), now) for id_, sighting in by_case.items())
            entries = [entry for entry in compared if entry is not None]
            self._write(connection, entries, now)
        return len(entries)

    def _write(self, connection: Connection, entries: Sequence[Entry], now: int) -> None:
        changes = [entry.change for entry in entries]
        records.add_cases(self._database, connection, [change.case for change in changes if change.previous is None])
        records.change_cases(connection, [(change.previous, change.case) for change in changes if change.previous])
        fresh = [(entry.change.case.id, finding) for entry in entries for finding in entry.fresh]
        records.put_findings(self._database, connection, fresh)
        outbox.add(connection, self._notices(connection, changes, now), now)

    def _notices(self, connection: Connection, changes: Sequence[Change], now: int) -> list[outbox.Notice]:
        told = outbox.told(connection, [change.case.id for change in changes if change.news is News.RESOLVED])
        return [
            notice
            for change in changes
            for notice in self._of(change, self._hearers(change, told.get(change.case.id, ())), now)
        ]

    def _hearers(self, change: Change, told: Sequence[str]) -> Sequence[str]:
        """Who heard that a case is open hears that it is resolved, and nobody else; other news goes to the owners."""
        if change.news is None:
            return ()
        return told if change.news is News.RESOLVED else self._routing.endpoints(change.owners)

    def _of(self, change: Change, endpoints: Sequence[str], now: int) -> list[outbox.Notice]:
        if not endpoints or change.news is None:
            return []
        case, body = change.case, payload(change, self._public_url, now)
        return [
            outbox.Notice(
                message_id(case.id, case.transition, endpoint), case.id, case.transition, endpoint, change.news, body
            )
            for endpoint in endpoints
        ]


def _entry(sighting: Sighting, known: Case | None, now: int) -> Entry | None:
    stored = {finding.place: finding.version for finding in known.findings} if known else {}
    fresh = tuple(finding for finding in sighting.findings if finding.version > stored.get(finding.place, -1))
    if not fresh:
        return None
    findings = newest(known.findings if known else (), fresh)
    # What is told of the order goes with its newest finding, whichever of them was read first.
    about = sighting.about if not known or sighting.version >= max(stored.values()) else known.about
    change = settle(findings, about, known, now)
    return None if change is None else Entry(change, fresh)
