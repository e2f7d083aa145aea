"""Cases and their findings as rows of the SQL database, read and written for many cases at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, select, update

from reconcile.cases.case import Case, Change, Reason, State, rank
from reconcile.cases.finding import About, Finding
from reconcile.errors import Raced
from store.database import Database
from store.tables import case_findings, cases

_FINDING = tuple(field.name for field in fields(Finding))
_KEY = ("workflow", "correlation_id", "step", "kind")
_REST = tuple(name for name in (*_FINDING, "case_id") if name not in _KEY)

_PRESERVE = {"preserve_rowcount": True}


def read_cases(connection: Connection, case_ids: Iterable[str]) -> dict[str, Case]:
    """The cases that exist, by id. They stay locked until the end of the transaction, so nobody changes them between.

    Rows are locked in the order of their ids, as everywhere, so that two reconcilers can't wait for each other.
    """
    ids = list(case_ids)
    rows = connection.execute(select(cases).where(cases.c.id.in_(ids)).order_by(cases.c.id).with_for_update()).all()
    findings: defaultdict[str, list[Finding]] = defaultdict(list)
    for row in connection.execute(select(case_findings).where(case_findings.c.case_id.in_(ids))):
        findings[row.case_id].append(Finding(*(row._mapping[name] for name in _FINDING)))
    return {row.id: _case(row, findings[row.id]) for row in rows}


def write(database: Database, connection: Connection, changes: Sequence[Change]) -> None:
    """Cases and findings as they are now; raises `Raced` where something is no longer as it was before."""
    add_cases(database, connection, [change.case for change in changes if change.previous is None])
    change_cases(connection, [(change.previous, change.case) for change in changes if change.previous])
    put_findings(database, connection, [(change.case.id, it) for change in changes for it in _fresh(change)])
    _put_flags(connection, [it for change in changes for it in _flagged(change)])


def add_cases(database: Database, connection: Connection, new: Sequence[Case]) -> None:
    """Raises `Raced` where somebody else has just made one of them."""
    rows = [_values(case) for case in sorted(new, key=lambda case: case.id)]
    if rows:
        _all(
            connection.execute(database.upsert(cases).on_conflict_do_nothing(), rows, execution_options=_PRESERVE), rows
        )


def change_cases(connection: Connection, changed: Sequence[tuple[Case, Case]]) -> None:
    """Write (before, after); raises `Raced` where one is no longer as it was before."""
    rows = [
        {**_values(after), "b_id": before.id, "b_state": before.state, "b_revision": before.revision}
        for before, after in changed
    ]
    unchanged = (
        cases.c.id == bindparam("b_id"),
        cases.c.state == bindparam("b_state"),
        cases.c.revision == bindparam("b_revision"),
    )
    if rows:
        _all(connection.execute(update(cases).where(*unchanged), rows), rows)


def put_findings(database: Database, connection: Connection, case_id_of: Sequence[tuple[str, Finding]]) -> None:
    """Write (case id, finding), each only over a lower version; raises `Raced` where the stored one is not lower."""
    rows = [
        {**{name: getattr(finding, name) for name in _FINDING}, "case_id": case_id} for case_id, finding in case_id_of
    ]
    statement = database.upsert(case_findings)
    statement = statement.on_conflict_do_update(
        index_elements=[case_findings.c[name] for name in _KEY],
        set_={name: statement.excluded[name] for name in _REST},
        where=case_findings.c.version < statement.excluded.version,
    )
    if rows:
        _all(connection.execute(statement, rows, execution_options=_PRESERVE), rows)


def _put_flags(connection: Connection, findings: Sequence[Finding]) -> None:
    """What people say of findings as they are stored; raises `Raced` where the stored version is another."""
    guard = ("version", *_KEY)
    rows = [
        {
            **{f"b_{name}": getattr(finding, name) for name in guard},
            "acknowledged": finding.acknowledged,
            "settled": finding.settled,
        }
        for finding in findings
    ]
    unchanged = [case_findings.c[name] == bindparam(f"b_{name}") for name in guard]
    if rows:
        _all(connection.execute(update(case_findings).where(*unchanged), rows), rows)


def _fresh(change: Change) -> list[Finding]:
    """The findings that are newer than what was stored."""
    stored = _versions(change.previous)
    return [finding for finding in change.case.findings if finding.version > stored.get(finding.place, -1)]


def _flagged(change: Change) -> list[Finding]:
    """The findings that are stored in this version, and of which somebody has said something new."""
    stored, before = _versions(change.previous), set(change.previous.findings) if change.previous else set()
    return [it for it in change.case.findings if it not in before and it.version == stored.get(it.place)]


def _versions(case: Case | None) -> dict[tuple[str, str], int]:
    return {finding.place: finding.version for finding in case.findings} if case else {}


def _all(result: Any, rows: Sequence[object]) -> None:
    if result.rowcount != len(rows):
        raise Raced(f"{len(rows) - result.rowcount} of {len(rows)} rows were changed by somebody else meanwhile")


def _values(case: Case) -> dict[str, object]:
    return {
        "id": case.id,
        "workflow": case.workflow,
        "correlation_id": case.correlation_id,
        "state": case.state,
        "reason": case.reason or "",
        "transition": case.transition,
        "revision": case.revision,
        **_what_follows(case),
        "noun": case.about.noun,
        "started_at": case.about.started_at,
        "at_risk": case.about.at_risk,
        "unit": case.about.unit,
        "customer": case.about.customer,
        "labels": msgspec.json.encode(case.about.labels, order="sorted").decode(),
        "assignee": case.assignee,
        "state_by": case.state_by,
        "state_at": case.state_at,
        "note": case.note,
        "snoozed_until": case.snoozed_until,
        "opened_at": case.opened_at,
        "updated_at": case.updated_at,
        "resolved_at": case.resolved_at,
        "escalated_at": case.escalated_at,
    }


def _what_follows(case: Case) -> dict[str, object]:
    """From its findings: written for lists and filters, never read back."""
    return {
        "owner": case.owner,
        "severity": case.severity,
        "severity_rank": rank(case.severity),
        "step": case.step,
        "kind": case.kind,
        "sentence": case.sentence,
        "since": case.since,
        "escalate_at": case.escalate_at,
        "ambiguity": " ".join(case.ambiguity),
    }


def _case(row: Row[Any], findings: Iterable[Finding]) -> Case:
    labels = msgspec.json.decode(row.labels, type=dict[str, str])
    return Case(
        id=row.id,
        workflow=row.workflow,
        correlation_id=row.correlation_id,
        state=State(row.state),
        reason=Reason(row.reason) if row.reason else None,
        transition=row.transition,
        revision=row.revision,
        about=About(row.noun, row.started_at, row.at_risk, row.unit, row.customer, labels),
        assignee=row.assignee,
        state_by=row.state_by,
        state_at=row.state_at,
        note=row.note,
        snoozed_until=row.snoozed_until,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        resolved_at=row.resolved_at,
        escalated_at=row.escalated_at,
        findings=tuple(sorted(findings, key=lambda finding: finding.place)),
    )
