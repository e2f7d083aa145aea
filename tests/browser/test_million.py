"""A million instances, in a browser: every page still answers, and says how many there are."""

import pytest
from playwright.sync_api import expect

from store.event import HOUR, SECOND
from tests.api.shop import Shop, running, unpaid
from tests.browser.conftest import Tab
from tests.browser.test_workflows import judged
from tests.conftest import NOON

__all__ = ["judged"]

MILLION = 1_000_000
COUNTING = 60_000  # milliseconds: the pages look again until it is done

# Copies of what was judged, each under an ID of its own, spread over a month.
_COPIES = """
INSERT INTO instances
SELECT instances.* REPLACE (
    concat(correlation_id, '-', toString(number)) AS correlation_id,
    fromUnixTimestamp64Micro({begin:Int64} + toInt64(number) * {apart:Int64}, 'UTC') AS start)
FROM (SELECT * FROM instances WHERE correlation_id = 'A-4') AS instances
CROSS JOIN numbers({count:UInt64}) AS numbers
SETTINGS max_partitions_per_insert_block = 0
"""


@pytest.fixture
def million(shop: Shop, judged: None) -> Shop:
    apart = 30 * 24 * HOUR // MILLION
    begin = NOON - MILLION * apart - SECOND
    shop.clickhouse.command(_COPIES, {"begin": begin, "apart": apart, "count": MILLION})
    shop.add(unpaid("Z-1"), running("Z-2"))
    return shop


def test_from_the_whole_of_them_to_the_one_that_is_stuck(tab: Tab, million: Shop) -> None:
    page = tab.open("/workflows?span=30d")
    expect(page.locator("#overview")).to_contain_text("1,000,00", timeout=COUNTING)
    page.get_by_role("link", name="order-fulfilment", exact=True).click()
    expect(page.get_by_role("group", name="The graph")).to_contain_text("1,000,00", timeout=COUNTING)
    page.get_by_role("group", name="The graph").locator("a", has_text="PaymentReceived").click()
    page.get_by_role("link", name="Z-1").click()
    expect(page.get_by_role("heading", name="Z-1")).to_be_visible()
