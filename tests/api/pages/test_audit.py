"""The audit trail on the dashboard, the list of discrepancies, and the stop switch."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import insert

from api.access.identity import Scope
from reconcile.actor import EVALUATOR
from reconcile.audit.drainer import Drainer
from reconcile.audit.entry import Entry, record
from store.event import DAY, HOUR
from store.tables import discrepancies
from tests.api.person import Person, signed_in, words
from tests.api.shop import Shop, case_id, unpaid, unshipped
from tests.conftest import NOON

ORDER = "/orders/order-fulfilment/A-1"
CASE = f"/cases/{case_id(unpaid('A-1'))}"


@pytest.fixture
def root(address: str, shop: Shop) -> Iterator[Person]:
    shop.add(unpaid("A-1"), unpaid("A-2"))
    with signed_in(address, shop.database, Scope.OPERATE, Scope.ADMINISTER, name="root") as person:
        yield person


def chain(shop: Shop) -> None:
    drainer = Drainer(shop.clickhouse, shop.database, "me", 90 * DAY)
    while drainer.step(NOON):
        pass


def test_who_did_what_to_which_order(root: Person, shop: Shop) -> None:
    root.send(f"{CASE}/resolve", reason="fixed", note="paid by hand")
    chain(shop)
    page = words(root.get("/audit"))
    assert "case.resolved fixed: paid by hand" in page and "root person A-1 PaymentReceived C-77" in page
    assert "is the last of the chain:" in page
    assert "case.resolved" in words(root.get("/audit?customer=C-77&day=2025-11-20&actor=root"))
    for query in ("customer=C-78", "day=2025-11-19", "actor=eve", "correlation_id=A-2"):
        assert "No entry" in words(root.get(f"/audit?{query}"))
    root.get("/audit?day=yesterday", 400)


def test_what_is_shown_can_be_exported(root: Person, shop: Shop) -> None:
    root.send(f"{CASE}/resolve", reason="fixed", note="paid by hand")
    chain(shop)
    page = root.get("/audit?customer=C-77&day=2025-11-20")
    link = "/v1/audit/export?customer=C-77&amp;since=2025-11-20T00%3A00%3A00Z&amp;until=2025-11-21T00%3A00%3A00Z"
    assert link in page
    assert "case.resolved" in root.http.get(link.replace("&amp;", "&")).text


def test_more_leads_on(root: Person, shop: Shop) -> None:
    for number in range(60):
        root.send(f"{CASE}/comment", text=f"number {number}")
    chain(shop)
    page = root.get("/audit?what=case.commented")
    assert page.count("case.commented</th>") + page.count("case.commented<") >= 50
    assert 'id="more" href="/audit?what=case.commented&amp;after=' in page


def test_where_they_and_we_differ(root: Person, shop: Shop) -> None:
    row = {
        **{"id": "d-1", "source": "stripe", "kind": "amount", "workflow": "order-fulfilment", "correlation_id": "A-1"},
        **{"step": "PaymentReceived", "theirs": '{"amount": 120.5}', "ours": '{"amount": 99}', "correction": ""},
        **{"found_at": NOON - HOUR, "last_seen_at": NOON},
    }
    with shop.database.begin() as connection:
        connection.execute(insert(discrepancies).values(row))
    page = words(root.get("/discrepancies?state=open"))
    assert 'A-1 PaymentReceived · stripe open amount "amount": 120.5 "amount": 99 1 h ago' in page
    assert "No discrepancy" in words(root.get("/discrepancies?state=closed"))


def test_automatic_actions_are_stopped_and_let_go_on(root: Person, http: httpx.Client) -> None:
    assert "allowed where a rule says so" in words(root.get("/rules"))
    assert "reason" in words(root.send("/rules/stop", 400))
    page = words(root.send("/rules/stop", reason="too many refunds"))
    assert "stopped by root just now : too many refunds" in page
    assert http.get("/v1/actions").json()["automatic"]["stopped"] is True
    assert "let go on by root" in words(root.send("/rules/start", reason="mended"))


def came_in_the_end(case: str) -> Entry:
    """As the reconciler records it of a case that somebody has resolved."""
    before, after = (
        {"findings": [{"step": "PaymentReceived", "kind": "missing", "state": state}]} for state in ("open", "closed")
    )
    detail = {"before": before, "after": after}
    return Entry("case.updated", EVALUATOR, "fixed", "order-fulfilment", "A-1", case, "PaymentReceived", detail=detail)


def test_the_page_of_an_order_tells_what_was_done_and_what_caused_what(root: Person, shop: Shop) -> None:
    root.send("/silences", matchers="owner=payments", ends="4h", reason="the bank migrates")
    page = words(root.get(ORDER))
    assert "Nobody is told of it until 2025-11-20 16:00:00 UTC : a silence by root, “the bank migrates”." in page
    root.send(f"{CASE}/resolve", reason="fixed", note="paid by hand")
    with shop.database.begin() as connection:
        record(connection, [came_in_the_end(case_id(unpaid("A-1")))], NOON)
    chain(shop)
    page = words(root.get(ORDER))
    assert "root resolved it (PaymentReceived) : fixed: paid by hand" in page
    assert "evaluator found that PaymentReceived is no longer flagged as missing; it stays settled" in page
    assert "Nobody is told" not in page
    shop.add(unshipped("B-1"))
    page = root.get("/orders/order-fulfilment/B-1")
    assert "caused by OrderPlaced" in words(page)
    assert 'class="arrow rail-0"' in page
