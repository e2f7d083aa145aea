"""Everything that a decision about an action is made from, read from both stores. Times are µs UTC."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from reconcile.actions.offers import Asked, Situation
from reconcile.actions.row import of_case
from reconcile.rulebook import Rulebook
from rules.spec import Workflow
from rules.truth import undone
from store.clickhouse import ClickHouse
from store.tables import case_findings, cases, lookups

# '' is the state of an instance that is no more.
_STATES = """
SELECT
    argMax(steps.name, version),
    argMax(steps.state, version),
    arrayMap(at -> toUnixTimestamp64Micro(at), argMax(steps.at, version))
FROM instances
WHERE workflow = {workflow:String} AND correlation_id = {correlation_id:String}
HAVING argMax(state, version) != ''
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """A case, as far as actions are concerned. `owners`: whose findings are open, the case's own first."""

    case_id: str
    workflow: str
    correlation_id: str
    state: str
    owners: tuple[str, ...]
    rule_hash: str
    findings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the judge and the events say, read before the transaction in which it is decided."""

    workflow: Workflow | None
    states: Mapping[str, str]
    came: Mapping[str, int | None]
    undone: Mapping[str, int]


def subject(connection: Connection, case_id: str, *, lock: bool = False) -> Subject | None:
    """`None` where there is no such case. With `lock` nobody else decides about it until the transaction ends."""
    statement = select(cases).where(cases.c.id == case_id)
    row = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        return None
    columns = case_findings.c
    found = connection.execute(
        select(columns.step, columns.kind, columns.owner, columns.rule_hash, columns.version, columns.open)
        .where(columns.case_id == case_id)
        .order_by(columns.version.desc())
    ).all()
    still = [it for it in found if it.open]
    return Subject(
        case_id,
        row.workflow,
        row.correlation_id,
        row.state,
        tuple(dict.fromkeys([row.owner, *(it.owner for it in still)])),
        found[0].rule_hash if found else "",
        tuple((it.step, it.kind) for it in still),
    )


def seen(clickhouse: ClickHouse, rulebook: Rulebook, of: Subject, now: int) -> Seen:
    """Raises StoreUnavailable or StoreRefused."""
    workflow = rulebook.workflow(of.workflow, of.rule_hash)
    if workflow is None:
        return Seen(None, {}, {}, {})
    key = {"workflow": of.workflow, "correlation_id": of.correlation_id}
    rows = clickhouse.query(_STATES, key)
    names, states, came = rows[0] if rows else ((), (), ())
    steps, times = dict(zip(names, states, strict=True)), dict(zip(names, came, strict=True))
    return Seen(workflow, steps, times, undone(clickhouse, workflow, of.correlation_id, now))


def situation(connection: Connection, of: Subject, as_seen: Seen) -> Situation:
    rows = connection.execute(select(lookups).where(lookups.c.case_id == of.case_id))
    asked = {row.step: Asked(row.outcome, row.note, row.last_at) for row in rows}
    return Situation(
        case_state=of.state,
        workflow=as_seen.workflow,
        findings=of.findings,
        states=as_seen.states,
        came=as_seen.came,
        undone=as_seen.undone,
        asked=asked,
        actions=of_case(connection, of.case_id),
    )
