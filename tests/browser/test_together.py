"""Several people, and several cases at once, in browsers."""

from playwright.sync_api import Page, expect

from api.access.identity import Scope
from store.event import HOUR
from tests.api.access.bearer import issued
from tests.api.shop import Shop, unpaid, unshipped
from tests.browser.conftest import Tabs
from tests.conftest import NOON

OVERTAKEN = "Failed to load resource: the server responded with a status of 409 (Conflict)"


def somebody(tabs: Tabs, shop: Shop, name: str) -> Page:
    """An operator, signed in, who looks at the list."""
    return tabs.new().sign_in(issued(shop.database, Scope.READ, Scope.OPERATE, name=name))


def test_of_two_operators_on_one_case_the_second_is_told_and_loses_nothing(open_tabs: Tabs, shop: Shop) -> None:
    shop.add(unpaid("A-1"))
    anna, ben = (somebody(open_tabs, shop, name) for name in ("anna", "ben"))
    for page in (anna, ben):
        page.get_by_role("link", name="A-1").click()
    ben.get_by_text("Resolve…").click()
    ben.get_by_label("Note: how it was settled").fill("paid by wire")
    anna.get_by_role("button", name="Take on").click()
    expect(anna.get_by_role("button", name="Let go")).to_be_visible()
    ben.get_by_label("Reason").select_option("fixed")
    ben.get_by_role("button", name="Resolve", exact=True).click()
    expect(ben.locator("main")).to_contain_text("anna")
    open_tabs.tabs[1].complaints.remove(OVERTAKEN)
    expect(ben.get_by_label("Note: how it was settled")).to_have_value("paid by wire")
    ben.get_by_role("button", name="Resolve", exact=True).click()
    expect(ben.locator("main")).to_contain_text("resolved")


def test_all_of_one_owner_are_snoozed_and_the_rest_is_left(open_tabs: Tabs, shop: Shop) -> None:
    shop.add(*(unpaid(f"P-{number}", since=NOON - HOUR) for number in range(60)), unshipped("W-1"))
    page = somebody(open_tabs, shop, "anna")
    page.get_by_label("Owner").select_option("payments")
    expect(page.locator("#cases .caption")).to_contain_text("60")
    page.get_by_role("link", name="Work on all of them…").click()
    page.get_by_text("Snooze…").click()
    page.locator("details[open]").get_by_label("Until").fill("2d")
    page.locator("details[open]").get_by_label("Note").fill("the provider is down")
    page.get_by_role("button", name="Snooze 60").click()
    expect(page.get_by_role("heading", name="60 cases snoozed")).to_be_visible()
    page.goto(page.url.partition("/bulk")[0] + "/")
    expect(page.locator("a.id")).to_have_text(["W-1"])
    page.goto(page.url + "?state=snoozed")
    expect(page.locator("#cases .caption")).to_contain_text("60")


def test_the_queue_is_worked_by_keys(open_tabs: Tabs, shop: Shop) -> None:
    shop.add(unpaid("A-1", since=NOON - 2 * HOUR), unpaid("A-2", since=NOON - HOUR))
    page = somebody(open_tabs, shop, "anna")
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
    expect(page.get_by_role("link", name="A-1")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/**")
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="Let go")).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.get_by_label("Note: how it was settled").fill("a: by wire")
    expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()
    page.goto(open_tabs.tabs[0].address + "/?assignee=me")
    expect(page.locator("a.id")).to_have_text(["A-1"])
    expect(page.get_by_role("link", name="Mine")).to_have_attribute("aria-current", "true")


def test_keys_can_be_turned_off(open_tabs: Tabs, shop: Shop) -> None:
    shop.add(unpaid("A-1"))
    page = somebody(open_tabs, shop, "anna")
    page.keyboard.press("?")
    page.get_by_label("Use them in this browser").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="A-1")).not_to_be_focused()
    page.reload()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="A-1")).not_to_be_focused()
