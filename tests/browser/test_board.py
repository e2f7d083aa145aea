"""The list of what needs attention, in a browser."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from reconcile.actor import Actor, ActorKind
from reconcile.audit.entry import Entry, record
from store.event import DAY, HOUR, MINUTE
from tests.api.shop import Shop, arrived_late, cancelled, running, unpaid, unshipped
from tests.browser.conftest import WAIT, Tab, Tabs
from tests.conftest import NOON

POLL = 6_000  # ms: a little more than the page waits between two looks


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    shop.add(
        unpaid("A-1", since=NOON - HOUR),
        unshipped("A-2", since=NOON - DAY),
        unpaid("B-1", since=NOON - 5 * MINUTE, at_risk=2500.0),
        arrived_late("A-3"),
        running("A-4"),
        cancelled("A-5"),
        replace(running("C-1"), workflow="claims-handling", noun="claim"),
    )
    return shop


def shown(page: Page) -> list[str]:
    return page.locator("a.id").all_inner_texts()


def watched(tab: Tab, path: str = "/") -> Page:
    """A page whose time we move ourselves, marked, so that a reload would be noticed."""
    tab.page.clock.install()
    page = tab.open(path)
    expect(page.locator("#live-state")).to_have_text("Live")
    page.evaluate("window.marked = true")
    return page


def same_page(page: Page) -> bool:
    return bool(page.evaluate("window.marked === true"))


def test_it_shows_what_is_open(tab: Tab, stocked: Shop) -> None:
    page = tab.open("/")
    expect(page.get_by_role("heading", name="Needs attention")).to_be_visible()
    assert shown(page) == ["A-2", "A-1", "B-1"]
    expect(page.get_by_role("row")).to_have_count(4)
    row = page.get_by_role("row").nth(2)
    expect(row.get_by_role("cell").nth(2)).to_have_text("payments")
    expect(row.locator("time")).to_have_attribute("title", "2025-11-20 11:00:00 UTC")
    expect(page.locator("#summary")).to_contain_text("2,677.90 EUR")


def test_a_filter_changes_list_and_address_without_a_reload(tab: Tab, stocked: Shop) -> None:
    page = watched(tab)
    page.get_by_label("Step").select_option("ComplianceCheckDone")
    expect(page.locator("a.id")).to_have_text(["A-2"])
    expect(page).to_have_url(f"{tab.address}/?step=ComplianceCheckDone&sort=age")  # nothing blank in it
    page.get_by_text("All", exact=True).first.click()
    expect(page).to_have_url(f"{tab.address}/?state=all&step=ComplianceCheckDone&sort=age")
    expect(page.locator("a.id")).to_have_text(["A-2"])
    assert same_page(page)
    page.go_back()
    expect(page).to_have_url(f"{tab.address}/?step=ComplianceCheckDone&sort=age")
    expect(page.get_by_role("radio", name="Open")).to_be_checked()


def test_sorting_by_what_is_at_risk(tab: Tab, stocked: Shop) -> None:
    page = watched(tab)
    page.get_by_label("Sort by").select_option("risk")
    expect(page.locator("a.id")).to_have_text(["B-1", "A-1", "A-2"])


def test_a_search_as_one_types_keeps_the_cursor_in_the_field(tab: Tab, stocked: Shop) -> None:
    page = watched(tab)
    field = page.get_by_label("Correlation ID")
    field.click()
    page.keyboard.type("A-")
    page.clock.run_for(400)
    expect(page.locator("a.id")).to_have_text(["A-2", "A-1"])
    page.keyboard.type("1")
    page.clock.run_for(400)
    expect(page.locator("a.id")).to_have_text(["A-1"])
    expect(field).to_be_focused()
    expect(field).to_have_value("A-1")
    expect(page).to_have_url(f"{tab.address}/?q=A-1&sort=age")


def test_a_healthy_order_is_found_too(tab: Tab, stocked: Shop) -> None:
    page = watched(tab)
    page.get_by_label("Correlation ID").fill("A-4")
    page.clock.run_for(400)
    expect(page.get_by_role("heading", name="No case, but it is known")).to_be_visible()
    page.get_by_role("link", name="A-4").click()
    expect(page.get_by_role("heading", name="A-4")).to_be_visible()


# No page looks by itself after seconds.
NEVER = """
for (const name of ["setTimeout", "setInterval"]) {
  const real = window[name];
  window[name] = (act, ms, ...rest) => (ms >= 4000 ? 0 : real(act, ms, ...rest));
}
"""


def test_what_has_happened_is_there_at_once(tab: Tab, stocked: Shop) -> None:
    tab.page.add_init_script(NEVER)
    with tab.page.expect_response("**/live"):
        page = tab.open("/?owner=payments")
    stocked.add(unpaid("A-9", since=NOON - MINUTE))
    with stocked.database.begin() as connection:
        record(connection, [Entry("case.opened", Actor(ActorKind.PERSON, "noshow"))], NOON)
    expect(page.locator("a.id")).to_have_text(["A-1", "B-1", "A-9"], timeout=WAIT)


def test_a_new_case_appears_by_itself(tab: Tab, stocked: Shop) -> None:
    page = watched(tab, "/?owner=payments")
    link = page.get_by_role("link", name="A-1")
    link.focus()
    stocked.add(unpaid("A-9", since=NOON - MINUTE), unshipped("A-8"))
    page.clock.run_for(POLL)
    expect(page.locator("a.id")).to_have_text(["A-1", "B-1", "A-9"])
    expect(page.locator("#summary .figure").first).to_have_text("5")
    expect(link).to_be_focused()
    assert same_page(page)


def test_a_page_further_on_refreshes_where_it_is(tab: Tab, shop: Shop) -> None:
    shop.add(*(unpaid(f"A-{number:02}", since=NOON - DAY + number) for number in range(60)))
    page = watched(tab)
    page.locator("#more").click()
    expect(page.locator("a.id")).to_have_count(10)
    shop.add(unpaid("A-60", since=NOON - DAY + 60))
    page.clock.run_for(POLL)
    expect(page.locator("a.id")).to_have_count(11)
    page.locator("#first").click()
    expect(page.locator("a.id")).to_have_count(50)


def looks(page: Page) -> list[str]:
    """Fills up with the requests that the page makes from now on."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    return requests


