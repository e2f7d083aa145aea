"""CloudEvents over a socket, sent by the official SDK, and the handshake of webhooks."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from store import events as event_store
from store.clickhouse import ClickHouse

STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


def event(number: int = 1, **attributes: object) -> CloudEvent:
    given = {
        **{"id": f"e-{number}", "source": "/shop", "type": "OrderPlaced", "correlationid": "o-1"},
        **{"specversion": "1.0", "time": datetime(2025, 11, 20, 12, tzinfo=UTC), "datacontenttype": "application/json"},
    }
    return CloudEvent(attributes={**given, **attributes}, data={"amount": 12.5, "to": "Zoë"})


def post(client: httpx.Client, message: HTTPMessage, path: str = "/v1/cloudevents") -> httpx.Response:
    return client.post(path, content=message.body, headers=message.headers)


@pytest.mark.parametrize("path", ["/v1/cloudevents", "/v1/events"])
@pytest.mark.parametrize("to", [to_structured_event, to_binary_event])
def test_either_mode_is_the_same_event(
    client: httpx.Client, clickhouse: ClickHouse, to: Callable[[CloudEvent], HTTPMessage], path: str
) -> None:
    answer = post(client, to(event(causationid="e-0", note="50 % of “all”")), path)
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "rejected": []})
    [kept] = event_store.history(clickhouse, "o-1")
    assert (kept.id, kept.name, kept.source, kept.causation_id) == ("e-1", "OrderPlaced", "/shop", "e-0")
    assert json.loads(kept.attributes) == {"amount": 12.5, "to": "Zoë"}


def test_a_batch(client: httpx.Client, clickhouse: ClickHouse) -> None:
    events = [json.loads(to_structured_event(event(n)).body) for n in range(3)]
    del events[1]["correlationid"]
    answer = client.post("/v1/cloudevents", content=json.dumps(events), headers=BATCH)
    assert answer.json() == {
        "accepted": 2,
        "rejected": [{"index": 1, "field": "correlation_id", "reason": "missing"}],
    }
    assert [kept.id for kept in event_store.history(clickhouse, "o-1")] == ["e-0", "e-2"]


def test_other_types_are_refused(client: httpx.Client) -> None:
    answer = client.post("/v1/cloudevents", json={})
    assert answer.status_code == 415
    assert answer.json()["detail"].startswith("expected Content-Type application/cloudevents+json or")


def test_another_version_is_refused(client: httpx.Client) -> None:
    message = to_structured_event(event())
    body = message.body.replace(b'"1.0"', b'"0.3"')
    answer = client.post("/v1/cloudevents", content=body, headers=STRUCTURED)
    assert answer.status_code == 400
    assert answer.json()["rejected"][0]["field"] == "specversion"


def test_a_webhook_may_ask_whether_it_may_deliver(client: httpx.Client) -> None:
    headers = {"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"}
    answer = client.options("/v1/cloudevents", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"
    assert (answer.headers["WebHook-Allowed-Rate"], answer.headers["Allow"]) == ("*", "POST")
    assert client.options("/v1/cloudevents").status_code == 400
    assert client.options("/v1/events", headers=headers).status_code == 405
