"""The workflow that most tests judge, and short ways to write its events."""

from rules.expression import START, Attribute
from rules.spec import AtRisk, Match, Matcher, Severity, Step, Workflow
from store.event import HOUR, MINUTE, Event

NOON = 1_763_640_000_000_000  # 2025-11-20 12:00:00 UTC


def named(*names: str) -> Matcher:
    return Matcher(tuple(Match(name) for name in names))


FULFILMENT = Workflow(
    "order-fulfilment",
    named("OrderPlaced"),
    (
        Step("PaymentReceived", named("PaymentReceived"), within=15 * MINUTE, owner="payments"),
        Step("ItemShipped", named("ItemShipped"), after=("PaymentReceived",), within=48 * HOUR, owner="warehouse"),
        Step(
            "ComplianceCheckDone",
            named("ComplianceCheckDone"),
            after=("PaymentReceived",),
            within=24 * HOUR,
            owner="compliance",
            severity=Severity.CRITICAL,
        ),
    ),
    noun="order",
    owner="orders",
    grace=2 * MINUTE,
    cancel=named("OrderCancelled"),
    at_risk=AtRisk(Attribute(START, ("amount",)), Attribute(START, ("currency",))),
    customer=Attribute(START, ("customer",)),
)


def event(order: str, name: str, at: int, attributes: str = "{}", id: str = "") -> Event:
    """`at` is in µs after noon."""
    return Event(id or f"{order}-{name}", order, name, NOON + at, "test", attributes)


def placed(order: str, at: int = 0) -> Event:
    return event(order, "OrderPlaced", at, '{"amount": 12.5, "currency": "EUR", "customer": "c-1"}')


def paid(order: str, at: int) -> Event:
    return event(order, "PaymentReceived", at)
