"""A service that dies between commit and send, before a real `noshow serve`: no false alarm, and none doubled."""

import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine

from tests.end_to_end.process import PATIENCE, Noshow, noshow
from tests.sdk.outbox.test_crashes import run

RULE = """\
workflow: order-fulfilment
noun: order
owner: payments
start: OrderPlaced
steps:
  PaymentReceived:
    within: 1h
    at_most: 1
"""


def judged(server: Noshow) -> dict[str, Any]:
    """The order, once there is a verdict on its payment."""
    for _ in range(PATIENCE * 4):
        answer = httpx.get(f"{server.url}/v1/instances/order-fulfilment/order-1")
        if answer.status_code == 200 and answer.json()["state"] != "running":
            order: dict[str, Any] = answer.json()
            return order
        time.sleep(0.25)
    raise AssertionError(server.log())


@pytest.mark.processes
def test_a_crash_between_commit_and_send_is_no_missing_step_and_one_after_it_no_second(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/service.sqlite")
    with noshow(tmp_path / "noshow", {"order.yaml": RULE}) as server:
        assert run(engine, server.url, "service", "commit") == -signal.SIGKILL
        assert run(engine, server.url, "relay", "sent") == -signal.SIGKILL
        assert run(engine, server.url, "relay", "never") == 0
        order = judged(server)
    assert (order["state"], order["steps"]["PaymentReceived"]["state"]) == ("complete", "on_time")
    assert order["findings"] == []
    assert [event["name"] for event in order["events"]] == ["OrderPlaced", "PaymentReceived"]
