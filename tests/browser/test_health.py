"""Whether judging keeps up, in a browser."""

from playwright.sync_api import expect

from rules.evaluate.evaluator import Standing
from store import collectors
from store.collectors import Report
from store.event import SECOND
from tests.api.figure_rows import Found, put_found, put_standing
from tests.api.shop import Shop
from tests.browser.conftest import Tab, Tabs
from tests.browser.test_board import POLL, watched
from tests.conftest import NOON


def test_the_page_says_what_holds_judging_and_follows_it(tab: Tab, shop: Shop) -> None:
    put_standing(shop.database, Standing(NOON - SECOND, 0, held=False), NOON)
    page = watched(tab, "/health")
    expect(page.locator("#pace")).to_have_text("Judging keeps up: everything up to 1 s ago is judged.")
    put_standing(shop.database, Standing(NOON - 42 * SECOND, 0, held=True), NOON)
    with shop.database.begin() as connection:
        collectors.report(connection, Report("c-3", "ingest-3:1", NOON - 42 * SECOND, 9, 0), NOON)
    page.clock.run_for(POLL)
    expect(page.locator("#pace.alert")).to_have_text("Judging is 42 s behind: held by collector c-3 (ingest-3:1).")


def test_it_shows_how_long_each_leg_took_without_scripts_too(open_tabs: Tabs, shop: Shop) -> None:
    put_found(shop.database, [Found(NOON, found=SECOND // 2), Found(NOON, delayed_by="hold")])
    page = open_tabs.new(javascript=False).open("/")
    page.get_by_role("link", name="Health", exact=True).click()
    expect(page.locator("#legs").get_by_role("row").nth(1)).to_contain_text("500 ms")
    expect(page.locator("#legs").get_by_role("row").last).to_contain_text("3.5 s")
    expect(page.locator("#left-out")).to_contain_text("1 judged after judgement had been held")
