"""The guard: a row for a request that somebody wants sent. A round of an action exists once, whoever asks."""

from dataclasses import dataclass

from sqlalchemy import Connection

from reconcile.actions.row import AGAIN, Action, Decision, State, by_id, entry, of_case
from reconcile.audit.entry import record
from reconcile.errors import NotOffered
from reconcile.identity import action_id
from reconcile.outgoing.prepared import Prepared
from rules.spec_truth import Action as Declared
from store.database import upsert
from store.event import DAY
from store.tables import actions

PROPOSAL_HOLDS = DAY
"""How long a proposal waits for its second person: what was right to do yesterday may be wrong today."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: an action that the rule declares for a step of a case, with its request for this case."""

    case_id: str
    workflow: str
    correlation_id: str
    step: str
    declared: Declared
    request: Prepared
    rule_hash: str
    automatic: bool = False


def ask(connection: Connection, wanted: Wanted, decision: Decision, now: int) -> Action:
    """Put it down within the caller's transaction: ready to be called, or proposed where it takes a second person.

    Raises `NotOffered` where the round before is not known to have failed, or somebody else was quicker.
    """
    number = _next_round(connection, wanted)
    id_ = action_id(wanted.case_id, wanted.step, wanted.declared.name, number)
    values = {
        **_values(wanted, now),
        "id": id_,
        "round": number,
        "asked_by": decision.actor.name,
        "reason": decision.reason,
    }
    row = upsert(connection.dialect.name, actions).values(values).on_conflict_do_nothing().returning(actions.c.id)
    written, action = connection.execute(row).scalar_one_or_none(), by_id(connection, id_, lock=True)
    if written is None or action is None:
        raise NotOffered(f"{wanted.declared.label}: {action.asked_by if action else 'somebody'} was quicker")
    what = "action.proposed" if action.state is State.PROPOSED else "action.asked"
    record(connection, [entry(action, what, decision.actor, decision.reason, {"request": wanted.request.shown})], now)
    return action


def _next_round(connection: Connection, wanted: Wanted) -> int:
    """A further round begins only where the one before definitely did not happen."""
    place = (wanted.step, wanted.declared.name)
    rounds = [it for it in of_case(connection, wanted.case_id) if it.place == place]
    last = max(rounds, key=lambda it: it.round, default=None)
    if last is not None and last.state not in AGAIN:
        raise NotOffered(f"{last.label} is {last.state} already: {last.asked_by} asked for it")
    return last.round + 1 if last else 1


def _values(wanted: Wanted, now: int) -> dict[str, object]:
    proposed = wanted.declared.approve > 1
    return {
        "case_id": wanted.case_id,
        "step": wanted.step,
        "name": wanted.declared.name,
        "workflow": wanted.workflow,
        "correlation_id": wanted.correlation_id,
        "label": wanted.declared.label,
        "state": State.PROPOSED if proposed else State.READY,
        "idempotent": wanted.declared.idempotent,
        "automatic": wanted.automatic,
        "request": wanted.request.stored(),
        "rule_hash": wanted.rule_hash,
        "asked_at": now,
        "approved_by": "",
        "attempts": 0,
        "next_at": now + PROPOSAL_HOLDS if proposed else now,
        "note": "",
    }
