"""A rule that is refused, in a browser."""

from playwright.sync_api import expect

from tests.api.rule_rows import in_force, put, refused
from tests.api.shop import Shop, unpaid
from tests.browser.conftest import Tab, Tabs
from tests.browser.test_board import POLL, watched


def test_a_refusal_shows_up_on_a_page_that_is_open_and_leads_to_what_is_wrong(tab: Tab, shop: Shop) -> None:
    shop.add(unpaid("A-1"))
    put(shop.database, in_force("orders"))
    page = watched(tab)
    expect(page.locator(".alert")).to_have_count(0)
    put(shop.database, in_force("orders"), refused())
    page.clock.run_for(POLL)
    expect(page.locator(".alert")).to_contain_text("1 rule file is refused")
    page.get_by_role("link", name="See what is wrong").click()
    expect(page.get_by_role("heading", name="Rules")).to_be_visible()
    expect(page.locator("pre.diagnostics")).to_contain_text('unknown key "colour"')


def test_the_page_of_rules_follows_what_happens(tab: Tab, shop: Shop) -> None:
    put(shop.database, in_force("orders", done=1, total=4), refused())
    page = watched(tab, "/rules")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "1")
    put(shop.database, in_force("orders"))
    page.clock.run_for(POLL)
    expect(page.locator(".alert, .diagnostics, progress")).to_have_count(0)
    expect(page.get_by_role("row")).to_have_count(2)


def test_it_works_without_scripts(open_tabs: Tabs, shop: Shop) -> None:
    put(shop.database, in_force("orders"), refused())
    page = open_tabs.new(javascript=False).open("/")
    page.get_by_role("link", name="Rules", exact=True).click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("orders")
