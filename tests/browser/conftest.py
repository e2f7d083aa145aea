"""Headless Chromium in front of a real server.

`NOSHOW_CHROMIUM` names the browser; where none is found these tests are skipped.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from api.app import create_app
from reconcile.rulebook import Rulebook
from rules.spec import Workflow
from store.clickhouse import ClickHouse
from store.database import Database
from tests.api.server import serving
from tests.api.shop import Shop
from tests.browser.stock import stock
from tests.rules.shop import FULFILMENT
from tests.store.clock import ManualClock

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
WAIT = 10_000  # ms, for what must come; nothing waits that long if all is well


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker("browser")


def chromium() -> str | None:
    """Where one is."""
    return os.environ.get("NOSHOW_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = chromium()
    if executable is None:
        pytest.skip(f"no browser found ({', '.join(NAMES)}); NOSHOW_CHROMIUM may name one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def shop(clickhouse: ClickHouse, database: Database) -> Shop:
    return Shop(clickhouse, database)


@pytest.fixture
def rules() -> list[Workflow]:
    """In force; none, until something is added."""
    return []


@pytest.fixture
def stocked(shop: Shop, rules: list[Workflow]) -> Shop:
    """With something on every page."""
    rules.append(FULFILMENT)
    return stock(shop)


@pytest.fixture
def address(shop: Shop, clock: ManualClock, rules: list[Workflow]) -> Iterator[str]:
    app = create_app(shop.clickhouse, shop.database, clock, rulebook=Rulebook(lambda: rules))
    with serving(app) as address:
        yield address


@dataclass
class Tab:
    """A page of the server at `address`, and everything that the browser complained of."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def sign_in(self, token: str) -> Page:
        """It leads to the list."""
        page = self.open("/sign-in")
        page.get_by_label("API token").fill(token)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{self.address}/")
        return page

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.fixture
def open_tabs(browser: Browser, address: str) -> Iterator["Tabs"]:
    tabs = Tabs(browser, address)
    yield tabs
    tabs.close()
    assert [complaint for tab in tabs.tabs for complaint in tab.complaints] == [], "the console stays empty"


@pytest.fixture
def tab(open_tabs: "Tabs") -> Tab:
    """An ordinary screen, by day."""
    return open_tabs.new()


class Tabs:
    """Tabs, each in a context of its own."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.tabs: list[Tab] = []
        self._browser = browser
        self._address = address

    def new(self, *, width: int = 1280, dark: bool = False, javascript: bool = True) -> Tab:
        context = self._browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
        )
        context.set_default_timeout(WAIT)
        tab = Tab(context.new_page(), self._address)
        tab.page.on("console", tab.hear)
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.page.on("dialog", lambda dialog: tab.complaints.append(f"dialog: {dialog.message}"))
        self.tabs.append(tab)
        return tab

    def close(self) -> None:
        for tab in self.tabs:
            tab.page.context.close()
