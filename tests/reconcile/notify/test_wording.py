"""What a notification says to a person."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconcile.cases.case import Change
from reconcile.cases.finding import About, Finding
from reconcile.cases.settle import settle
from reconcile.notify.wording import amount, text, title
from store.event import DAY, HOUR, MINUTE, SECOND
from tests.reconcile.desk import ABOUT, NOON, closed, finding, late

PAYMENT = finding()
SHIPMENT = finding("ItemShipped", owner="shipping", due=NOON - 3 * HOUR - 20 * SECOND)
FAILED = finding(kind="failed")
ORPHAN = finding("", "orphan")
HALF = finding("", "half_undone")


def last(*states: Sequence[Finding], about: About = ABOUT) -> Change:
    """The change that the last of these states makes."""
    case, change = None, None
    for findings in states:
        change = settle(findings, about, case, NOON)
        case = change.case if change else case
    assert change is not None
    return change


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([[PAYMENT]], "order a: PaymentReceived is missing, 10 min overdue"),
        ([[SHIPMENT]], "order a: ItemShipped is missing, 3 h overdue"),
        ([[finding(due=None)]], "order a: PaymentReceived is missing"),
        ([[finding(kind="out_of_order")]], "order a: PaymentReceived is out of order"),
        ([[finding(kind="after_end")]], "order a: PaymentReceived came after the end"),
        ([[finding(kind="failed")]], "order a: PaymentReceived failed"),
        ([[finding(kind="duplicate")]], "order a: PaymentReceived came too often"),
        ([[finding(kind="mismatch")]], "order a: PaymentReceived does not fit"),
        ([[finding(kind="not_undone")]], "order a: PaymentReceived is not undone"),
        ([[finding("", "half_undone")]], "order a: it is half undone"),
        ([[finding("", "orphan")]], "order a: it never began"),
        ([[finding(kind="teleported_away")]], "order a: PaymentReceived is flagged as teleported away"),
        ([[late(noted=False)]], "order a: PaymentReceived arrived 5 min late"),
        (
            [[PAYMENT], [PAYMENT, SHIPMENT]],
            "order a: ItemShipped is missing, 3 h overdue; still open: PaymentReceived is missing, 10 min overdue",
        ),
        (
            [[PAYMENT, SHIPMENT], [PAYMENT, closed(SHIPMENT, 2), late("ItemShipped", version=2)]],
            "order a: ItemShipped arrived 5 min late; still open: PaymentReceived is missing, 10 min overdue",
        ),
        ([[PAYMENT], [closed(PAYMENT, 2), late(noted=False)]], "order a: PaymentReceived arrived 5 min late"),
        ([[PAYMENT], [closed(PAYMENT, 2), late()]], "order a is settled: PaymentReceived arrived 5 min late"),
        ([[PAYMENT], [closed(PAYMENT, 2)]], "order a is settled: PaymentReceived is no longer missing"),
        (
            [[FAILED], [closed(FAILED, 2), late()]],
            "order a is settled: PaymentReceived arrived 5 min late",
        ),
        ([[FAILED], [closed(FAILED, 2)]], "order a is settled: PaymentReceived has not failed after all"),
        ([[ORPHAN], [closed(ORPHAN, 2)]], "order a is settled: it has a beginning now"),
        ([[HALF], [closed(HALF, 2)]], "order a is settled: it is no longer half undone"),
        (
            [[PAYMENT], [closed(PAYMENT, 2, closed_because="rule_removed")]],
            "order a is closed: the rule that flagged PaymentReceived is gone",
        ),
        (
            [[PAYMENT], [closed(PAYMENT, 2)], [replace(PAYMENT, version=3)]],
            "order a is open again: PaymentReceived is missing, 10 min overdue",
        ),
    ],
)
def test_the_title_says_which_one_and_what_about_it(states: list[list[Finding]], expected: str) -> None:
    assert title(last(*states), NOON) == expected


def test_the_text_says_what_to_know_at_three_in_the_morning() -> None:
    runbook = replace(PAYMENT, runbook="https://wiki.example.org/payments")
    assert text(last([runbook, SHIPMENT]), NOON) == (
        "PaymentReceived was due 2025-11-20 11:50 UTC; nothing had arrived by 11:59. "
        "Missing means that no event arrived; it may have happened all the same. "
        "Also: ItemShipped is missing, 3 h overdue. "
        "At risk: 120.50 EUR. Customer: c-9. Runbook: https://wiki.example.org/payments"
    )


def test_the_text_of_a_resolved_case_says_that_it_is_over() -> None:
    arrived = last([PAYMENT], [closed(PAYMENT, 2), late()])
    assert text(arrived, NOON) == "PaymentReceived came 5 min late. Nothing is left to do."
    assert text(last([PAYMENT], [closed(PAYMENT, 2)]), NOON) == "Nothing is left to do."
    removed = last([PAYMENT], [closed(PAYMENT, 2, closed_because="rule_removed")])
    assert text(removed, NOON) == "Nobody watches for it any more."


@pytest.mark.parametrize(
    ("overdue", "expected"),
    [
        (1_500, "1 ms 500 µs"),
        (59 * SECOND + 999_999, "59 s"),
        (HOUR + MINUTE + SECOND, "1 h 1 min"),
        (DAY + HOUR + MINUTE, "1 d 1 h 1 min"),
        (3 * DAY + HOUR + 59 * MINUTE, "3 d 1 h"),
    ],
)
def test_how_late_is_told_no_finer_than_anybody_needs(overdue: int, expected: str) -> None:
    it = late(noted=False, due=NOON, at=NOON + overdue)
    assert title(last([it]), NOON) == f"order a: PaymentReceived arrived {expected} late"


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(120.5, "EUR", "120.50 EUR"), (1_234_567.0, "EUR", "1,234,567 EUR"), (3.0, None, "3"), (0.0, "EUR", "0 EUR")],
)
def test_amounts_are_readable(value: float, unit: str | None, expected: str) -> None:
    assert amount(value, unit) == expected
