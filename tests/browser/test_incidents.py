"""What falls silent, in a browser."""

import pytest
from playwright.sync_api import expect

from api.access.identity import Scope
from tests.api.access.bearer import issued
from tests.api.incident_rows import known, put_back, put_silent
from tests.api.shop import Shop, unpaid
from tests.browser.conftest import Tab
from tests.browser.test_board import POLL, watched


@pytest.mark.parametrize("path", ["/", "/orders/order-fulfilment/A-1", "/health", "/incidents"])
def test_an_open_page_tells_of_it_while_it_lasts(tab: Tab, shop: Shop, path: str) -> None:
    shop.add(unpaid("A-1"))
    page = watched(tab, path)
    expect(page.locator("#alerts .alert")).to_have_count(0)
    id = put_silent(shop.database)
    page.clock.run_for(POLL)
    expect(page.locator("#alerts .alert.held")).to_contain_text("payments silent since 11:50 UTC")
    put_back(shop.database, id)
    page.clock.run_for(POLL)
    expect(page.locator("#alerts .alert")).to_have_count(0)


def test_an_operator_is_led_to_it_and_waits_no_longer(tab: Tab, shop: Shop) -> None:
    id = put_silent(shop.database)
    page = tab.sign_in(issued(shop.database, Scope.READ, Scope.OPERATE, name="anna"))
    page.get_by_role("link", name="See what waits").click()
    page.get_by_text("Wait no longer…").click()
    page.get_by_label("Reason, for the audit trail").fill("known outage")
    page.get_by_role("button", name="Wait no longer").click()
    expect(page.locator("p.told")).to_contain_text("Nothing waits for it any more.")
    expect(page.locator("#incidents")).to_contain_text("anna ended the waiting just now: known outage")
    assert not known(shop.database, id).is_holding
