"""What makes a source be asked at once: the button, and everything pending over again. Instants are µs UTC."""

from dataclasses import dataclass

from sqlalchemy import Connection, Select, func, select, tuple_, update

from reconcile.actor import Actor
from reconcile.audit.entry import Entry, record
from reconcile.errors import NoSuchCase, NoTruth
from reconcile.rulebook import Rulebook
from reconcile.teams import EVERY_TEAM, Teams
from reconcile.truth import lookups
from reconcile.truth.lookups import Lane, State, Trigger, Wanted
from store.database import Database, upsert
from store.tables import case_findings, cases
from store.tables import lookups as rows


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked again; '' is all. `teams`: of whose findings."""

    workflow: str = ""
    step: str = ""
    teams: Teams = EVERY_TEAM


class Asking:
    """Asks nobody by itself: it makes lookups due, which the askers make within their limits."""

    def __init__(self, database: Database, rulebook: Rulebook) -> None:
        self._database = database
        self._rulebook = rulebook

    def ask(self, case_id: str, step: str, actor: Actor, now: int) -> None:
        """About this step at once, as if for the first time, whatever was planned.

        Raises `NoSuchCase`, or `NoTruth` where the rule in force names no source for the step.
        """
        with self._database.begin() as connection:
            case = connection.execute(select(cases).where(cases.c.id == case_id)).one_or_none()
            if case is None:
                raise NoSuchCase(f"there is no case {case_id}")
            if (case.workflow, step) not in lookups.lanes(self._rulebook):
                raise NoTruth(f"the rule of {case.workflow} names no source of truth for {step}")
            wanted = Wanted(case_id, step, case.workflow, case.correlation_id)
            _make_due(connection, wanted, actor, now)
            asked = Entry(
                "truth.asked",
                actor,
                workflow=case.workflow,
                correlation_id=case.correlation_id,
                case_id=case_id,
                step=step,
                customer=case.customer or "",
            )
            record(connection, [asked], now)

    def pending(self, scope: Scope) -> int:
        """How many lookups `recheck` would make."""
        with self._database.read() as connection:
            counts = (select(func.count()).select_from(it.subquery()) for it in self._missing(scope).values())
            return sum(connection.execute(count).scalar_one() for count in counts)

    def recheck(self, scope: Scope, actor: Actor, now: int) -> int:
        """About everything of this scope that is missing, at once; how many lookups that makes."""
        with self._database.begin() as connection:
            count = sum(_again(connection, missing, actor, now) for missing in self._missing(scope).values())
            told = {"workflow": scope.workflow, "step": scope.step, "teams": str(scope.teams)}
            detail = {**told, "lookups": count}
            again = Entry("truth.rechecked", actor, workflow=scope.workflow, step=scope.step, detail=detail)
            record(connection, [again], now)
        return count

    def _missing(self, scope: Scope) -> dict[Lane, Select[tuple[str, str, str, str]]]:
        lanes = (
            it for it in lookups.lanes(self._rulebook) if scope.workflow in ("", it[0]) and scope.step in ("", it[1])
        )
        owned = () if scope.teams.names is None else (case_findings.c.owner.in_(scope.teams.names),)
        return {lane: lookups.missing(*lane).where(*owned) for lane in lanes}


def _make_due(connection: Connection, wanted: Wanted, actor: Actor, now: int) -> None:
    due = {
        "state": State.WAITING,
        "trigger": Trigger.BUTTON,
        "asked_by": actor.name,
        "attempts": 0,
        "next_at": now,
    }
    row = {**lookups.new(wanted), **due}
    insert = upsert(connection.dialect.name, rows).values(**row)
    connection.execute(insert.on_conflict_do_update(index_elements=[rows.c.case_id, rows.c.step], set_=due))


def _again(connection: Connection, missing: Select[tuple[str, str, str, str]], actor: Actor, now: int) -> int:
    """All at once, for they may be many; those that nobody has asked about yet are due already."""
    found = missing.subquery()
    key = tuple_(rows.c.case_id, rows.c.step)
    due = {"trigger": Trigger.RECHECK, "asked_by": actor.name, "attempts": 0, "next_at": now}
    again = update(rows).where(rows.c.state == State.WAITING, key.in_(select(found.c.case_id, found.c.step)))
    connection.execute(again.values(**due))
    return connection.execute(select(func.count()).select_from(found)).scalar_one()
