"""An action as its row tells: the guard in front of a request to somebody else's server. Times are µs UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from reconcile.actor import Actor
from reconcile.audit.entry import Entry
from store.tables import actions, cases


class State(StrEnum):
    PROPOSED = "proposed"  # waits for the second person, until `next_at`
    READY = "ready"  # to be called, at `next_at` or later; it has never reached the other side
    CALLING = "calling"  # somebody has it until `next_at`
    SUCCEEDED = "succeeded"  # it did happen
    FAILED = "failed"  # it definitely did not happen
    UNKNOWN = "unknown"  # it may have happened; repeated with the same key at `next_at`, if ever
    WITHDRAWN = "withdrawn"  # never called, and never will be


AGAIN = frozenset({State.FAILED, State.WITHDRAWN})
"""It certainly did not happen: another round may begin."""

NEVER = 2**63 - 1
"""The `next_at` of what nothing happens to by itself."""


@dataclass(frozen=True, slots=True)
class Action:
    """A row of `actions`, with the customer of its case. `request` is a `Prepared` as JSON; `status` that of HTTP;
    `called_at`: for the first time; `tried_at`: when the last call was over, or nobody waited for it any more."""

    id: str
    case_id: str
    step: str
    name: str
    round: int
    workflow: str
    correlation_id: str
    label: str
    state: State
    idempotent: bool
    automatic: bool
    request: str
    rule_hash: str
    asked_by: str
    asked_at: int
    reason: str
    approved_by: str
    approved_at: int | None
    attempts: int
    next_at: int
    called_at: int | None
    tried_at: int | None
    settled_at: int | None
    status: int | None
    note: str
    customer: str | None

    @property
    def over(self) -> bool:
        """What became of it is certain."""
        return self.state in (State.SUCCEEDED, State.FAILED, State.WITHDRAWN)

    @property
    def place(self) -> tuple[str, str]:
        return self.step, self.name


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decides, and why."""

    actor: Actor
    reason: str = ""


ROWS = select(actions, cases.c.customer).join_from(actions, cases)

_COLUMNS = tuple(field.name for field in fields(Action))


def of_case(connection: Connection, case_id: str) -> tuple[Action, ...]:
    """Every action that was ever asked for on a case, in order."""
    found = connection.execute(ROWS.where(actions.c.case_id == case_id).order_by(actions.c.asked_at, actions.c.id))
    return tuple(map(read, found))


def listed(
    connection: Connection, state: State | None, limit: int, behind: tuple[int, str] | None = None
) -> tuple[Action, ...]:
    """Over all cases, the newest first; those behind one that was asked for then and has this id."""
    chosen = ROWS if state is None else ROWS.where(actions.c.state == state)
    if behind is not None:
        at, id_ = behind
        chosen = chosen.where((actions.c.asked_at < at) | ((actions.c.asked_at == at) & (actions.c.id > id_)))
    found = connection.execute(chosen.order_by(actions.c.asked_at.desc(), actions.c.id).limit(limit))
    return tuple(map(read, found))


def by_id(connection: Connection, id_: str, *, lock: bool = False) -> Action | None:
    """With `lock` nobody else changes it until the transaction ends. Who locks its case, too, does so before."""
    chosen = ROWS.where(actions.c.id == id_)
    row = connection.execute(chosen.with_for_update(of=actions) if lock else chosen).one_or_none()
    return None if row is None else read(row)


def read(row: Row[Any]) -> Action:
    values = {name: row._mapping[name] for name in _COLUMNS}
    return Action(**{**values, "state": State(values["state"])})


def as_read(action: Action) -> tuple[ColumnElement[bool], ...]:
    """Nobody has touched it since it was read."""
    return (
        actions.c.id == action.id,
        actions.c.state == action.state,
        actions.c.next_at == action.next_at,
        actions.c.attempts == action.attempts,
    )


def entry(action: Action, what: str, actor: Actor, why: str = "", detail: Mapping[str, object] | None = None) -> Entry:
    """Of the audit trail, about this action."""
    return Entry(
        what,
        actor,
        why=why,
        workflow=action.workflow,
        correlation_id=action.correlation_id,
        case_id=action.case_id,
        step=action.step,
        customer=action.customer or "",
        causation_id=action.id,
        detail={"action": action.name, "round": action.round, **(detail or {})},
    )
