"""Signing in with a provider, in a browser: from the button to an acknowledged case, and out again."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from api.access.identity import Scope
from api.access.keeper import Keeper
from api.access.oidc.provider import Provider
from api.access.policy import Policy
from api.app import create_app
from reconcile.outgoing.call import Caller
from store.event import HOUR
from store.secret import Secret
from store.settings_oidc import GroupGrant, OidcSettings
from store.settings_values import Anonymous
from tests.api.access.oidc.provider import CLIENT, SECRET, Login, login
from tests.api.server import serving
from tests.api.shop import Shop, unpaid
from tests.browser.conftest import Tab, Tabs
from tests.store.clock import ManualClock

GRANTS = {"payments": GroupGrant(frozenset({Scope.READ, Scope.OPERATE}), frozenset({"payments"}))}


@pytest.fixture
def there() -> Iterator[Login]:
    with login() as there:
        for name, groups in (("anna", ["payments"]), ("bert", ["cooking"])):
            there.people[name] = {"sub": name, "email": f"{name}@example.org", "groups": groups}
        yield there


@pytest.fixture
def signing(shop: Shop, browser: Browser, there: Login) -> Iterator[Tab]:
    """In front of a server where nobody may look without signing in."""
    clock = ManualClock(time.time_ns() // 1000)
    keeper = Keeper(shop.database, Policy(Anonymous.NEVER))
    shop.add(unpaid("A-1", since=clock.now() - HOUR))
    with serving(create_app(shop.clickhouse, shop.database, clock, keeper=keeper)) as address:
        settings = OidcSettings(there.url, "Example login", CLIENT, Secret(SECRET), grants=GRANTS)
        keeper.provider = Provider(settings, Caller(allow_private=True), address)
        tabs = Tabs(browser, address)
        yield tabs.new()
        tabs.close()
        assert [complaint for tab in tabs.tabs for complaint in tab.complaints] == [], "the console stays empty"


def log_in(tab: Tab, name: str) -> None:
    tab.page.get_by_role("link", name="Sign in with Example login").click()
    tab.page.get_by_label("Name").fill(name)
    tab.page.get_by_role("button", name="Log in").click()


def test_from_the_button_to_an_acknowledged_case_and_out_again(signing: Tab, there: Login) -> None:
    page = signing.open("/orders/order-fulfilment/A-1")
    assert urlsplit(page.url).path == "/sign-in"
    log_in(signing, "anna")
    expect(page).to_have_url(f"{signing.address}/orders/order-fulfilment/A-1")
    expect(page.get_by_text("anna@example.org")).to_be_visible()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("acknowledged").first).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="sign out there, too").click()
    expect(page).to_have_url(f"{signing.address}/sign-in")
    signing.open("/")
    assert urlsplit(page.url).path == "/sign-in"


def test_who_may_not_is_told_so(signing: Tab) -> None:
    page = signing.open("/")
    log_in(signing, "bert")
    expect(page.get_by_role("alert")).to_contain_text("bert@example.org is in no group that may use this dashboard.")
    expect(page.get_by_role("link", name="Sign in with Example login")).to_be_visible()
    assert all("400" in complaint for complaint in signing.complaints), "what the browser says of such an answer"
    signing.complaints.clear()
