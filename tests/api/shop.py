"""A shop's orders, written into the tables as the evaluator and the reconciler leave them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import insert, update

from store import events, tables
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR, MINUTE, SECOND, Event
from tests.conftest import NOON

RANKS = {"info": 0, "warning": 1, "critical": 2}
OWNERS = {"PaymentReceived": "payments", "ItemShipped": "warehouse", "ComplianceCheckDone": "compliance"}
Step = tuple[str, str, int | None, int | None]
"""Name, state, at, due."""


@dataclass(frozen=True)
class Flag:
    step: str
    kind: str
    since: int
    sentence: str = "Something did not show up."
    severity: str = "warning"
    open: bool = True
    noted: bool = False
    at: int | None = None
    due: int | None = None
    description: str = ""
    runbook: str = ""
    closed_because: str = ""

    @property
    def owner(self) -> str:
        return OWNERS.get(self.step, "orders")


@dataclass(frozen=True)
class Order:
    id: str
    state: str = "incomplete"
    start: int = NOON - HOUR
    steps: Sequence[Step] = ()
    flags: Sequence[Flag] = ()
    history: Sequence[Event] = ()
    at_risk: float | None = None
    unit: str | None = "EUR"
    customer: str | None = "C-77"
    workflow: str = "order-fulfilment"
    noun: str = "order"
    ended_at: int | None = None
    conflicts: int = 0
    undated: Sequence[str] = ()
    resolved_at: int | None = None
    labels: dict[str, str] = field(default_factory=dict)
    version: int = 1
    counts: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)  # by step: how many of how many
    warned: Mapping[str, int] = field(default_factory=dict)


class Shop:
    """Writes orders. A later one of the same ID takes the place of the earlier, as a higher version."""

    def __init__(self, clickhouse: ClickHouse, database: Database) -> None:
        self.clickhouse = clickhouse
        self.database = database
        self.version = 0

    def add(self, *orders: Order) -> None:
        """Everything of these orders: events, verdict, findings, and the case where anything is flagged."""
        events.write(self.clickhouse, [event for order in orders for event in order.history])
        self.judge(*orders)
        self.open_cases(*orders)

    def judge(self, *orders: Order) -> None:
        """Verdict and findings alone."""
        self.version += 1
        self._insert("instances", [self._instance(order) for order in orders])
        self._insert("findings", [self._finding(order, flag) for order in orders for flag in order.flags])

    def open_cases(self, *orders: Order) -> None:
        """Cases alone."""
        flagged = [order for order in orders if order.flags]
        findings = [self._case_finding(order, flag) for order in flagged for flag in order.flags]
        if flagged:
            with self.database.begin() as connection:
                connection.execute(insert(tables.cases), [self._case(order) for order in flagged])
                connection.execute(insert(tables.case_findings), findings)

    def escalate(self, id: str) -> None:
        """The case of this order, at noon."""
        with self.database.begin() as connection:
            raised = update(tables.cases).where(tables.cases.c.correlation_id == id)
            connection.execute(raised.values(escalated_at=NOON))

    def _insert(self, table: str, rows: Sequence[dict[str, object]]) -> None:
        if rows:
            self.clickhouse.insert(table, {name: [row[name] for row in rows] for name in rows[0]})

    def _instance(self, order: Order) -> dict[str, object]:
        still = [flag for flag in order.flags if flag.open]
        return {
            "workflow": order.workflow,
            "correlation_id": order.id,
            "version": self.version,
            "rule_hash": "0123456789abcdef",
            "rule_version": order.version,
            "state": order.state,
            "start": None if order.state == "orphan" else order.start,
            "steps.name": [name for name, _, _, _ in order.steps],
            "steps.state": [state for _, state, _, _ in order.steps],
            "steps.at": [at for _, _, at, _ in order.steps],
            "steps.due": [due for _, _, _, due in order.steps],
            "steps.count": [order.counts.get(name, (None, None))[0] for name, _, _, _ in order.steps],
            "steps.needed": [order.counts.get(name, (None, None))[1] for name, _, _, _ in order.steps],
            "steps.warned": [order.warned.get(name) for name, _, _, _ in order.steps],
            "findings.step": [flag.step for flag in still],
            "findings.kind": [flag.kind for flag in still],
            "findings.since": [flag.since for flag in still],
            "findings.detected_at": [flag.since for flag in still],
            "at_risk": order.at_risk,
            "unit": order.unit,
            "customer": order.customer,
            "stored": len(order.history),
            "conflicts": order.conflicts,
            "undated": list(order.undated),
            "last_event": order.history[-1].name if order.history else "",
            "last_event_at": order.history[-1].time if order.history else 0,
            "ended_at": order.ended_at,
            "wake_at": None,
            "judged_at": NOON - SECOND,
        }

    def _finding(self, order: Order, flag: Flag) -> dict[str, object]:
        return {
            **_told(flag, order),
            "workflow": order.workflow,
            "correlation_id": order.id,
            "version": self.version,
            "instance_state": order.state,
            "started_at": order.start,
            "noun": order.noun,
            "labels": order.labels,
            "at_risk": order.at_risk,
            "unit": order.unit,
            "customer": order.customer,
        }

    def _case_finding(self, order: Order, flag: Flag) -> dict[str, object]:
        key = {"workflow": order.workflow, "correlation_id": order.id, "case_id": case_id(order)}
        return {**_told(flag, order), **key, "version": self.version, "rule_hash": "0123456789abcdef"}

    def _case(self, order: Order) -> dict[str, object]:
        still = [flag for flag in order.flags if flag.open and not flag.noted]
        focus = (still or list(order.flags))[0]
        severity = max((flag.severity for flag in order.flags), key=lambda name: RANKS[name])
        return {
            "id": case_id(order),
            "workflow": order.workflow,
            "correlation_id": order.id,
            "state": "open" if still else "resolved",
            "reason": "" if still else "arrived_late",
            "transition": 1,
            "noun": order.noun,
            "owner": focus.owner,
            "severity": severity,
            "severity_rank": RANKS[severity],
            "step": focus.step,
            "kind": focus.kind,
            "sentence": focus.sentence,
            "since": focus.since,
            "started_at": order.start,
            "at_risk": order.at_risk,
            "unit": order.unit,
            "customer": order.customer,
            "opened_at": focus.since,
            "updated_at": focus.since,
            "resolved_at": None if still else order.resolved_at or focus.since,
        }


def case_id(order: Order) -> str:
    return f"case-{order.workflow}-{order.id}"


def _told(flag: Flag, order: Order) -> dict[str, object]:
    """What both copies of a finding say."""
    return {
        "step": flag.step,
        "kind": flag.kind,
        "open": flag.open,
        "noted": flag.noted,
        "step_order": [*(name for name, _, _, _ in order.steps), flag.step].index(flag.step),
        "at": flag.at,
        "due": flag.due,
        "since": flag.since,
        "detected_at": flag.since + SECOND,
        "closed_at": None if flag.open else flag.since + MINUTE,
        "closed_because": flag.closed_because,
        "owner": flag.owner,
        "severity": flag.severity,
        "description": flag.description,
        "runbook": flag.runbook,
        "sentence": flag.sentence,
    }


def event(order: str, name: str, at: int, attributes: str = "{}") -> Event:
    sources = {"PaymentReceived": "payments", "ItemShipped": "warehouse", "ComplianceCheckDone": "compliance"}
    return Event(
        id=f"{name}-{order}",
        correlation_id=order,
        name=name,
        time=at,
        source=sources.get(name, "shop"),
        attributes=attributes,
        causation_id="" if name == "OrderPlaced" else f"OrderPlaced-{order}",
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        span_id="00f067aa0ba902b7",
        received_at=at + 40_000,
    )


def placed(order: str, at: int, amount: float = 129.9) -> Event:
    attributes = f'{{"amount": {amount}, "currency": "EUR", "country": "DE", "customer_id": "C-77"}}'
    return event(order, "OrderPlaced", at, attributes)


def unpaid(id: str, *, since: int = NOON - HOUR, at_risk: float | None = 129.9) -> Order:
    """The payment never showed up; nothing else is due."""
    start = since - 15 * MINUTE
    sentence = "PaymentReceived was due, 15 min after OrderPlaced; nothing had arrived by then."
    return Order(
        id,
        start=start,
        steps=[
            ("PaymentReceived", "missing", None, since),
            ("ItemShipped", "waiting", None, None),
            ("ComplianceCheckDone", "waiting", None, None),
        ],
        flags=[Flag("PaymentReceived", "missing", since, sentence, "critical", due=since)],
        history=[placed(id, start, at_risk or 0)],
        at_risk=at_risk,
    )


def unshipped(id: str, *, since: int = NOON - 5 * HOUR, at_risk: float | None = 48.0) -> Order:
    """Paid in time, and never shipped nor checked: two teams are concerned."""
    start = since - 48 * HOUR - 10 * MINUTE
    paid = start + 10 * MINUTE
    checked_by = paid + 24 * HOUR
    return Order(
        id,
        start=start,
        steps=[
            ("PaymentReceived", "on_time", paid, start + 15 * MINUTE),
            ("ItemShipped", "missing", None, since),
            ("ComplianceCheckDone", "missing", None, checked_by),
        ],
        flags=[
            Flag("ItemShipped", "missing", since, "ItemShipped was due 48 h after PaymentReceived.", due=since),
            Flag("ComplianceCheckDone", "missing", checked_by, "ComplianceCheckDone never came.", due=checked_by),
        ],
        history=[placed(id, start), event(id, "PaymentReceived", paid, '{"method": "card", "amount": 48.00}')],
        at_risk=at_risk,
    )


def arrived_late(id: str, *, since: int = NOON - 3 * HOUR) -> Order:
    """Shipped late; the case has settled itself."""
    start = since - 48 * HOUR - 5 * MINUTE
    shipped = since + 95 * MINUTE
    steps: list[Step] = [
        ("PaymentReceived", "on_time", start + 5 * MINUTE, start + 15 * MINUTE),
        ("ItemShipped", "late", shipped, since),
        ("ComplianceCheckDone", "on_time", start + DAY, start + 24 * HOUR + 5 * MINUTE),
    ]
    came = "ItemShipped was due 48 h after PaymentReceived; it came 1h 35m late."
    flags = [
        Flag("ItemShipped", "late", shipped, came, noted=True, at=shipped, due=since),
        Flag("ItemShipped", "missing", since, "ItemShipped was due; nothing had arrived.", open=False, due=since),
    ]
    names = [placed(id, start), *(event(id, name, at) for name, _, at, _ in steps if at is not None)]
    return Order(id, "complete", start, steps, flags, sorted(names, key=lambda it: it.time), at_risk=75.5)


def running(id: str, *, start: int = NOON - 5 * MINUTE) -> Order:
    """Nothing wrong so far."""
    steps: list[Step] = [
        ("PaymentReceived", "on_time", start + MINUTE, start + 15 * MINUTE),
        ("ItemShipped", "pending", None, start + MINUTE + 48 * HOUR),
        ("ComplianceCheckDone", "skipped", None, start + MINUTE + 24 * HOUR),
    ]
    history = [placed(id, start), event(id, "PaymentReceived", start + MINUTE)]
    return Order(id, "running", start, steps, history=history, at_risk=20.0)


def cancelled(id: str, *, start: int = NOON - 8 * HOUR) -> Order:
    end = start + 90 * MINUTE
    steps: list[Step] = [
        ("PaymentReceived", "on_time", start + 4 * MINUTE, start + 15 * MINUTE),
        ("ItemShipped", "not_needed", None, start + 4 * MINUTE + 48 * HOUR),
        ("ComplianceCheckDone", "not_needed", None, start + 4 * MINUTE + 24 * HOUR),
    ]
    history = [
        placed(id, start),
        event(id, "PaymentReceived", start + 4 * MINUTE),
        event(id, "OrderCancelled", end, '{"reason": "changed my mind"}'),
    ]
    return Order(id, "cancelled", start, steps, history=history, ended_at=end, at_risk=64.0)


def out_of_place(id: str, *, start: int = NOON - 4 * HOUR) -> Order:
    """Shipped before it was paid, then cancelled, and checked after that."""
    paid, shipped, end, checked = start + 5 * MINUTE, start + 2 * MINUTE, start + HOUR, start + 3 * HOUR
    steps: list[Step] = [
        ("PaymentReceived", "on_time", paid, start + 15 * MINUTE),
        ("ItemShipped", "on_time", shipped, paid + 48 * HOUR),
        ("ComplianceCheckDone", "not_needed", checked, None),
    ]
    flags = [
        Flag("ItemShipped", "out_of_order", shipped, "ItemShipped came 3m before PaymentReceived.", at=shipped),
        Flag("ComplianceCheckDone", "after_end", checked, "ComplianceCheckDone came after the end.", at=checked),
    ]
    history = [
        placed(id, start),
        event(id, "ItemShipped", shipped),
        event(id, "PaymentReceived", paid),
        event(id, "OrderCancelled", end),
        event(id, "ComplianceCheckDone", checked),
    ]
    return Order(id, "cancelled", start, steps, flags, history, ended_at=end)


def half_undone(id: str, *, start: int = NOON - 8 * HOUR) -> Order:
    """Cancelled when two of three parcels had gone; the payment was never given back, the reservation was."""
    end = start + 90 * MINUTE
    paid, lapsed = start + 4 * MINUTE, end + 2 * HOUR
    steps: list[Step] = [
        ("PaymentReceived", "on_time", paid, start + 15 * MINUTE),
        ("StockReserved", "on_time", start + 5 * MINUTE, None),
        ("FraudChecked", "failed", None, start + HOUR),
        ("InvoiceSent", "on_time", start + 6 * MINUTE, None),
        ("LabelPrinted", "on_time", start + 7 * MINUTE, None),
        ("ParcelSent", "not_needed", None, start + 48 * HOUR),
    ]
    flags = [
        Flag("PaymentReceived", "not_undone", lapsed, "PaymentReceived was to be undone.", "warning", at=paid),
        Flag("FraudChecked", "failed", start + 30 * MINUTE, "FraudChecked failed: FraudSuspected came."),
        Flag("InvoiceSent", "duplicate", start + 9 * MINUTE, "InvoiceSent may come only once, and came again."),
        Flag("LabelPrinted", "mismatch", start + 7 * MINUTE, "LabelPrinted does not fit: parcels == start.parcels."),
        Flag("", "half_undone", lapsed, "The order is half undone: StockReserved is undone.", "critical"),
    ]
    said = '{"workflow": "order-fulfilment", "step": "%s", "actor": "eve@shop", "reason": "%s"}'
    history = [
        placed(id, start),
        event(id, "PaymentReceived", paid),
        event(id, "ParcelSent", start + HOUR),
        event(id, "OrderCancelled", end),
        word(id, "confirmed", start + 10 * MINUTE, said % ("StockReserved", "seen on the shelf")),
        word(id, "absent", start + 30 * MINUTE, said % ("FraudChecked", "")),
    ]
    return Order(id, "cancelled", start, steps, flags, history, ended_at=end, counts={"ParcelSent": (2, 3)})


def orphan(id: str, *, since: int = NOON - HOUR) -> Order:
    """Paid, and never placed."""
    flags = [Flag("", "orphan", since, "It has events and no beginning.")]
    return Order(id, "orphan", since, (), flags, [event(id, "PaymentReceived", since)], unit=None, customer=None)


def word(order: str, name: str, at: int, attributes: str) -> Event:
    """Testimony."""
    return Event(f"{name}-{order}-{at}", order, name, at, "noshow", attributes, received_at=at)


def in_currency(order: Order, unit: str) -> Order:
    return replace(order, unit=unit)


def ids(orders: Iterable[dict[str, object]]) -> list[object]:
    return [order["correlation_id"] for order in orders]
