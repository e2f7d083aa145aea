"""Settles actions of unknown outcome by what events and the source of truth say. Times are µs UTC."""

from contextlib import suppress

from reconcile.actions import people
from reconcile.actions.evidence import evidence
from reconcile.actions.row import ROWS, Action, Decision, State, read
from reconcile.actions.situation import seen, situation, subject
from reconcile.actor import TRUTH
from reconcile.errors import NotOffered
from reconcile.rulebook import Rulebook
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import MINUTE
from store.tables import actions

_AGAIN = MINUTE  # between two looks at one action


class Witness:
    """Any number of them may run at once."""

    def __init__(self, clickhouse: ClickHouse, database: Database, rulebook: Rulebook) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._rulebook = rulebook
        self._looked_until: dict[str, int] = {}

    def step(self, now: int) -> bool:
        """Look at one action; whether there may be more. Raises `StoreUnavailable` or `StoreRefused`."""
        self._looked_until = {id_: until for id_, until in self._looked_until.items() if until > now}
        chosen = ROWS.where(actions.c.state == State.UNKNOWN, actions.c.id.not_in(list(self._looked_until)))
        with self._database.read() as connection:
            row = connection.execute(chosen.limit(1)).one_or_none()
        if row is None:
            return False
        action = read(row)
        self._looked_until[action.id] = now + _AGAIN
        self._look(action, now)
        return True

    def _look(self, action: Action, now: int) -> None:
        with self._database.read() as connection:
            of = subject(connection, action.case_id)
        assert of is not None  # a foreign key
        as_seen = seen(self._clickhouse, self._rulebook, of, now)
        # Where somebody else was quicker there is nothing left to say.
        with suppress(NotOffered), self._database.begin() as connection:
            found = evidence(situation(connection, of, as_seen), action)
            if found is not None:
                people.settle(connection, action.id, found.happened, Decision(TRUTH, found.why), now)
