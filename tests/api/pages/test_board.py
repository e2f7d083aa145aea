"""The list: who has what, how old it is, and what is put aside."""

import httpx

from store.event import DAY, HOUR, MINUTE
from tests.api.person import Person, words
from tests.api.shop import Shop, arrived_late, case_id, unpaid
from tests.api.test_pages import get, listed
from tests.conftest import NOON


def stock(shop: Shop) -> None:
    shop.add(
        unpaid("A-1", since=NOON - 30 * MINUTE),
        unpaid("A-2", since=NOON - 2 * HOUR),
        unpaid("A-3", since=NOON - 3 * DAY),
        arrived_late("A-4"),
    )


def path(order: str, move: str) -> str:
    return f"/cases/{case_id(unpaid(order))}/{move}"


def test_what_is_acknowledged_is_still_open_and_what_is_snoozed_is_not(maria: Person, shop: Shop) -> None:
    stock(shop)
    maria.send(path("A-1", "acknowledge"))
    maria.send(path("A-2", "snooze"), until="4h")
    page = maria.get("/")
    assert listed(page) == ["A-3", "A-1"]
    assert "Open cases 2" in words(page)
    assert "acknowledged since 30 min ago" in words(page)
    page = maria.get("/?state=snoozed")
    assert listed(page) == ["A-2"] and "snoozed until in 4 h" in words(page)
    assert listed(maria.get("/?state=open")) == ["A-3", "A-1"], "links of old lead where they led"
    assert listed(maria.get("/?state=all")) == ["A-1", "A-4", "A-2", "A-3"]


def test_by_whose_it_is(maria: Person, shop: Shop) -> None:
    stock(shop)
    maria.send(path("A-1", "assign"), assignee="me")
    maria.send(path("A-2", "assign"), assignee="eve", revision="0")
    assert listed(maria.get("/?assignee=me")) == ["A-1"]
    assert listed(maria.get("/?assignee=none")) == ["A-3"]
    page = maria.get("/?assignee=eve")
    assert listed(page) == ["A-2"] and "with eve" in words(page)
    assert '<option value="eve" selected>' in page and '<option value="me">Me</option>' in page


def test_by_how_old_it_is(http: httpx.Client, shop: Shop) -> None:
    stock(shop)
    page = get(http, "/")
    assert "under 1 h 1 1 to 4 h 1 1 to 7 days 1" in words(page)
    assert 'href="/?age=1d_7d"' in page
    assert listed(get(http, "/?age=1d_7d")) == ["A-3"]


def test_by_whether_it_was_escalated(http: httpx.Client, shop: Shop) -> None:
    stock(shop)
    shop.escalate("A-3")
    page = get(http, "/?escalated=yes")
    assert listed(page) == ["A-3"] and "3 d ago escalated" in words(page)
    assert listed(get(http, "/?escalated=no")) == ["A-2", "A-1"]
    assert 'data-hx-get="/?escalated=yes"' in page
