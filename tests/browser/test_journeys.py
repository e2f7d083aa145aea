"""Ways that people take through the dashboard: new here, with a thumb, and without a mouse."""

from dataclasses import replace

from playwright.sync_api import Page, expect

from api.access.identity import Scope
from tests.api.access.bearer import issued
from tests.api.shop import Shop, event, running, unpaid
from tests.browser.conftest import Tab, Tabs
from tests.browser.test_board import POLL, watched
from tests.browser.test_looks import overflow
from tests.conftest import NOON

FURTHEST = 80  # presses of Tab that anything on a page may take


def test_a_visitor_with_no_data_is_told_what_to_do_and_sees_the_first_order_come(tab: Tab, shop: Shop) -> None:
    page = watched(tab)
    page.clock.run_for(POLL)  # how many orders there are may not have been known at once
    expect(page.get_by_role("heading", name="Nothing has arrived yet")).to_be_visible()
    expect(page.get_by_text("/v1/events -d")).to_be_visible()
    for place, words in (
        ("Sources", "Nobody has sent anything yet"),
        ("Rules", "No rule is in force"),
        ("Orders", "No order has begun yet"),
    ):
        page.get_by_role("navigation", name="Main").get_by_role("link", name=place, exact=True).click()
        expect(page.get_by_text(words)).to_be_visible()
    shop.add(running("A-1"))
    page.clock.run_for(POLL)
    page.get_by_role("link", name="A-1").click()
    expect(page.get_by_role("heading", name="A-1")).to_be_visible()


def test_on_a_phone_from_a_filter_to_an_order_and_back(open_tabs: Tabs, shop: Shop) -> None:
    shop.add(unpaid("A-1"), *(running(f"B-{number}") for number in range(60)))
    page = open_tabs.new(width=390).open("/orders")
    page.get_by_label("State").select_option("incomplete")
    page.wait_for_url("**/orders?state=incomplete")
    row = page.get_by_role("row").filter(has_text="A-1")
    expect(row).to_contain_text("PaymentReceived")
    expect(page.get_by_role("row").filter(has_text="B-1")).to_have_count(0)
    assert overflow(page) == 0
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="A-1")).to_be_visible()
    assert overflow(page) == 0
    page.go_back()
    expect(page.get_by_label("State")).to_have_value("incomplete")


def test_pages_of_orders_follow_each_other(tab: Tab, shop: Shop) -> None:
    shop.add(*(running(f"B-{number:03}") for number in range(70)))
    page = tab.open("/orders")
    expect(page.get_by_role("row")).to_have_count(51)
    page.get_by_role("link", name="More").click()
    expect(page.get_by_role("row")).to_have_count(21)
    page.get_by_role("link", name="First page").click()
    expect(page.get_by_role("row")).to_have_count(51)


def test_what_somebody_was_given_by_a_customer_leads_to_the_order(tab: Tab, shop: Shop) -> None:
    told = event("A-1", "PaymentReceived", NOON, '{"payment_id": "pay_1001"}')
    shop.add(replace(running("A-1"), history=[told]))
    page = tab.open("/rules")
    page.get_by_label("Find an order").fill("pay_1001")
    page.get_by_label("Find an order").press("Enter")
    expect(page).to_have_url(f"{tab.address}/orders/order-fulfilment/A-1")


def step_to(page: Page, what: str) -> None:
    """By Tab alone, and it shows where one is."""
    for _ in range(FURTHEST):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", what
            return
    raise AssertionError(f"nobody gets to {what} without a mouse")


def test_by_the_keyboard_alone_a_case_is_found_and_claimed(tab: Tab, shop: Shop) -> None:
    shop.add(unpaid("A-1"), unpaid("A-2"))
    page = tab.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    step_to(page, "a[href^='/sign-in']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in**")
    step_to(page, "input[type='password'], input[name='token']")
    page.keyboard.type(issued(shop.database, Scope.READ, Scope.OPERATE, name="anna"))
    page.keyboard.press("Enter")
    page.wait_for_url(tab.address + "/")
    step_to(page, "#find")
    page.keyboard.type("A-2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="A-2")).to_be_visible()
    step_to(page, "form[action$='/assign'] button")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Assigned.")).to_be_visible()
    expect(page.locator("#case")).to_contain_text("anna")
