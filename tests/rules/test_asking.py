"""Which rules ask of an event nothing but its name and time."""

import pytest

from rules.asking import asks_only_when
from rules.parse.rule import parse

PLAIN = """\
workflow: orders
start: OrderPlaced
ends_on: Delivered
customer: start.customer
at_risk: {value: start.amount, unit: start.currency}
steps:
  Paid: {within: 15m, fails_on: PaymentFailed}
  Shipped: {after: Paid, within: 48h, undone_by: Returned, undo_within: 1d}
"""


def asks(text: str) -> bool:
    workflow = parse(text, "orders.yaml").workflow
    assert workflow is not None
    return asks_only_when(workflow)


def test_what_is_at_risk_does_not_count() -> None:
    assert asks(PLAIN)


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("start: OrderPlaced", "start: {event: OrderPlaced, where: event.big}"),
        ("fails_on: PaymentFailed", "fails_on: {event: PaymentFailed, where: event.final}"),
        ("within: 15m", "within: 15m, when: start.card"),
        ("within: 15m", "within: 15m, times: 2"),
        ("within: 15m", "within: 15m, at_most: 1"),
        ("within: 48h", "due: Paid.promised"),
        ("within: 48h", "within: 48h, match: to == start.to"),
    ],
)
def test_what_reads_an_event_or_tells_several_apart_does(part: str, other: str) -> None:
    assert not asks(PLAIN.replace(part, other))
