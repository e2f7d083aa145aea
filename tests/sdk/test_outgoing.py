"""Headers of messages, and that what a client had before stays."""

import subprocess
import sys

import httpx
import requests
from requests.adapters import HTTPAdapter

from noshow_sdk import (
    causation_id,
    correlate,
    correlation_id,
    handling,
    httpx_hook,
    kafka_headers,
    message_headers,
    requests_session,
)


def test_the_consumer_of_a_message_has_the_order_and_the_event_that_it_tells_of() -> None:
    with correlate("order-1"), handling(causation_id="e-0"):
        sent = message_headers({"content-type": "application/json"}, causation_id="e-1")
    assert sent["content-type"] == "application/json"
    with handling(sent):
        assert (correlation_id(), causation_id()) == ("order-1", "e-1")


def test_so_has_the_consumer_of_kafka() -> None:
    with correlate("order-1"):
        sent = kafka_headers([("type", b"order"), ("baggage", b"tenant=a")], causation_id="e-1")
    assert sent == [("type", b"order"), ("baggage", b"correlation.id=order-1,causation.id=e-1,tenant=a")]
    with handling(sent):
        assert (correlation_id(), causation_id()) == ("order-1", "e-1")


def test_a_message_sent_on_has_the_cause_that_is_being_handled() -> None:
    with handling({"baggage": "correlation.id=order-1,causation.id=e-1"}):
        assert message_headers({"Baggage": "correlation.id=old"}) == {
            "baggage": "correlation.id=order-1,causation.id=e-1"
        }


def test_where_nothing_is_in_force_nothing_is_added() -> None:
    assert message_headers() == {}
    assert kafka_headers([("baggage", b"a=1")]) == [("baggage", b"a=1")]
    request = httpx.Request("GET", "http://localhost")
    httpx_hook(request)
    assert "baggage" not in request.headers


def test_baggage_of_others_stays_on_a_request() -> None:
    request = httpx.Request("GET", "http://localhost", headers={"Baggage": "tenant=a;p=1"})
    with correlate("order-1"):
        httpx_hook(request)
    assert request.headers.get_list("baggage") == ["correlation.id=order-1,tenant=a;p=1"]


def test_an_adapter_that_was_mounted_stays_in_use() -> None:
    asked: list[object] = []

    class Mine(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
            asked.append(request.headers.get("baggage"))
            response = requests.Response()
            response.status_code = 204
            return response

    with requests.Session() as session:
        session.mount("http://inside", Mine())
        with correlate("order-1"):
            requests_session(session).get("http://inside/it")
    assert asked == ["correlation.id=order-1"]


def test_the_sdk_imports_neither_httpx_nor_sqlalchemy() -> None:
    code = "import sys, noshow_sdk, noshow_sdk.asgi, noshow_sdk.wsgi; print({'httpx', 'sqlalchemy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
