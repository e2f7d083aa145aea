"""An operator at three in the morning before a real `noshow serve`: a message, its case, what is safe to press."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from store.event import SECOND
from store.instant import rfc3339
from tests.browser.conftest import Tabs
from tests.end_to_end.process import PATIENCE, Noshow, noshow
from tests.noshow.command import noshow as noshow_command
from tests.reconcile.provider import Provider, Said, provider
from tests.reconcile.receiver import Receiver, receiver

SOON = 1000 * PATIENCE  # ms until something that must happen has happened, in other threads and processes

RULE = """
workflow: online-payment
noun: payment
owner: payments
start: PaymentRequested
cancel: PaymentCancelled
grace: 0s
at_risk: {{value: start.amount, unit: start.currency}}
customer: start.customer
steps:
  PaymentReceived:
    within: 1s
    undone_by: PaymentRefunded
    undo_within: 1s
    truth:
      get: "{url}/v1/charges?order={{correlation_id}}"
      confirmed: code == 200 && response.status == "succeeded"
      absent: code == 404
      every: 1h
    actions:
      refund:
        label: Refund the payment
        post: "{url}/v1/refunds"
        body: {{order: "{{correlation_id}}"}}
        idempotent: true
        approve: 2
"""


@dataclass
class Night:
    """A server, the provider that knows the truth, and the endpoint that gets messages."""

    server: Noshow
    provider: Provider
    pager: Receiver

    def send(self, order: str, *names: str) -> None:
        """Events that happened a minute ago."""
        at = rfc3339(int(time.time() - 60) * SECOND)
        attributes = {"amount": 48.5, "currency": "EUR", "customer": "C-77", "charge_id": f"ch_{order}"}
        event = {"correlation_id": order, "time": at, "source": "shop", "attributes": attributes}
        batch = [{**event, "name": name, "id": f"{name}-{order}"} for name in names]
        assert httpx.post(f"{self.server.url}/v1/events", json=batch).json()["accepted"] == len(names)

    def token(self, name: str) -> str:
        """Of somebody who may work on cases."""
        scopes = ("--scope", "read", "--scope", "operate")
        made = noshow_command("tokens", "create", name, *scopes, "--config", self.server.place / "noshow.yaml")
        assert made.code == 0, made.err
        return made.out.strip()

    def message(self, order: str) -> dict[str, object]:
        """The first one that tells of this order."""
        for _ in range(PATIENCE * 10):
            for got in self.pager.received:
                data = json.loads(got.body)["data"]
                if data.get("correlation_id") == order:
                    return dict(data)
            time.sleep(0.1)
        raise AssertionError(f"nobody was told of {order}")


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    with provider() as source, receiver() as pager:
        source.says = lambda order: Said(503) if order not in source.charges else None
        rules = {"payments.yaml": RULE.format(url=source.url)}
        with noshow(tmp_path_factory.mktemp("night"), rules, notify=pager.url) as server:
            yield Night(server, source, pager)


@pytest.fixture
def tabs(browser: Browser, night: Night) -> Iterator[Tabs]:
    tabs = Tabs(browser, night.server.url)
    yield tabs
    tabs.close()
    assert [complaint for tab in tabs.tabs for complaint in tab.complaints] == [], "the console stays empty"


def sign_in(page: Page, token: str) -> None:
    """From the page where one is, and back to it."""
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_label("API token").fill(token)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def test_from_the_message_to_the_case_that_closes(night: Night, tabs: Tabs) -> None:
    """Told, opened, history read, the source asked, confirmed, closed: by one who is not at home here."""
    night.send("P-1", "PaymentRequested")
    told = night.message("P-1")
    page = tabs.new().page
    page.goto(str(told["url"]))
    expect(page.get_by_role("heading", name="Payment P-1")).to_be_visible()
    expect(page.get_by_text("Nothing arrived in time: it may have happened all the same.")).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    sign_in(page, night.token("maria"))
    expect(page.get_by_role("heading", name="Payment P-1")).to_be_visible()
    expect(page.locator("#case")).to_contain_text("ch_P-1")
    expect(page.locator("#case")).to_contain_text("Not safe now: Refund the payment")
    expect(page.locator("#case")).to_contain_text("can't tell (HTTP 503", timeout=SOON)
    expect(page.locator(".events")).to_contain_text("PaymentRequested")
    page.get_by_role("button", name="Take on").click()
    expect(page.locator("#case")).to_contain_text("Let go")

    night.provider.charge("P-1")  # the money was taken; only the event got lost
    page.get_by_role("button", name="Ask the source about PaymentReceived").click()
    expect(page.get_by_text("The source is being asked.")).to_be_visible()
    expect(page.locator("#case")).to_contain_text("it did happen (", timeout=SOON)
    expect(page.locator("#case")).to_contain_text("resolved", timeout=SOON)  # by itself, and without a reload
    expect(page.locator(".events")).to_contain_text("confirmed that PaymentReceived happened", timeout=SOON)
    assert night.provider.refunded == []


def test_a_refund_takes_two_people_at_two_screens(night: Night, tabs: Tabs) -> None:
    night.provider.charge("P-2")
    night.send("P-2", "PaymentRequested", "PaymentReceived", "PaymentCancelled")
    night.message("P-2")
    anne, bert = tabs.new().page, tabs.new(width=360, dark=True).page
    for page, name in ((anne, "anne"), (bert, "bert")):
        page.goto(f"{night.server.url}/orders/online-payment/P-2")
        sign_in(page, night.token(name))
    anne.get_by_role("link", name="Refund the payment…").click()
    expect(anne.locator(".request")).to_contain_text(f"POST {night.provider.url}/v1/refunds")
    expect(anne.locator(".request")).to_contain_text('"order": "P-2"')
    anne.get_by_label("Reason").fill("the customer called")
    anne.get_by_role("button", name="Propose it").click()
    expect(anne.get_by_text("Proposed. It is sent once a second person has approved it.")).to_be_visible()
    assert night.provider.refunded == []

    bert.reload()
    bert.get_by_role("link", name="Approve: Refund the payment…").click()
    expect(bert.get_by_text("“the customer called”")).to_be_visible()
    bert.get_by_role("button", name="Approve, and send it").click()
    expect(bert.locator("#case")).to_contain_text("Refund the payment succeeded", timeout=SOON)
    expect(anne.locator("#case")).to_contain_text("Refund the payment succeeded", timeout=SOON)
    assert night.provider.refunded == ["P-2"]


def test_fifty_corrections_from_a_file(night: Night, tabs: Tabs) -> None:
    orders = [f"F-{number:02}" for number in range(50)]
    for order in orders:
        night.send(order, "PaymentRequested")
    night.message(orders[-1])
    page = tabs.new().page
    page.goto(f"{night.server.url}/?q=F-")
    sign_in(page, night.token("carl"))
    expect(page.locator("#cases .caption b")).to_have_text("50", timeout=SOON)
    page.get_by_role("link", name="Corrections").click()
    rows = "".join(f"{order},PaymentReceived,confirmed,in the ledger\n" for order in orders)
    file = {"name": "truth.csv", "mimeType": "text/csv", "buffer": f"correlation_id,step,word,reason\n{rows}".encode()}
    page.get_by_label("File").set_input_files(file)  # type: ignore[arg-type]  # playwright's own shape of a file
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="50 of 50 lines change something")).to_be_visible()
    expect(page.get_by_text("2,425 EUR")).to_be_visible()
    expect(page.get_by_text("Would confirm missing PaymentReceived of F-07.")).to_be_visible()
    page.get_by_label("Reason").fill("the provider's ledger of yesterday")
    page.get_by_role("button", name="Apply 50").click()
    expect(page.get_by_text("50 corrections were applied, as one entry of the audit trail.")).to_be_visible()
    page.goto(f"{night.server.url}/?q=F-&state=resolved")
    expect(page.locator("#cases .caption b")).to_have_text("50", timeout=SOON)
