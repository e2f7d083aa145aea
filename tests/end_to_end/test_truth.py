"""A real `noshow serve`: a payment whose event was lost is confirmed at the source, and its case closes by itself."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.process import PATIENCE, Noshow, noshow
from tests.reconcile.provider import Provider, provider
from tests.reconcile.receiver import receiver

RULE = """\
workflow: online-payment
noun: payment
owner: payments
start: PaymentRequested
steps:
  PaymentReceived:
    within: 1s
    truth:
      get: {url}/v1/charges?order={{correlation_id}}
      confirmed: code == 200 && response.status == "succeeded"
      absent: code == 404
      time: response.created_at
      every: 1s
"""


def requested(server: Noshow, *orders: str) -> None:
    now = time.time()
    events = [{"correlation_id": it, "name": "PaymentRequested", "time": now, "id": f"e-{it}"} for it in orders]
    httpx.post(f"{server.url}/v1/events", json=events).raise_for_status()


def until(server: Noshow, order: str, **wanted: object) -> dict[str, Any]:
    """The case of the order, once it is so."""
    cases: list[dict[str, Any]] = []
    for _ in range(PATIENCE * 4):
        cases = httpx.get(f"{server.url}/v1/cases", params={"correlation_id": order}).json()["items"]
        if cases and wanted.items() <= cases[0].items():
            return cases[0]
        time.sleep(0.25)
    raise AssertionError((cases, server.log()))


@pytest.mark.processes
def test_what_was_lost_is_confirmed_and_what_never_was_is_said_to_have_failed(tmp_path: Path) -> None:
    with provider() as bank, receiver() as owner, started(tmp_path, bank, owner.url) as server:
        bank.charge("paid", created_at=time.time())
        requested(server, "paid", "unpaid")
        settled = until(server, "paid", state="resolved")
        assert settled["reason"] == "condition_ceased"
        failed = until(server, "unpaid", kind="failed")
        assert (failed["state"], failed["step"]) == ("open", "PaymentReceived")
        order = httpx.get(f"{server.url}/v1/instances/online-payment/paid").json()
        assert (order["state"], order["steps"]["PaymentReceived"]["state"]) == ("complete", "on_time")
        [word] = [event for event in order["events"] if event["source"] == "noshow"]
        assert (word["name"], word["attributes"]["actor"]) == ("confirmed", "truth")


def started(place: Path, bank: Provider, notify: str) -> Any:
    return noshow(place / "noshow", {"rule.yaml": RULE.format(url=bank.url)}, notify=notify)
