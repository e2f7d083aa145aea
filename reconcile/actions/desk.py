"""Where people have actions run: what is offered, shown and asked for goes through the same look at the case."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from reconcile.actions import people
from reconcile.actions.ask import Wanted, ask
from reconcile.actions.offers import Offer, offers, run_offer
from reconcile.actions.row import Action, Decision, by_id
from reconcile.actions.situation import Seen, Subject, seen, situation, subject
from reconcile.errors import NoSuchAction, NoSuchCase, NotOffered, NotYours, Unfilled
from reconcile.outgoing.prepared import Prepared
from reconcile.outgoing.request import Filling, attributes_in, of_action
from reconcile.rulebook import Rulebook
from reconcile.teams import EVERY_TEAM, Teams
from rules.spec import Step
from rules.spec_truth import Action as Declared
from rules.truth import known
from store.clickhouse import ClickHouse
from store.database import Database

LONGEST = 10_000  # characters of a reason


@dataclass(frozen=True, slots=True)
class Person:
    """Who decides, and about whose cases."""

    decision: Decision
    teams: Teams = EVERY_TEAM


@dataclass(frozen=True, slots=True)
class Place:
    """An action as the rule names it, on a step of a case."""

    case_id: str
    step: str
    name: str


class ActionDesk:
    """Safe to share among threads."""

    def __init__(self, clickhouse: ClickHouse, database: Database, rulebook: Rulebook) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._rulebook = rulebook

    def offers(self, case_id: str, now: int) -> tuple[Sequence[Offer], Sequence[Action]]:
        """What is safe to do about the case, and what was asked for so far. Raises `NoSuchCase`."""
        of, as_seen = self._look(case_id, now)
        with self._database.read() as connection:
            found = situation(connection, of, as_seen)
        return offers(found, now), found.actions

    def preview(self, place: Place, now: int) -> tuple[Offer, Prepared]:
        """The exact request, and whether it would be sent. Raises `NoSuchCase`, `NotOffered`, `Unfilled`."""
        of, as_seen = self._look(place.case_id, now)
        offer = self._offer(of, as_seen, place)
        try:
            return offer, self._prepared(of, as_seen, place, now)
        except Unfilled as error:
            # Of what is not there much can't be filled in: what comes first is why it is not offered.
            raise error if offer.offered else NotOffered(f"{offer.label}: {offer.why}") from None

    def run(self, place: Place, person: Person, now: int) -> Action:
        """Have it called, or propose it where it takes two. Raises what `preview` raises, and `NotYours`."""
        of, as_seen = self._look(place.case_id, now)
        _demand(self._offer(of, as_seen, place))
        request = self._prepared(of, as_seen, place, now)
        step, declared = _declared(as_seen, place)
        with self._database.begin() as connection:
            of = self._locked(connection, place.case_id, person)
            _demand(run_offer(situation(connection, of, as_seen), step, declared))
            wanted = Wanted(of.case_id, of.workflow, of.correlation_id, step.name, declared, request, _hash(as_seen))
            return ask(connection, wanted, person.decision, now)

    def approve(self, id_: str, person: Person, now: int) -> Action:
        """As the second person, if it is still safe. Raises `NoSuchAction`, `NotOffered`, `NotYours`."""
        action = self._known(id_)
        _, as_seen = self._look(action.case_id, now)
        with self._database.begin() as connection:
            of = self._locked(connection, action.case_id, person)
            self._still_safe(connection, of, as_seen, action)
            return people.approve(connection, id_, person.decision, now)

    def decide(self, id_: str, person: Person, change: Callable[[Connection], Action]) -> Action:
        """Withdraw, settle or repeat an action: `change` does it. Raises `NoSuchAction`, `NotOffered`, `NotYours`."""
        action = self._known(id_)
        with self._database.begin() as connection:
            self._locked(connection, action.case_id, person)
            return change(connection)

    def _look(self, case_id: str, now: int) -> tuple[Subject, Seen]:
        with self._database.read() as connection:
            of = subject(connection, case_id)
        if of is None:
            raise NoSuchCase(f"there is no case {case_id}")
        return of, seen(self._clickhouse, self._rulebook, of, now)

    def _known(self, id_: str) -> Action:
        with self._database.read() as connection:
            action = by_id(connection, id_)
        if action is None:
            raise NoSuchAction(f"there is no action {id_}")
        return action

    def _locked(self, connection: Connection, case_id: str, person: Person) -> Subject:
        of = subject(connection, case_id, lock=True)
        if of is None:
            raise NoSuchCase(f"there is no case {case_id}")
        if not person.teams.have(of.owners):
            raise NotYours(f"the case belongs to {', '.join(of.owners)}, and you are of {person.teams}")
        return of

    def _offer(self, of: Subject, as_seen: Seen, place: Place) -> Offer:
        step, declared = _declared(as_seen, place)
        with self._database.read() as connection:
            return run_offer(situation(connection, of, as_seen), step, declared)

    def _still_safe(self, connection: Connection, of: Subject, as_seen: Seen, action: Action) -> None:
        try:
            step, declared = _declared(as_seen, Place(action.case_id, action.step, action.name))
        except NoSuchAction as error:
            raise NotOffered(f"{action.label} is not safe any more: {error}") from error
        offer = run_offer(situation(connection, of, as_seen).without(action), step, declared)
        if not offer.offered:
            raise NotOffered(f"{action.label} is not safe any more: {offer.why}")

    def _prepared(self, of: Subject, as_seen: Seen, place: Place, now: int) -> Prepared:
        _, declared = _declared(as_seen, place)
        assert as_seen.workflow is not None
        values = known(self._clickhouse, as_seen.workflow, of.correlation_id, now, attributes_in(declared))
        return of_action(declared, Filling(of.correlation_id, of.workflow, place.step, values, {}))


def _demand(offer: Offer) -> None:
    if not offer.offered:
        raise NotOffered(f"{offer.label}: {offer.why}")


def _declared(as_seen: Seen, place: Place) -> tuple[Step, Declared]:
    for step in as_seen.workflow.steps if as_seen.workflow else ():
        for action in step.actions:
            if (step.name, action.name) == (place.step, place.name):
                return step, action
    raise NoSuchAction(f"the rule in force has no action {place.name} on {place.step}")


def _hash(as_seen: Seen) -> str:
    return as_seen.workflow.content_hash if as_seen.workflow else ""
