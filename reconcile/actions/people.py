"""What people do about an action: approve or withdraw it, say what became of it, have it repeated. Times are µs UTC."""

from dataclasses import replace

from sqlalchemy import Connection, and_, or_, update

from reconcile.actions.outcome import KEY_HOLDS
from reconcile.actions.row import NEVER, ROWS, Action, Decision, State, as_read, by_id, entry, read
from reconcile.actor import SCHEDULE
from reconcile.audit.entry import Entry, record
from reconcile.errors import NoSuchAction, NotOffered
from store.event import HOUR
from store.tables import actions

READY_HOLDS = 6 * HOUR
"""How long what is due may wait for somebody to call it, longer than an action before it can keep it waiting."""

_FEW = 100  # rows that one look deals with


def approve(connection: Connection, id_: str, decision: Decision, now: int) -> Action:
    """As the second person: it is called from now on. Whether it is still safe is for the caller to look at first, in
    the same transaction. Raises `NotOffered`."""
    action, actor = _in_state(connection, id_, State.PROPOSED, "approved"), decision.actor
    if actor.name == action.asked_by:
        raise NotOffered(f"{action.label} takes a second person: {actor.name} has proposed it")
    if action.next_at <= now:
        raise NotOffered(f"{action.label} was proposed more than a day ago: propose it again")
    values = {"state": State.READY, "approved_by": actor.name, "approved_at": now, "next_at": now}
    detail = {"proposed_by": action.asked_by}
    return _changed(connection, action, values, entry(action, "action.approved", actor, decision.reason, detail), now)


def withdraw(connection: Connection, id_: str, decision: Decision, now: int) -> Action:
    """Before it was ever called. Raises `NotOffered`."""
    action = _known(connection, id_)
    if action.state not in (State.PROPOSED, State.READY):
        raise NotOffered(f"{action.label} is {action.state}, so it can't be withdrawn any more")
    return _withdrawn(connection, action, decision, now)


def settle(connection: Connection, id_: str, happened: bool, decision: Decision, now: int) -> Action:
    """Somebody says what became of an action whose outcome is unknown. Raises `NotOffered`."""
    action = _in_state(connection, id_, State.UNKNOWN, "settled")
    state = State.SUCCEEDED if happened else State.FAILED
    values = {"state": state, "settled_at": now, "next_at": NEVER, "note": decision.reason}
    told = entry(action, "action.settled", decision.actor, decision.reason, {"before": action.state, "after": state})
    return _changed(connection, action, values, told, now)


def repeat(connection: Connection, id_: str, decision: Decision, now: int) -> Action:
    """Have it called once more, under the same key. Raises `NotOffered`."""
    action = _in_state(connection, id_, State.UNKNOWN, "repeated")
    if reason := why_not_repeated(action, now):
        raise NotOffered(f"{action.label} can't be repeated: {reason}")
    told = entry(action, "action.repeated", decision.actor, decision.reason)
    return _changed(connection, action, {"next_at": now}, told, now)


def why_not_repeated(action: Action, now: int) -> str:
    """What speaks against calling it again under its key; '' where nothing does."""
    if not action.idempotent:
        return "it is not idempotent, so it could happen twice"
    if (action.called_at or 0) <= now - KEY_HOLDS:
        return "it was first called so long ago that the other side may have forgotten its key"
    return ""


def expire(connection: Connection, now: int) -> int:
    """What waited too long is withdrawn: proposals for a second person, and what is ready for somebody to call it; how
    many were. Whoever still wants it asks again, and it is looked at again whether it is safe."""
    proposed = and_(actions.c.state == State.PROPOSED, actions.c.next_at <= now)
    ready = and_(actions.c.state == State.READY, actions.c.next_at <= now - READY_HOLDS)
    old = ROWS.where(or_(proposed, ready)).limit(_FEW).with_for_update(skip_locked=True, of=actions)
    found = [read(row) for row in connection.execute(old)]
    for action in found:
        _withdrawn(connection, action, Decision(SCHEDULE, _WAITED[action.state]), now)
    return len(found)


_WAITED = {
    State.PROPOSED: "no second person came within a day",
    State.READY: "nobody called it for six hours",
}


def _withdrawn(connection: Connection, action: Action, decision: Decision, now: int) -> Action:
    values = {"state": State.WITHDRAWN, "settled_at": now, "next_at": NEVER, "note": decision.reason}
    told = entry(action, "action.withdrawn", decision.actor, decision.reason, {"before": action.state})
    return _changed(connection, action, values, told, now)


def _known(connection: Connection, id_: str) -> Action:
    action = by_id(connection, id_, lock=True)
    if action is None:
        raise NoSuchAction(f"there is no action {id_}")
    return action


def _in_state(connection: Connection, id_: str, state: State, what: str) -> Action:
    action = _known(connection, id_)
    if action.state is not state:
        raise NotOffered(f"{action.label} is {action.state}, so it can't be {what}")
    return action


def _changed(connection: Connection, action: Action, values: dict[str, object], told: Entry, now: int) -> Action:
    """Raises `NotOffered` where somebody else was quicker."""
    if connection.execute(update(actions).where(*as_read(action)).values(values)).rowcount != 1:
        raise NotOffered(f"somebody else was quicker with {action.label}")
    record(connection, [told], now)
    return replace(action, **values)  # type: ignore[arg-type]  # columns by their names
