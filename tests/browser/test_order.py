"""The page of one order, in a browser."""

from dataclasses import dataclass, replace
from itertools import pairwise
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from store.event import HOUR, Event
from tests.api.shop import Shop, arrived_late, event, half_undone, out_of_place, running, unpaid, unshipped
from tests.browser.conftest import Tab, Tabs
from tests.conftest import NOON

NASTY = "<script>alert(1)</script>/\"'%25 ü☃ ../x?y#z&amp;"


def place(id: str) -> str:
    return f"/orders/order-fulfilment/{quote(id, safe='')}"


@dataclass(frozen=True)
class Sides:
    """Of something on the page, in pixels from the upper left of the screen."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def sides(page: Page, selector: str) -> Sides:
    """Of the first of them."""
    box = page.locator(selector).first.evaluate("it => it.getBoundingClientRect().toJSON()")
    return Sides(box["left"], box["top"], box["right"], box["bottom"])


def happened(order: str, number: int, *, by: int = 0) -> Event:
    return Event(f"{number}", order, f"Event{number}", NOON + number, "shop", '{"a": [1, 2, 3]}', f"{by or ''}")


def x_of(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2


def test_from_the_list_to_the_order_and_back(tab: Tab, shop: Shop) -> None:
    shop.add(unshipped("A-2"))
    page = tab.open("/")
    page.get_by_role("link", name="A-2").click()
    expect(page).to_have_url(tab.address + place("A-2"))
    expect(page.get_by_role("heading", name="Order A-2")).to_be_visible()
    expect(page.get_by_text("ItemShipped was due 48 h after PaymentReceived.")).to_be_visible()
    page.get_by_role("link", name="Needs attention").click()
    expect(page.get_by_role("link", name="A-2")).to_be_visible()


def test_the_timeline_shows_when_and_how_late(tab: Tab, shop: Shop) -> None:
    shop.add(arrived_late("A-3"))
    page = tab.open(place("A-3"))
    picture = page.get_by_role("img", name="Timeline of order A-3")
    expect(picture).to_have_count(1)
    expect(picture).to_be_visible()
    expect(picture.get_by_text("1 h 35 min late", exact=True)).to_be_visible()
    start = x_of(page, "svg.wide .is-start .dot")
    checked = x_of(page, "svg.wide .lane:nth-of-type(5) .dot")
    due = x_of(page, "svg.wide .is-late .due")
    came = x_of(page, "svg.wide .is-late .dot")
    assert start < checked < due < came
    over = page.locator("svg.wide .is-late .over").bounding_box()
    assert over is not None
    assert abs(over["width"] - (came - due)) < 6


def test_what_is_out_of_place_is_no_green_dot(tab: Tab, shop: Shop) -> None:
    shop.add(out_of_place("A-6"))
    page = tab.open(place("A-6"))

    def colour(lane: int) -> str:
        dot = page.locator("svg.wide .lane .dot").nth(lane)
        return str(dot.evaluate("dot => getComputedStyle(dot).fill"))

    paid, shipped, checked = colour(1), colour(2), colour(3)
    assert shipped == checked != paid
    picture = page.get_by_role("img", name="Timeline of order A-6")
    expect(picture.get_by_text("out of order", exact=True)).to_be_visible()
    expect(picture.get_by_text("after the end", exact=True)).to_be_visible()
    expect(picture.get_by_text("OrderPlaced", exact=True)).to_be_visible()


def test_a_failure_is_a_cross_where_it_happened(tab: Tab, shop: Shop) -> None:
    shop.add(half_undone("A-7"))
    page = tab.open(place("A-7"))
    start, due = x_of(page, "svg.wide .is-start .dot"), x_of(page, "svg.wide .is-failed .due")
    assert x_of(page, "svg.wide .is-failed .cross") == pytest.approx((start + due) / 2, abs=1)
    expect(page.locator("svg.wide .is-failed .dot")).to_have_count(0)
    expect(page.get_by_text("eve@shop said that FraudChecked did not happen")).to_be_visible()


def test_a_gap_leads_to_now(tab: Tab, shop: Shop) -> None:
    shop.add(unshipped("A-2"))
    page = tab.open(place("A-2"))
    now = x_of(page, "svg.wide .moment.now line")
    assert abs(x_of(page, "svg.wide .lane.is-missing >> nth=0 >> .gap") - now) < 2


def test_the_same_is_in_a_table(tab: Tab, shop: Shop) -> None:
    shop.add(unshipped("A-2"))
    table = tab.open(place("A-2")).get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(4)
    expect(table.get_by_role("row").nth(2)).to_contain_text("missing for 5 h")


def test_an_event_unfolds_and_stays_so(tab: Tab, shop: Shop) -> None:
    shop.add(unshipped("A-2"))
    tab.page.clock.install()
    page = tab.open(place("A-2"))
    fold = page.locator("li.event").nth(1).locator("summary")
    expect(page.get_by_text('"amount": 48.00')).to_have_count(2)
    fold.click()
    expect(page.locator("li.event pre").nth(1)).to_be_visible()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.clock.run_for(20_000)
    assert requests == [], "it does not fold what somebody reads"
    fold.click()
    with page.expect_request("**/*"):
        page.clock.run_for(20_000)


@pytest.mark.parametrize("width", [360, 1280])
def test_an_arrow_leads_from_a_cause_to_its_effect(open_tabs: Tabs, shop: Shop, width: int) -> None:
    caused = [happened("A-8", 1), happened("A-8", 2), happened("A-8", 3, by=1), happened("A-8", 4, by=1)]
    shop.add(replace(running("A-8"), history=caused))
    page = open_tabs.new(width=width).open(place("A-8"))
    for unfolded in (False, True):
        if unfolded:
            page.locator("#event-2 summary").click()
        cause, effect = sides(page, "#event-1 circle"), sides(page, "#event-3 circle")
        words = [sides(page, f"#event-{row} time") for row in (1, 3)]
        assert [it.middle for it in (cause, effect)] == pytest.approx([it.middle for it in words], abs=1.5)
        line = [sides(page, f"#event-{row} line") for row in (1, 2, 3)]
        assert {it.left for it in line} == {cause.left + (cause.right - cause.left) / 2}
        assert line[0].top == pytest.approx(cause.middle, abs=0.1)
        assert all(upper.bottom >= lower.top for upper, lower in pairwise(line)), "no gap from row to row"
        shaft, head = sides(page, "#event-3 .shaft"), sides(page, "#event-3 .head")
        assert [shaft.left, shaft.top] == pytest.approx([line[2].left, sides(page, "#event-3 line >> nth=1").bottom])
        assert shaft.right == pytest.approx(head.left, abs=0.1)
        assert head.middle == pytest.approx(effect.middle, abs=0.1)
        assert 0 < effect.left - head.right < 3 < words[1].left - effect.right
    assert sides(page, "#event-2").bottom - sides(page, "#event-2").top > 100, "it was drawn through what is unfolded"


def test_what_stands_above_its_cause_has_an_arrow_from_below(tab: Tab, shop: Shop) -> None:
    shop.add(replace(running("A-9"), history=[happened("A-9", 1, by=2), happened("A-9", 2)]))
    page = tab.open(place("A-9"))
    cause, effect, head = (sides(page, it) for it in ("#event-2 circle", "#event-1 circle", "#event-1 .head"))
    upper, lower = sides(page, "#event-1 line"), sides(page, "#event-2 line")
    assert upper.bottom >= lower.top and lower.bottom == pytest.approx(cause.middle, abs=0.1)
    assert head.middle == pytest.approx(effect.middle, abs=0.1)
    assert upper.left < head.right < effect.left


def test_where_nothing_was_caused_by_another_there_is_no_gutter(tab: Tab, shop: Shop) -> None:
    shop.add(replace(running("A-9"), history=[happened("A-9", 1, by=7), happened("A-9", 2)]))
    page = tab.open(place("A-9"))
    expect(page.locator("li.event")).to_have_count(2)
    expect(page.locator("svg.gutter")).to_have_count(0)


def test_an_order_that_goes_on_is_followed(tab: Tab, shop: Shop) -> None:
    shop.add(running("A-4"))
    tab.page.clock.install()
    page = tab.open(place("A-4"))
    expect(page.locator(".head .state")).to_have_text("running")
    shop.judge(replace(arrived_late("A-4"), history=[]))
    page.clock.run_for(6_000)
    expect(page.locator(".head .state")).to_have_text("complete")
    expect(page.get_by_role("heading", name="Noted")).to_be_visible()


def test_hostile_names_do_nothing(tab: Tab, shop: Shop) -> None:
    evil = Event(
        "1", NASTY, "<img src=x onerror=alert(2)>", NOON - HOUR, "<b>", '{"</script>": "<svg/onload=alert(3)>"}'
    )
    shop.add(replace(unpaid(NASTY), history=[evil, event(NASTY, "PaymentReceived", NOON)]))
    page = tab.open("/")
    page.locator("a.id").click()
    expect(page).to_have_url(tab.address + place(NASTY))
    expect(page.locator("h1 .id")).to_have_text(NASTY)
    page.locator("li.event summary").first.click()
    expect(page.locator("li.event pre").first).to_contain_text('"</script>": "<svg/onload=alert(3)>"')
    assert page.locator("main img, main script, main b").count() == 0


def test_an_unknown_order_offers_a_way_on(tab: Tab, shop: Shop) -> None:
    shop.add(unpaid("A-1001"))
    page = tab.open(place("A-1009"))
    expect(page.get_by_role("heading", name="Nothing is known of A-1009")).to_be_visible()
    page.get_by_role("link", name="Search for IDs that begin alike").click()
    expect(page.get_by_label("Correlation ID")).to_have_value("A-1")
    expect(page.get_by_role("link", name="A-1001")).to_be_visible()
    assert all("404" in complaint for complaint in tab.complaints)
    tab.complaints.clear()
