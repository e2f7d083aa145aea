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
SELECT argMax(steps.name, version), argMax(steps.state, version)
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
    undone: frozenset[str]


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
        return Seen(None, {}, frozenset())
    key = {"workflow": of.workflow, "correlation_id": of.correlation_id}
    rows = clickhouse.query(_STATES, key)
    states = dict(zip(*rows[0], strict=True)) if rows else {}
    return Seen(workflow, states, undone(clickhouse, workflow, of.correlation_id, now))


def situation(connection: Connection, of: Subject, as_seen: Seen) -> Situation:
    rows = connection.execute(select(lookups).where(lookups.c.case_id == of.case_id))
    asked = {row.step: Asked(row.outcome, row.note, row.last_at) for row in rows}
    actions = of_case(connection, of.case_id)
    return Situation(of.state, as_seen.workflow, of.findings, as_seen.states, as_seen.undone, asked, actions)
