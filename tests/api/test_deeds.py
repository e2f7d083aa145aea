"""What was done about a case, in the words that its page has for it."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from api.deeds import did
from reconcile.audit.row import Row
from reconcile.cases.case import Change
from reconcile.cases.finding import About, Finding
from reconcile.cases.moves import Acknowledge, Snooze
from reconcile.cases.settle import settle
from reconcile.cases.trail import by_itself, entry
from rules.verdict import WHOLE
from store.event import HOUR
from tests.reconcile.cases.test_moves import FIXED, PAYMENT, SHIPMENT, Act, played
from tests.reconcile.desk import ABOUT, NOON, closed, finding, late

BLANK = Row(0, *[""] * (len(Row.__struct_fields__) - 1))
OVERDUE = f"(PaymentReceived): {PAYMENT.sentence}"
ANEW = replace(PAYMENT, version=2)


def told(*acts: Act) -> str:
    """Of the last of them, by the entry that is made of it."""
    return worded(played(*acts))


def worded(change: Change) -> str:
    it = entry(by_itself(change))
    detail = msgspec.json.encode(it.detail, order="sorted").decode()
    row = msgspec.structs.replace(BLANK, what=it.what, why=it.why, step=it.step, detail=detail)
    return f"{did(row)} ({row.step}): {row.why}"


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ([PAYMENT, SHIPMENT], "found that ItemShipped is missing"),
        ([PAYMENT, SHIPMENT, finding(WHOLE, "late")], "found that it arrived late and ItemShipped is missing"),
        ([replace(ANEW, severity="critical")], "found that it is critical now"),
        ([replace(ANEW, owner="treasury")], "found that treasury owns it now"),
        ([replace(ANEW, owner="")], "found that nobody owns it now"),
        ([replace(ANEW, due=PAYMENT.since + 1)], "judged it anew"),
    ],
)
def test_what_is_found_of_a_case_that_stays_open(then: Sequence[Finding], words: str) -> None:
    assert told([PAYMENT], then) == f"{words} {OVERDUE}"


def test_what_no_longer_holds() -> None:
    both = [PAYMENT, SHIPMENT]
    moved = f"it is stuck elsewhere now and shipping owns it now (ItemShipped): {SHIPMENT.sentence}"
    assert told(both, [closed(PAYMENT, 2), SHIPMENT]) == (
        f"found that PaymentReceived is no longer flagged as missing, {moved}"
    )
    assert told(both, [closed(PAYMENT, 2), late(version=2), SHIPMENT]) == (
        f"found that PaymentReceived arrived late, {moved}"
    )
    order = [PAYMENT, finding("ItemShipped", "out_of_order")]
    assert told(order, [PAYMENT, closed(order[1], 2)]) == (
        f"found that ItemShipped is no longer flagged as out of order {OVERDUE}"
    )


def test_what_holds_again_after_it_was_over() -> None:
    both, one = [PAYMENT, SHIPMENT], [PAYMENT, closed(SHIPMENT, 2)]
    assert told(both, one, [PAYMENT, replace(SHIPMENT, version=3)]) == f"found that ItemShipped is missing {OVERDUE}"
    assert told(both, one, [PAYMENT, closed(SHIPMENT, 3)]) == f"judged it anew {OVERDUE}", "nothing more is over"


@pytest.mark.parametrize("move", [Acknowledge("on it"), Snooze(NOON + HOUR)])
def test_what_opens_a_case_that_somebody_knows_of(move: Acknowledge | Snooze) -> None:
    assert told([PAYMENT], move, [PAYMENT, SHIPMENT]) == (
        f"found that ItemShipped is missing, so it is open again {OVERDUE}"
    )


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ([closed(PAYMENT, 2)], "found that PaymentReceived is no longer flagged as missing"),
        ([closed(PAYMENT, 2), late(version=2)], "found that PaymentReceived arrived late"),
        ([PAYMENT, late("ItemShipped", severity="info")], "found that ItemShipped arrived late"),
        ([replace(ANEW, owner="treasury", severity="critical")], "judged it anew"),
    ],
)
def test_what_is_found_of_a_case_that_stays_settled(then: Sequence[Finding], words: str) -> None:
    assert told([PAYMENT], FIXED, then).split(" (")[0] == f"{words}; it stays settled"
    assert told([PAYMENT], FIXED, then).endswith("): fixed")


def test_what_settled_by_itself_may_stay_so_for_another_reason() -> None:
    came = [closed(PAYMENT, 2), late(version=2)]
    assert told([PAYMENT], came, [*came[:1], closed(late(), 3)]) == (
        "found that PaymentReceived is no longer flagged as late; it stays settled (PaymentReceived): condition_ceased"
    )


@pytest.mark.parametrize("about", [replace(ABOUT, at_risk=99.0), replace(ABOUT, unit="USD")])
def test_what_is_at_stake_is_told_without_the_amount(about: About) -> None:
    change = settle([PAYMENT], about, played([PAYMENT]).case, NOON)
    assert change is not None
    assert worded(change) == f"found that what is at risk has changed {OVERDUE}"


def test_what_is_redacted_or_of_a_newer_version() -> None:
    assert did(msgspec.structs.replace(BLANK, what="case.updated", detail="{}")) == "judged it anew"
    assert did(msgspec.structs.replace(BLANK, what="case.resolved")) == "resolved it"
    assert did(msgspec.structs.replace(BLANK, what="case.looked_at")) == "case looked at"


def test_what_nobody_needs_to_do_anything_about() -> None:
    assert told([late()]) == "recorded a case that asks for nothing (PaymentReceived): arrived_late"
