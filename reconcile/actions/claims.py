"""Who may call an action now, and what became of the call. Two workers never have the same action at once."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, exists, or_, select, update

from reconcile.actions import switch
from reconcile.actions.outcome import KEY_HOLDS, MOST, Attempt, Outcome
from reconcile.actions.row import NEVER, ROWS, Action, State, as_read, entry, read
from reconcile.actor import SCHEDULE
from reconcile.audit.entry import record as record_entries
from store.database import Database
from store.tables import actions

_FEW = 100  # rows that one look deals with


@dataclass(frozen=True, slots=True)
class Claim:
    """An action that the holder may call until `until`; `action` is as it was before."""

    action: Action
    attempt: Attempt
    until: int


_before = actions.alias("before")

_KEY_HOLDS = actions.c.called_at > bindparam("now") - KEY_HOLDS

# Of the automatic ones of a case one goes at a time, in the order in which they were asked for.
_ITS_TURN = or_(
    ~actions.c.automatic,
    ~exists().where(
        _before.c.case_id == actions.c.case_id,
        _before.c.automatic,
        _before.c.state.in_([State.READY, State.CALLING]),
        or_(
            _before.c.asked_at < actions.c.asked_at,
            and_(_before.c.asked_at == actions.c.asked_at, _before.c.id < actions.c.id),
        ),
    ),
)

_DUE: ColumnElement[bool] = and_(
    actions.c.next_at <= bindparam("now"),
    or_(~actions.c.automatic, ~switch.STOPPED),
    or_(
        and_(actions.c.state == State.READY, _ITS_TURN),
        and_(actions.c.state.in_([State.UNKNOWN, State.CALLING]), actions.c.idempotent, _KEY_HOLDS),
    ),
)

# Nobody answers for it any more, and it may not be repeated: its holder died, or was away for longer than keys hold.
_LOST: ColumnElement[bool] = and_(
    actions.c.next_at <= bindparam("now"),
    or_(
        and_(actions.c.state == State.CALLING, or_(~actions.c.idempotent, ~_KEY_HOLDS, actions.c.attempts >= MOST)),
        and_(actions.c.state == State.UNKNOWN, ~_KEY_HOLDS),
    ),
)

_FIRST = ROWS.where(_DUE, ~_LOST).order_by(actions.c.next_at).limit(1).with_for_update(skip_locked=True, of=actions)
_ANYTHING = select(
    exists().where(
        actions.c.state.in_([State.PROPOSED, State.READY, State.CALLING, State.UNKNOWN]),
        actions.c.next_at <= bindparam("now"),
    )
)
_ALL_LOST = ROWS.where(_LOST).limit(_FEW).with_for_update(skip_locked=True, of=actions)


def anything(database: Database, now: int) -> bool:
    """Whether something may be due: asked without a lock."""
    with database.read() as connection:
        return bool(connection.execute(_ANYTHING, {"now": now}).scalar_one())


def claim(database: Database, now: int, hold: int) -> Claim | None:
    """Take the action that has been due for longest, for `hold` µs; `None` if none is due.

    That it is called is written down before it is: who finds it so, and nobody there, knows that it may have happened.
    """
    with database.begin() as connection:
        row = connection.execute(_FIRST, {"now": now}).one_or_none()
        return None if row is None else _take(connection, row, now, now + hold)


def record(database: Database, claim: Claim, outcome: Outcome, now: int) -> bool:
    """Write down what became of it; false where that had been settled meanwhile, which goes to the audit trail too.

    An answer that comes after the hold has run out still counts, unless somebody else has called it since.
    """
    action = claim.action
    mine = and_(
        actions.c.id == action.id,
        actions.c.attempts == claim.attempt.number,
        actions.c.state.in_([State.CALLING, State.UNKNOWN]),
    )
    with database.begin() as connection:
        written = connection.execute(update(actions).where(mine).values(_values(outcome, now)))
        what = f"action.{_WORD[outcome.state]}" if written.rowcount else "action.answered_late"
        record_entries(connection, [entry(action, what, SCHEDULE, outcome.note, _detail(claim, outcome))], now)
        if written.rowcount and outcome.state in (State.FAILED, State.UNKNOWN):
            leave_the_rest(connection, action, now)
    return written.rowcount == 1


def lose(connection: Connection, now: int) -> int:
    """What nobody answers for and may not be repeated is unknown from now on; how many were found."""
    found = [read(row) for row in connection.execute(_ALL_LOST, {"now": now})]
    for action in found:
        was_called = action.state is State.CALLING
        note = "whoever called it was lost before there was an answer" if was_called else action.note
        tried_at = now if was_called else action.tried_at
        values = {"state": State.UNKNOWN, "next_at": NEVER, "tried_at": tried_at, "note": note}
        connection.execute(update(actions).where(*as_read(action)).values(values))
        record_entries(connection, [entry(action, "action.unknown", SCHEDULE, note)], now)
        leave_the_rest(connection, action, now)
    return len(found)


def leave_the_rest(connection: Connection, action: Action, now: int) -> None:
    """What failed, or may have, is for a person to look at: nothing else of the case goes by itself any more."""
    others = ROWS.where(
        actions.c.case_id == action.case_id,
        actions.c.automatic,
        actions.c.state == State.READY,
        actions.c.id != action.id,
    )
    note = f"{action.label} on {action.step} did not succeed: the rest of the case is left to people"
    for other in map(read, connection.execute(others.with_for_update(of=actions))):
        values = {"state": State.WITHDRAWN, "next_at": NEVER, "settled_at": now, "note": note}
        if connection.execute(update(actions).where(*as_read(other)).values(values)).rowcount:
            record_entries(connection, [entry(other, "action.withdrawn", SCHEDULE, note)], now)


def _take(connection: Connection, row: Row[tuple[object, ...]], now: int, until: int) -> Claim | None:
    action = read(row)
    attempt = Attempt(action.attempts + 1, action.idempotent, unsure=action.state is not State.READY)
    taken = connection.execute(
        update(actions)
        .where(*as_read(action))
        .values(state=State.CALLING, next_at=until, attempts=attempt.number, called_at=action.called_at or now)
    )
    if taken.rowcount != 1:
        return None
    record_entries(connection, [entry(action, "action.called", SCHEDULE, detail={"attempt": attempt.number})], now)
    return Claim(action, attempt, until)


_WORD = {
    State.SUCCEEDED: "succeeded",
    State.FAILED: "failed",
    State.UNKNOWN: "unknown",
    State.READY: "put_off",
}


def _values(outcome: Outcome, now: int) -> dict[str, object]:
    over = outcome.state in (State.SUCCEEDED, State.FAILED)
    return {
        "state": outcome.state,
        "next_at": outcome.next_at,
        "tried_at": now,
        "settled_at": now if over else None,
        "status": outcome.status,
        "note": outcome.note,
    }


def _detail(claim: Claim, outcome: Outcome) -> dict[str, object]:
    told = {"attempt": claim.attempt.number, "outcome": outcome.state, "status": outcome.status}
    return told if outcome.next_at == NEVER else {**told, "again_at": outcome.next_at}
