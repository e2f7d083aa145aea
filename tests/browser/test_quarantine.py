"""A service has the order's number elsewhere: refused, seen, mapped, and taken after all, before a real `serve`."""

import time
from collections.abc import Iterator

import httpx
import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from store.event import SECOND
from store.instant import rfc3339
from tests.browser.conftest import Tabs
from tests.browser.test_walk import SOON, sign_in
from tests.end_to_end.process import Noshow, noshow
from tests.noshow.command import noshow as noshow_command

RULE = """
workflow: online-payment
noun: payment
owner: payments
start: PaymentRequested
grace: 0s
steps:
  PaymentReceived:
    within: 1h
"""
MAPPING = {"bank": {"correlation_id": "order_no", "rename": {"payment.captured": "PaymentReceived"}}}


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noshow]:
    with noshow(tmp_path_factory.mktemp("bank"), {"payments.yaml": RULE}) as server:
        yield server


@pytest.fixture
def tabs(browser: Browser, server: Noshow) -> Iterator[Tabs]:
    tabs = Tabs(browser, server.url)
    yield tabs
    tabs.close()
    assert [complaint for tab in tabs.tabs for complaint in tab.complaints] == [], "the console stays empty"


def told(server: Noshow, name: str, **more: object) -> httpx.Response:
    """By a service, a minute ago."""
    event = {"name": name, "time": rfc3339(int(time.time() - 60) * SECOND), "id": f"e-{name}", **more}
    return httpx.post(f"{server.url}/v1/events", json=event)


def map_the_bank(server: Noshow) -> None:
    file = server.place / "noshow.yaml"
    config = yaml.safe_load(file.read_text())
    config["collector"]["sources"] = MAPPING
    file.write_text(yaml.safe_dump(config))
    server.stop()
    server.start()


def token(server: Noshow) -> str:
    scopes = ("--scope", "read", "--scope", "operate")
    made = noshow_command("tokens", "create", "maria", *scopes, "--config", server.place / "noshow.yaml")
    assert made.code == 0, made.err
    return made.out.strip()


def to_the_event(page: Page) -> None:
    page.get_by_role("link", name="Quarantine").click()
    page.get_by_role("link", name="correlation_id: missing").click()


def test_what_a_mapping_makes_readable_is_taken_and_the_step_is_there(server: Noshow, tabs: Tabs) -> None:
    assert told(server, "PaymentRequested", correlation_id="P-1", source="shop").status_code == 200
    captured = told(server, "payment.captured", source="bank", attributes={"order_no": "P-1", "amount": 12})
    assert captured.status_code == 400

    page = tabs.new().open("/quarantine")
    expect(page.get_by_role("link", name="Quarantine 1")).to_be_visible()
    sign_in(page, token(server))
    to_the_event(page)
    expect(page.get_by_role("heading", name="correlation_id: missing")).to_be_visible()
    page.locator("tbody a").click()
    expect(page.locator("pre.payload")).to_contain_text('"order_no": "P-1"')
    page.get_by_role("button", name="See what would be taken now").click()
    expect(page.get_by_role("heading", name="0 of 1 would be taken now")).to_be_visible()

    map_the_bank(server)
    page.goto(server.url)
    to_the_event(page)
    page.get_by_role("button", name="See what would be taken now").click()
    page.get_by_role("button", name="Take 1").click()
    expect(page.get_by_text("1 event is taken.")).to_be_visible()
    expect(page.get_by_text("Nothing was refused")).to_be_visible()
    page.goto(f"{server.url}/orders/online-payment/P-1")
    expect(page.locator(".events")).to_contain_text("PaymentReceived", timeout=SOON)
    assert told(server, "payment.captured", source="bank", attributes={"order_no": "P-1"}).status_code == 200
