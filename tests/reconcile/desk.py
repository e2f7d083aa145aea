"""What the tests of reconciliation share: findings as the evaluator writes them, and a reconciler on real stores."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from reconcile.cases import desk
from reconcile.cases.alarms import Alarms
from reconcile.cases.casebook import Casebook
from reconcile.cases.finding import About, Finding, Sighting
from reconcile.cases.intake import Intake
from reconcile.cases.references import USUAL, References
from reconcile.cases.sweep import Sweep
from reconcile.notify.dispatcher import Dispatcher
from reconcile.notify.outbox import Claim
from reconcile.notify.routing import Routing
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, MINUTE, SECOND
from store.secret import Secret
from store.settings_notify import CASE, Endpoint, Route, Timing
from store.tables import audit, case_findings, cases, message_subjects, messages, news

NOON = 1_763_640_000_000_000  # 2025-11-20 12:00:00 UTC
SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS10ZXN0cy1vZi1ub3Nob3c="
PUBLIC = "https://noshow.example.org"
OVERLAP = 15 * SECOND

ABOUT = About("order", NOON - HOUR, 120.5, "EUR", "c-9", {"tier": "gold"})


def finding(step: str = "PaymentReceived", kind: str = "missing", **changes: Any) -> Finding:
    """An open finding of order `a`, version 1, as it would be in the SQL database."""
    it = Finding(
        workflow="fulfilment",
        correlation_id="a",
        step=step,
        kind=kind,
        version=1,
        open=True,
        noted=False,
        step_order={"PaymentReceived": 1, "ItemShipped": 2, "Delivered": 3}.get(step, 9),
        at=None,
        due=NOON - 10 * MINUTE,
        since=NOON - 10 * MINUTE,
        detected_at=NOON - MINUTE,
        closed_at=None,
        owner="payments",
        severity="warning",
        description="",
        runbook="",
        sentence=f"{step} was due 2025-11-20 11:50 UTC; nothing had arrived by 11:59.",
        rule_hash="h1",
    )
    return replace(it, **changes)


def late(step: str = "PaymentReceived", **changes: Any) -> Finding:
    """It came five minutes after it was due."""
    came = {"at": NOON - 5 * MINUTE, "noted": True, "sentence": f"{step} came 5 min late."}
    return finding(step, "late", **{**came, **changes})


def closed(it: Finding, version: int, **changes: Any) -> Finding:
    return replace(it, **{"open": False, "version": version, "closed_at": NOON, **changes})


def endpoint(owner: str, url: str = "https://hooks.example.org/noshow") -> Endpoint:
    return Endpoint(owner, url, (Secret(SECRET),))


AT_ONCE = Route(group_by=(CASE,), timing=Timing(group_wait=0, group_interval=0, repeat_interval=0))
"""Every change of every case is a message of its own."""


def dispatch(database: Database, owners: Iterable[str], now: int = NOON, route: Route = AT_ONCE) -> None:
    """Make the messages that are due."""
    dispatcher = Dispatcher(database, Routing(route, {owner: endpoint(owner) for owner in owners}), PUBLIC)
    while dispatcher.step(now):
        pass


def write_findings(clickhouse: ClickHouse, findings: Sequence[Finding], about: About = ABOUT, **columns: Any) -> None:
    """Insert them as the evaluator does, in one insert; `columns` overrides a column of all rows."""
    rows = [{**_row(it), **_about(about), **columns} for it in findings]
    clickhouse.insert("findings", {name: [row[name] for row in rows] for name in rows[0]})


def write_verdict(
    clickhouse: ClickHouse,
    version: int,
    holds: Sequence[Finding] = (),
    steps: Sequence[str] = ("PaymentReceived", "ItemShipped", "Delivered"),
) -> None:
    """The instance row of order `a` at this version, with the findings that hold. Without steps it is a tombstone."""
    row: dict[str, object] = {
        "workflow": "fulfilment",
        "correlation_id": "a",
        "version": version,
        "state": "incomplete" if steps else "",
        "start": NOON - HOUR,
        "steps.name": list(steps),
        "findings.step": [it.step for it in holds],
        "findings.kind": [it.kind for it in holds],
        "findings.since": [it.since for it in holds],
        "findings.detected_at": [it.detected_at for it in holds],
        "judged_at": NOON + version,
    }
    clickhouse.insert("instances", {name: [value] for name, value in row.items()})


def _row(it: Finding) -> dict[str, object]:
    """Without what only people say of it."""
    return {name: getattr(it, name) for name in Finding.__slots__ if name not in ("acknowledged", "settled")}


def _about(about: About) -> dict[str, object]:
    return {
        "noun": about.noun,
        "started_at": about.started_at,
        "at_risk": about.at_risk,
        "unit": about.unit,
        "customer": about.customer,
        "labels": dict(about.labels),
    }


def enter(
    database: Database,
    *orders: str,
    now: int = NOON,
    owners: Sequence[str] = ("payments",),
    resolved: bool = False,
) -> None:
    """Open the cases of these orders, or resolve them, and put the messages into the outbox: one for each owner."""
    steps = [f"Step{number}" for number in range(len(owners))]
    wrong = [finding(step, owner=owner) for step, owner in zip(steps, owners, strict=True)]
    findings = [closed(it, 2) for it in wrong] if resolved else wrong
    Casebook(database).enter(
        [
            Sighting("fulfilment", order, tuple(replace(it, correlation_id=order) for it in findings), ABOUT)
            for order in orders
        ],
        now,
    )
    dispatch(database, owners, now)


def notices(database: Database) -> list[Mapping[str, Any]]:
    """The outbox, each message with a case that it tells of, in order of case, transition and endpoint."""
    told = message_subjects.c
    with database.read() as connection:
        rows = connection.execute(
            select(messages, told.subject, told.transition)
            .join(message_subjects, told.message_id == messages.c.id)
            .order_by(told.subject, told.transition, messages.c.receiver)
        )
        return [dict(row._mapping) for row in rows]


def told(database: Database, claim: Claim) -> tuple[str, str]:
    """The type and the endpoint of a claimed notice."""
    return next((row["type"], row["receiver"]) for row in notices(database) if row["id"] == claim.id)


class Desk:
    """A reconciler on real stores, one step at a time."""

    def __init__(
        self, clickhouse: ClickHouse, database: Database, owners: Sequence[str] = ("payments", "shipping")
    ) -> None:
        self.clickhouse = clickhouse
        self.database = database
        self.owners = list(owners)
        self.casebook = self.another_casebook()
        self.intake = self.another_intake()
        self.sweep = Sweep(clickhouse, database, self.casebook)
        self.alarms = Alarms(database, self.casebook)
        self.people = self.another_desk()

    def another_casebook(self) -> Casebook:
        return Casebook(self.database)

    def another_desk(self) -> desk.Desk:
        return desk.Desk(self.database, self.another_casebook(), References(self.clickhouse, USUAL))

    def another_intake(self) -> Intake:
        return Intake(self.clickhouse, self.database, self.another_casebook(), OVERLAP)

    def write(self, *findings: Finding, **columns: Any) -> None:
        write_findings(self.clickhouse, findings, **columns)

    def take(self, now: int = NOON) -> None:
        while self.intake.step(now):
            pass
        self.dispatch(now)

    def dispatch(self, now: int = NOON) -> None:
        dispatch(self.database, self.owners, now)

    def cases(self) -> list[Mapping[str, Any]]:
        with self.database.read() as connection:
            rows = connection.execute(select(cases).order_by(cases.c.workflow, cases.c.correlation_id))
            return [dict(row._mapping) for row in rows]

    def case(self) -> Mapping[str, Any]:
        (case,) = self.cases()
        return case

    def findings(self) -> list[Mapping[str, Any]]:
        with self.database.read() as connection:
            rows = connection.execute(select(case_findings).order_by(case_findings.c.step, case_findings.c.kind))
            return [dict(row._mapping) for row in rows]

    def audit(self) -> list[Mapping[str, Any]]:
        """Every entry, in order."""
        with self.database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(select(audit).order_by(audit.c.id))]

    def outbox(self) -> list[Mapping[str, Any]]:
        self.dispatch(max((row["at"] for row in self.written()), default=NOON))
        return notices(self.database)

    def written(self) -> list[Mapping[str, Any]]:
        """The news, in order."""
        with self.database.read() as connection:
            rows = connection.execute(select(news).order_by(news.c.subject, news.c.transition))
            return [dict(row._mapping) for row in rows]

    def news(self) -> list[tuple[str, str]]:
        """(type, endpoint) of every message, in order."""
        return [(row["type"], row["receiver"]) for row in self.outbox()]

    def told(self) -> list[Any]:
        """The data of every message, in order."""
        return [json.loads(row["payload"])["data"] for row in self.outbox()]
