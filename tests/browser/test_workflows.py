"""How all instances stand, in a browser."""

import pytest
from playwright.sync_api import expect

from rules.spec import Workflow
from tests.api.shop import Shop, arrived_late, cancelled, running, unpaid, unshipped
from tests.browser.conftest import Tab
from tests.rules.shop import FULFILMENT


@pytest.fixture(autouse=True)
def judged(shop: Shop, rules: list[Workflow]) -> None:
    rules.append(FULFILMENT)
    shop.add(unpaid("A-1"), unshipped("A-2"), arrived_late("A-3"), running("A-4"), cancelled("A-5"))


def test_from_the_whole_to_the_step_where_orders_are_stuck(tab: Tab) -> None:
    page = tab.open("/workflows")
    page.get_by_role("link", name="order-fulfilment", exact=True).click()
    page.get_by_role("group", name="The graph").locator("a", has_text="PaymentReceived").click()
    expect(page.locator("#cases")).to_contain_text("A-1")
    expect(page.locator("#cases")).not_to_contain_text("A-2")


def test_the_chart_is_drawn_of_what_the_table_says(tab: Tab) -> None:
    page = tab.open("/workflows/order-fulfilment?span=24h")
    expect(page.locator("#chart canvas")).to_be_visible()
    page.get_by_text("In numbers").click()
    expect(page.locator("#stretches tbody tr")).to_have_count(24)
