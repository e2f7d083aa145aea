"""What attributes promise, and what they say is at stake."""

import pytest

from rules.suggest.attribute import Attribute, Promise
from rules.suggest.promise import at_stake, currency, customer, dated, is_kept, promised

START, SHIPPED, DELIVERED = 1, 2, 3


def promise(key: str, step: int, kept: int, ahead: int = 10, place: int = START) -> Promise:
    return Promise(place, key, step, 1000, kept, ahead)


def number(key: str, ids: int = 100, values: int = 21) -> Attribute:
    return Attribute(START, key, ids, ids, 0, 0, 0, values)


def text(key: str, ids: int = 100, values: int = 21) -> Attribute:
    return Attribute(START, key, ids, 0, ids, 0, 0, values)


@pytest.mark.parametrize(
    ("key", "kept", "expected"),
    [
        ("promised_at", 950, True),
        ("estimated_delivery", 950, True),
        ("estimatedDelivery", 950, True),
        ("case_deadline", 800, True),
        ("case_deadline", 799, False),
        ("case_deadline", 1000, False),
        ("birthday", 950, False),
        ("residue", 950, False),
    ],
)
def test_a_promise_reads_like_one_and_is_kept_mostly(key: str, kept: int, expected: bool) -> None:
    assert is_kept(promise(key, DELIVERED, kept)) == expected


def test_a_promise_is_that_of_the_last_step_it_bounds() -> None:
    found = [promise("promised_at", SHIPPED, 990), promise("promised_at", DELIVERED, 900)]
    assert promised(SHIPPED, [START], [DELIVERED], found) is None
    assert promised(DELIVERED, [START, SHIPPED], [], found) == found[1]


def test_a_promise_is_made_before_the_step() -> None:
    assert promised(SHIPPED, [START], [], [promise("due", SHIPPED, 900, place=DELIVERED)]) is None


def test_of_several_promises_the_plainest_name_and_then_the_tightest_counts() -> None:
    found = [
        promise("planned_end", SHIPPED, 900, 1),
        promise("deadline_a", SHIPPED, 900, 3),
        promise("deadline", SHIPPED, 900, 2),
    ]
    assert promised(SHIPPED, [START], [], found) == found[2]


def test_dates_that_lie_before_their_event_or_are_often_absent_promise_nothing() -> None:
    later = Attribute(START, "a", 100, 0, 100, 100, 95, 21)
    earlier = Attribute(START, "b", 100, 0, 100, 100, 5, 21)
    scarce = Attribute(START, "c", 70, 0, 70, 70, 70, 21)
    assert dated([later, earlier, scarce], {START: 100}) == [later]


def test_what_is_at_stake_is_called_so() -> None:
    assert at_stake([number("items_price"), number("payment_value"), number("value")], 100) == "value"
    assert at_stake([number("amount", ids=50), number("values_count"), number("total", values=1)], 100) == ""
    assert at_stake([text("amount")], 100) == ""
    assert currency([number("amount"), text("orderCurrency", values=1)], 100) == "orderCurrency"


def test_the_customer_is_an_identifier() -> None:
    assert customer([text("customer_state"), text("customer_id"), text("user_id")], 100) == "customer_id"
    assert customer([text("customer"), text("customerName")], 100) == "customer"
    assert customer([text("customer_name")], 100) == ""
