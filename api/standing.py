"""Whether judging keeps up, and what evaluators do, as they have written it down. Times are µs, instants UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from sqlalchemy import Connection, func, select

from api.sql import query
from api.times import span
from rules.evaluate.report import TICK
from rules.evaluate.work import Work
from store import collectors
from store.clickhouse import ClickHouse
from store.collectors import BEHIND, Collector
from store.event import MINUTE, SECOND
from store.instant import rfc3339
from store.tables import evaluator_work, evaluators

SILENT = 30 * SECOND
"""An evaluator that has not been heard for so long judges no more."""

RECENT = 10 * MINUTE
"""Over how long what evaluators do is added up: whole minutes, and the present one."""


class Pace(StrEnum):
    KEEPS_UP = "keeps_up"
    HELD = "held"  # by a collector that does not get on, or a source that is silent
    BUSY = "busy"  # there is more to do than it gets done
    SILENT = "silent"  # no evaluator says anything
    NEVER = "never"  # nothing has ever been judged


@dataclass(frozen=True, slots=True)
class Evaluator:
    id: str
    heard_at: int
    judged_until: int
    lag_at_most: int
    waiting: int
    held: bool


@dataclass(frozen=True, slots=True)
class Done:
    """In how many ticks, of how many correlation IDs, how long, and what ClickHouse read for it."""

    times: int
    looked_at: int
    longest: int
    took: int
    statements: int
    rows: int
    bytes: int
    inserted: int


@dataclass(frozen=True, slots=True)
class Standing:
    """`lag` is between the instant up to which everything is judged and when an evaluator said so, or now, if none says
    anything any more. `overdue`: instances whose deadline is
    between the two. `work`: since `since`, by what it was for, the ticks as a whole first."""

    pace: Pace
    sentence: str
    lag: int | None
    judged_until: int | None
    waiting: int
    overdue: int
    evaluators: Sequence[Evaluator]
    held_by: Sequence[Collector]
    since: int
    work: Mapping[str, Done]


def standing(connection: Connection, clickhouse: ClickHouse, now: int) -> Standing:
    """Raises StoreUnavailable."""
    rows = connection.execute(select(evaluators).order_by(evaluators.c.id)).all()
    known = [Evaluator(*row) for row in rows]
    held_by = [it for it in collectors.registered(connection) if it.let_go_at is None and it.watermark < now - BEHIND]
    live = [it for it in known if now - it.heard_at <= SILENT]
    until = min((it.judged_until for it in live or known), default=0) or None
    lag = _lag(live, until, now)
    pace = _pace(known, live, lag)
    since = now - RECENT
    return Standing(
        pace=pace,
        sentence=_sentence(pace, lag, known, held_by),
        lag=lag,
        judged_until=until,
        waiting=sum(it.waiting for it in live),
        overdue=0 if until is None else _overdue(clickhouse, until, now),
        evaluators=known,
        held_by=held_by,
        since=since,
        work=_work(connection, since),
    )


def _lag(live: Sequence[Evaluator], until: int | None, now: int) -> int | None:
    if until is None:
        return None
    return max((it.heard_at - it.judged_until for it in live), default=now - until)


def _pace(known: Sequence[Evaluator], live: Sequence[Evaluator], lag: int | None) -> Pace:
    if not known or lag is None:
        return Pace.NEVER
    if not live:
        return Pace.SILENT
    if lag <= min(it.lag_at_most for it in live):
        return Pace.KEEPS_UP
    return Pace.HELD if any(it.held for it in live) else Pace.BUSY


def _sentence(pace: Pace, lag: int | None, known: Sequence[Evaluator], held_by: Sequence[Collector]) -> str:
    """What there is to know first, for people."""
    behind = f"judging is {span(lag or 0)} behind"
    match pace:
        case Pace.NEVER:
            return "Nothing has been judged yet."
        case Pace.SILENT:
            heard_at = max(it.heard_at for it in known)
            return f"{behind}: no evaluator has been heard since {rfc3339(heard_at // SECOND * SECOND)}"
        case Pace.HELD:
            return f"{behind}: held by {_named(held_by)}"
        case Pace.BUSY:
            return f"{behind}: there is more to judge than gets done"
        case Pace.KEEPS_UP:
            return f"judging keeps up: everything up to {span(lag or 0)} ago is judged"


def _named(held_by: Sequence[Collector]) -> str:
    names = [f"collector {it.id} ({it.host})" for it in held_by]
    return " and ".join(names) if names else "what had not arrived"


def _overdue(clickhouse: ClickHouse, until: int, now: int) -> int:
    [(number,)] = clickhouse.query(query("overdue"), {"until": until, "now": now})
    return int(number)


def _work(connection: Connection, since: int) -> Mapping[str, Done]:
    added = [(func.max if it.name == "longest" else func.sum)(evaluator_work.c[it.name]) for it in fields(Done)]
    rows = connection.execute(
        select(evaluator_work.c.work, *added)
        .where(evaluator_work.c.began_at > since - MINUTE)
        .group_by(evaluator_work.c.work)
    )
    found = {work: Done(*map(int, numbers)) for work, *numbers in rows}
    return {work: found[work] for work in (TICK, *Work) if work in found}
