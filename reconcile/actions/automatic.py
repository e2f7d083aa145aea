"""Actions that run by themselves where the rule says so: few, a case at a time, and only where nothing is unknown."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Event

from sqlalchemy import Connection, exists, func, select

from reconcile.actions import switch
from reconcile.actions.ask import Wanted, ask
from reconcile.actions.offers import Situation, run_offer
from reconcile.actions.row import Decision, State
from reconcile.actions.situation import Seen, Subject, seen, situation, subject
from reconcile.actions.witness import Witness
from reconcile.actor import SCHEDULE
from reconcile.audit.entry import Entry, record
from reconcile.cases.case import State as CaseState
from reconcile.errors import Unfilled
from reconcile.loop import repeat
from reconcile.outgoing.prepared import Prepared
from reconcile.outgoing.request import Filling, attributes_in, of_action
from reconcile.rulebook import Rulebook
from rules.spec import Step
from rules.spec_truth import Action as Declared
from rules.truth import known
from rules.verdict import Kind
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.database import Database
from store.event import HOUR, MINUTE
from store.tables import actions, case_findings, cases

logger = logging.getLogger(__name__)

_FEW = 500  # cases that one look finds
_IDLE = 1.0  # seconds between looks while there is nothing to do
_LATER = 5 * MINUTE  # how long a case is left alone in which nothing could be done

_half_undone = case_findings.alias("half_undone")
_before = actions.alias("before")

# A person has not taken it, and nothing that was done for it went wrong, or may have; half undone, it is a person's.
_LEFT_TO_US = (
    cases.c.state == CaseState.OPEN,
    case_findings.c.open,
    ~case_findings.c.settled,
    ~exists().where(_half_undone.c.case_id == cases.c.id, _half_undone.c.open, _half_undone.c.kind == Kind.HALF_UNDONE),
    ~exists().where(_before.c.case_id == cases.c.id, _before.c.state.in_([State.FAILED, State.UNKNOWN])),
)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """An action that is to run by itself, with its request."""

    step: Step
    declared: Declared
    request: Prepared


class Automat:
    """Any number of them may run at once. `per_hour`: most actions that all of them together ask for in an hour."""

    def __init__(self, clickhouse: ClickHouse, database: Database, rulebook: Rulebook, per_hour: int) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._rulebook = rulebook
        self._per_hour = per_hour
        self._witness = Witness(clickhouse, database, rulebook)
        self._left_until: dict[str, int] = {}
        self._after = ""  # the case that was looked at last: they are gone through by their ids, round and round
        self._spent_until = 0
        self._told_until = 0

    def step(self, now: int) -> bool:
        """Look at one case at `now` (µs UTC): settle what has become certain, or ask for what the rule says.

        Says whether there may be more. Raises `StoreUnavailable` or `StoreRefused`.
        """
        if self._witness.step(now):
            return True
        if now < self._spent_until:
            return False
        self._left_until = {id_: until for id_, until in self._left_until.items() if until > now}
        found = self._candidates()
        case_id = next((it for it in found if it not in self._left_until), None)
        if case_id is None:
            more = len(found) == _FEW
            self._after = found[-1] if more else ""
            return more
        self._after, self._left_until[case_id] = case_id, now + _LATER
        self._ask(case_id, now)
        return True

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        repeat("automatic actions", self.step, clock, stop, _IDLE)

    def _candidates(self) -> list[str]:
        """The next cases in which something may be to do, and nothing stands against it."""
        found: set[str] = set()
        with self._database.read() as connection:
            if switch.read(connection).stopped:
                return []
            for workflow, step, action in _declared(self._rulebook):
                found.update(self._cases(connection, workflow, step, action))
        return sorted(found)[:_FEW]

    def _cases(self, connection: Connection, workflow: str, step: str, action: Declared) -> Sequence[str]:
        asked = (actions.c.case_id == cases.c.id, actions.c.step == step, actions.c.name == action.name)
        columns = case_findings.c
        chosen = (
            select(cases.c.id)
            .join(case_findings, columns.case_id == cases.c.id)
            .where(columns.workflow == workflow, columns.step == step, columns.kind.in_(action.automatic))
            .where(*_LEFT_TO_US, ~exists().where(*asked), cases.c.id > self._after)
        )
        return connection.execute(chosen.order_by(cases.c.id).limit(_FEW)).scalars().all()

    def _ask(self, case_id: str, now: int) -> None:
        """For everything in the case that is to run by itself, at once: so that one which fails stops the others."""
        with self._database.read() as connection:
            of = subject(connection, case_id)
        assert of is not None  # it was found a moment ago, and cases are not deleted
        as_seen = seen(self._clickhouse, self._rulebook, of, now)
        chosen = list(self._chosen(of, as_seen, now))
        with self._database.begin() as connection:
            switch.hold(connection)
            locked = subject(connection, case_id, lock=True)
            if locked is None or locked.state != CaseState.OPEN or switch.read(connection).stopped:
                return
            here = situation(connection, locked, as_seen)
            fit = [it for it in chosen if _fits(here, it)]
            if len(fit) > self._left(connection, now):
                self._spent(connection, locked, now)
                return
            # The last effect is undone first; the order is that of the instants.
            for place, it in enumerate(reversed(fit)):
                self._put(connection, locked, as_seen, it, now + place)

    def _chosen(self, of: Subject, as_seen: Seen, now: int) -> Iterator[_Chosen]:
        for step in as_seen.workflow.in_graph_order() if as_seen.workflow else ():
            for declared in step.actions:
                if declared.automatic and as_seen.workflow is not None:
                    values = known(self._clickhouse, as_seen.workflow, of.correlation_id, now, attributes_in(declared))
                    try:
                        request = of_action(declared, Filling(of.correlation_id, of.workflow, step.name, values, {}))
                    except Unfilled as error:
                        logger.warning("%s on %s of %r: %s", declared.name, step.name, of.correlation_id, error)
                        continue
                    yield _Chosen(step, declared, request)

    def _put(self, connection: Connection, of: Subject, as_seen: Seen, it: _Chosen, now: int) -> None:
        workflow = as_seen.workflow
        wanted = Wanted(
            of.case_id,
            of.workflow,
            of.correlation_id,
            it.step.name,
            it.declared,
            it.request,
            workflow.content_hash if workflow else "",
            automatic=True,
        )
        ask(connection, wanted, Decision(SCHEDULE, f"the rule says so upon {', '.join(it.declared.automatic)}"), now)

    def _left(self, connection: Connection, now: int) -> int:
        """Of this hour's budget, counted over what was asked for, whoever did."""
        asked = select(func.count()).where(actions.c.automatic, actions.c.asked_at > now - HOUR)
        return self._per_hour - connection.execute(asked).scalar_one()

    def _spent(self, connection: Connection, of: Subject, now: int) -> None:
        self._spent_until = now + MINUTE
        self._left_until.pop(of.case_id, None)
        if now >= self._told_until:
            self._told_until = now + HOUR
            why = f"{self._per_hour} within an hour (actions.automatic_per_hour); the rest waits"
            logger.warning("automatic actions: the budget is spent: %s", why)
            record(connection, [Entry("actions.budget_spent", SCHEDULE, why, case_id=of.case_id)], now)


def _declared(rulebook: Rulebook) -> Iterator[tuple[str, str, Declared]]:
    for workflow in rulebook.workflows:
        for step in workflow.steps:
            yield from ((workflow.name, step.name, it) for it in step.actions if it.automatic)


def _fits(here: Situation, it: _Chosen) -> bool:
    kinds = here.kinds(it.step.name) & set(map(str, it.declared.automatic))
    fresh = not here.rounds(it.step.name, it.declared.name)
    return bool(kinds) and fresh and run_offer(here, it.step, it.declared).offered
