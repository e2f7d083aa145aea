"""Nothing that axe-core calls serious is wrong with any page, and the console stays empty.

`axe.min.js` is axe-core 4.10.3 as it is published, under the Mozilla Public License 2.0 (`axe.LICENSE.txt`).
"""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from api.access.identity import Scope
from tests.api.access.bearer import issued
from tests.api.shop import Shop
from tests.browser.conftest import Tabs
from tests.browser.stock import PATHS

AXE = (Path(__file__).parent / "axe.min.js").read_text()
GRAVE = ("serious", "critical")
OPEN = ("/sign-in", "/search", "/orders?q=nothing", "/incidents", "/nothing-here")
"""Pages that look otherwise to those who have not signed in."""

SIGNED_IN = ("/truth/file", "/bulk", "/audit?customer=nobody")


def wrong(page: Page, **options: object) -> list[str]:
    """The rules that a page breaks, each with the first place where it does."""
    page.evaluate(AXE)
    told: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [f"{it['id']}: {it['nodes'][0]['html'][:200]}" for it in told["violations"] if it["impact"] in GRAVE]


def test_by_day_nothing_is_wrong_for_those_who_work_here(open_tabs: Tabs, stocked: Shop) -> None:
    tab = open_tabs.new()
    tab.sign_in(issued(stocked.database, *Scope, name="anna"))
    assert not {path: found for path in (*PATHS, *SIGNED_IN) if (found := wrong(tab.open(path)))}


def test_by_night_everything_can_be_read(open_tabs: Tabs, stocked: Shop) -> None:
    tab = open_tabs.new(dark=True)
    tab.sign_in(issued(stocked.database, *Scope, name="anna"))
    contrast = {"runOnly": ["color-contrast"]}
    assert not {path: found for path in (*PATHS, *SIGNED_IN) if (found := wrong(tab.open(path), **contrast))}


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wrong_for_a_visitor_where_nothing_is(open_tabs: Tabs, width: int) -> None:
    tab = open_tabs.new(width=width)
    short = [path for path in PATHS if "order-fulfilment" not in path]
    assert not {path: found for path in (*short, *OPEN) if (found := wrong(tab.open(path)))}
    assert all("404" in complaint for complaint in tab.complaints), "of the page that is not there"
    tab.complaints.clear()
