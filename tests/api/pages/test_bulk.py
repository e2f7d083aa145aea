"""Many cases at once: looked at first, then done."""

import re

import httpx
import pytest

from api import choice
from api.access.identity import Scope
from tests.api.person import Person, signed_in, words
from tests.api.shop import Shop, arrived_late, case_id, unpaid, unshipped


@pytest.fixture(autouse=True)
def orders(shop: Shop) -> None:
    shop.add(*(unpaid(f"A-{number}") for number in range(8)), unshipped("B-1"), arrived_late("B-2"))


def fingerprint(page: str) -> str:
    found = re.search(r'name="fingerprint" value="([^"]+)"', page)
    assert found, page
    return found[1]


def states(http: httpx.Client) -> dict[str, str]:
    return {case["correlation_id"]: case["state"] for case in http.get("/v1/cases").json()["items"]}


def test_the_list_leads_there_with_its_filters(maria: Person, http: httpx.Client) -> None:
    assert 'href="/bulk?owner=payments&amp;q=A"' in maria.get("/?owner=payments&q=A&sort=risk")
    assert "/bulk" not in http.get("/").text, "only who may press is led there"


def test_a_preview_says_how_many_how_much_and_which(maria: Person) -> None:
    page = words(maria.get("/bulk?owner=payments"))
    assert "8 cases at once" in page
    assert "Chosen owner payments" in page
    assert "At risk 1,039.20 EUR" in page
    assert page.count("PaymentReceived was due, 15 min after OrderPlaced") == 5


def test_all_that_were_previewed_are_resolved(maria: Person, http: httpx.Client) -> None:
    seen = fingerprint(maria.get("/bulk?owner=payments"))
    page = maria.send("/bulk/resolve?owner=payments", fingerprint=seen, reason="fixed", note="the bank was down")
    assert "8 cases resolved" in words(page)
    found = states(http)
    assert [name for name, state in found.items() if state == "open"] == ["B-1"]
    assert http.get(f"/v1/cases/{case_id(unpaid('A-3'))}").json()["note"] == "the bank was down"


def test_what_somebody_else_changed_meanwhile_is_left(maria: Person, eve: Person, shop: Shop) -> None:
    seen = fingerprint(maria.get("/bulk?owner=payments"))
    eve.send(f"/cases/{case_id(unpaid('A-1'))}/resolve", reason="accepted", note="small sum")
    page = words(maria.send("/bulk/acknowledge?owner=payments", fingerprint=seen))
    assert "7 cases acknowledged" in page
    assert "Left, changed since the preview 1" in page


def test_what_came_meanwhile_asks_for_another_look(maria: Person, http: httpx.Client, shop: Shop) -> None:
    seen = fingerprint(maria.get("/bulk?owner=payments"))
    shop.add(unpaid("A-9"))
    page = maria.send("/bulk/snooze?owner=payments", 409, fingerprint=seen, until="2d", note="the bank is down")
    assert "not previewed" in words(page)
    assert "9 cases at once" in words(page) and ">the bank is down</textarea>" in page
    assert set(states(http).values()) == {"open", "resolved"}
    page = words(maria.send("/bulk/snooze?owner=payments", fingerprint=fingerprint(page), until="2d"))
    assert "9 cases snoozed" in page


def test_what_makes_no_sense_changes_nothing(maria: Person, http: httpx.Client) -> None:
    seen = fingerprint(maria.get("/bulk?owner=payments"))
    assert "note" in words(maria.send("/bulk/resolve?owner=payments", 400, fingerprint=seen, reason="fixed"))
    maria.send("/bulk/resolve?owner=payments", 400, reason="fixed", note="without a preview")
    maria.send("/bulk/acknowledge?owner=warehouse", 400, fingerprint=seen)
    assert set(states(http).values()) == {"open", "resolved"}


def test_many_are_done_in_steps(maria: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "AT_MOST", 5)
    seen = fingerprint(maria.get("/bulk?owner=payments"))
    page = maria.send("/bulk/assign?owner=payments", fingerprint=seen, assignee="eve")
    assert "5 cases assigned" in words(page) and "Still to do 3" in words(page)
    assert 'action="/bulk/assign?owner=payments"' in page and 'name="assignee" value="eve"' in page


def test_a_team_chooses_among_its_own(address: str, shop: Shop) -> None:
    with signed_in(address, shop.database, Scope.OPERATE, name="wes", team="warehouse") as wes:
        page = words(wes.get("/bulk"))
        assert "1 case at once" in page and "Only of warehouse" in page
