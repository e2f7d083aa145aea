"""On a phone, by night, and for those who don't see."""

from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.api.shop import Shop
from tests.browser.conftest import Tabs
from tests.browser.stock import PATHS


def overflow(page: Page) -> int:
    """By how many pixels a page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("width", [360, 720, 721, 900, 1280])
def test_nothing_scrolls_sideways(open_tabs: Tabs, stocked: Shop, width: int) -> None:
    tab = open_tabs.new(width=width)
    assert {path: overflow(tab.open(path)) for path in PATHS} == dict.fromkeys(PATHS, 0)


def test_a_phone_gets_the_narrow_picture(open_tabs: Tabs, stocked: Shop) -> None:
    page = open_tabs.new(width=360).open("/orders/order-fulfilment/A-3")
    expect(page.locator("svg.narrow")).to_be_visible()
    expect(page.locator("svg.wide")).to_be_hidden()
    words = page.locator("svg.narrow .is-late .note").bounding_box()
    assert words is not None
    assert words["height"] >= 11, "to be read without a glass"


def test_a_phone_shows_the_whole_case(open_tabs: Tabs, stocked: Shop) -> None:
    page = open_tabs.new(width=360).open("/")
    row = page.get_by_role("row").filter(has_text="A-2")
    for words in ("ItemShipped", "ComplianceCheckDone", "warehouse", "48 EUR", "5 h ago", "warning"):
        expect(row.get_by_text(words).first).to_be_visible()


def test_a_phone_shows_every_filter(open_tabs: Tabs, stocked: Shop) -> None:
    page = open_tabs.new(width=360).open("/")
    edges = page.locator("#filters select").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect()).map(box => [box.left, box.right])"
    )
    assert len(edges) == 9
    assert all(left >= 0 and right <= 360 for left, right in edges)


def test_by_night_it_is_dark(open_tabs: Tabs, stocked: Shop) -> None:
    def brightness(page: Page, what: str) -> int:
        colour = page.evaluate(f"getComputedStyle(document.body).{what}.match(/\\d+/g).slice(0, 3).map(Number)")
        return int(sum(colour))

    day, night = open_tabs.new().open("/"), open_tabs.new(dark=True).open("/")
    assert brightness(day, "backgroundColor") > 600 > 200 > brightness(day, "color")
    assert brightness(night, "backgroundColor") < 100 < 600 < brightness(night, "color")


def test_everything_has_a_name_and_its_place(open_tabs: Tabs, stocked: Shop) -> None:
    tab = open_tabs.new()
    assert not {path: found for path in PATHS if (found := list(out_of_place(tab.open(path))))}


def out_of_place(page: Page) -> Iterator[str]:
    for selector, count in (("h1", 1), ("main, header.bar", 2), ("img:not([alt])", 0)):
        if page.locator(selector).count() != count:
            yield f"there are not {count} of {selector}"
    ids = page.locator("[id]").evaluate_all("all => all.map(each => each.id)")
    yield from (f"the id {it} is there twice" for it, count in Counter(ids).items() if count > 1)
    yield from page.locator("a, button, input, select").evaluate_all(
        "all => all.filter(each => !(each.textContent.trim() || each.labels?.length)).map(each => each.outerHTML)"
    )