def test_paused_it_holds_still(tab: Tab, stocked: Shop) -> None:
    page = watched(tab)
    requests = looks(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#live-state")).to_have_text("Paused")
    page.clock.run_for(4 * POLL)
    assert requests == []
    stocked.add(unpaid("A-9", since=NOON - MINUTE))
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("a.id")).to_have_text(["A-2", "A-1", "B-1", "A-9"])
    expect(page.locator("#live-state")).to_have_text("Live")


def test_hidden_it_does_not_look_and_looks_at_once_when_seen_again(tab: Tab, stocked: Shop) -> None:
    page = watched(tab)
    requests = looks(page)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.clock.run_for(4 * POLL)
    assert requests == []
    stocked.add(unpaid("A-9", since=NOON - MINUTE))
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("a.id")).to_have_text(["A-2", "A-1", "B-1", "A-9"])


def test_what_is_being_marked_stays_under_the_pointer(tab: Tab, stocked: Shop) -> None:
    page = watched(tab)
    requests = looks(page)
    page.locator("p.sentence").first.select_text()
    page.clock.run_for(4 * POLL)
    assert requests == []
    page.evaluate("document.getSelection().removeAllRanges()")
    with page.expect_request("**/*"):
        page.clock.run_for(POLL)


def test_it_says_so_when_the_server_is_gone_and_recovers(open_tabs: Tabs, stocked: Shop) -> None:
    tab = open_tabs.new()
    page = watched(tab)
    page.route("**/*", lambda route: route.abort())
    page.clock.run_for(POLL)
    expect(page.locator("#live-state")).to_have_text("Noshow can't be reached. Trying again.")
    assert shown(page) == ["A-2", "A-1", "B-1"], "what was known stays"
    page.unroute_all()
    page.clock.run_for(POLL)
    expect(page.locator("#live-state")).to_have_text("Live")
    tab.complaints.clear()  # the browser and htmx both say that the requests failed


def test_without_scripts_the_filters_work_by_a_button(open_tabs: Tabs, stocked: Shop) -> None:
    page = open_tabs.new(javascript=False).open("/")
    page.get_by_label("Owner").select_option("compliance")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("a.id")).to_have_text(["A-2"])


def test_it_can_be_used_by_keyboard_alone(tab: Tab, stocked: Shop) -> None:
    page = tab.open("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.get_by_role("radio", name="Open").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Nothing is snoozed")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator("a.id")).to_have_text(["A-3"])
    expect(page.get_by_role("radio", name="Resolved")).to_be_focused()
    page.get_by_role("link", name="A-3").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="A-3")).to_be_visible()


def test_an_empty_house_says_what_to_do(tab: Tab) -> None:
    page = tab.open("/")
    expect(page.get_by_role("heading", name="Nothing has arrived yet")).to_be_visible()
    expect(page.get_by_text("/v1/events")).to_be_visible()
