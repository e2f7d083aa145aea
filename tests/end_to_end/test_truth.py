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


@pytest.mark.processes
def test_a_sweep_finds_what_the_pipeline_has_lost_before_anybody_misses_it(tmp_path: Path) -> None:
    with provider() as bank, receiver() as owner:
        sweep = {
            "workflow": "online-payment",
            "step": "PaymentReceived",
            "get": f"{bank.url}/v1/changes?since={{since}}&after={{cursor}}",
            "items": "data",
            "next": "next",
            "fields": {"correlation_id": "order", "id": "id", "time": "created_at", "status": "status"},
            "happened": "succeeded",
            **{"every": "1s", "lag": "1s"},
        }
        rule = RULE.format(url=bank.url).replace("within: 1s", "within: 1h")
        with noshow(tmp_path / "noshow", {"rule.yaml": rule}, notify=owner.url, sweeps={"payments": sweep}) as server:
            requested(server, "paid")
            until_judged(server, "paid", "pending")
            bank.charge("paid", created_at=time.time())
            order = until_judged(server, "paid", "on_time")
            assert order["findings"] == []
            [found] = httpx.get(f"{server.url}/v1/discrepancies").json()["items"]
            assert (found["kind"], found["state"], found["theirs"]["id"]) == ("theirs_only", "corrected", "ch_paid")


def until_judged(server: Noshow, order: str, state: str) -> dict[str, Any]:
    """The order, once its payment is in this state."""
    answer: dict[str, Any] = {}
    for _ in range(PATIENCE * 4):
        answer = httpx.get(f"{server.url}/v1/instances/online-payment/{order}").json()
        if answer.get("steps", {}).get("PaymentReceived", {}).get("state") == state:
            return answer
        time.sleep(0.25)
    raise AssertionError((answer, server.log()))


def started(place: Path, bank: Provider, notify: str) -> Any:
    return noshow(place / "noshow", {"rule.yaml": RULE.format(url=bank.url)}, notify=notify)
