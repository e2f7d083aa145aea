"""The IDs over real HTTP: from a client of httpx or requests, through the middleware, to the service behind it."""

import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import pytest
import requests
import uvicorn

from noshow_sdk import causation_id, correlate, correlation_id, handling, httpx_async_hook, httpx_hook, requests_session
from noshow_sdk.asgi import CorrelationMiddleware as ASGIMiddleware
from noshow_sdk.wsgi import CorrelationMiddleware as WSGIMiddleware
from tests.finished import finished

CARRIED = {"correlation": "order 1/ä", "causation": "e-1"}


def _in_force() -> bytes:
    return json.dumps({"correlation": correlation_id(), "causation": causation_id()}).encode()


async def asgi_service(scope: MutableMapping[str, Any], _: object, send: Callable[..., Awaitable[None]]) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": _in_force()})


def wsgi_service(_: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [])
    yield _in_force()  # while the server takes the body


@contextmanager
def over_asgi(trusted: bool) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = ASGIMiddleware(asgi_service, trusted=trusted)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", ws="none"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def over_wsgi(trusted: bool) -> Iterator[str]:
    app: Any = WSGIMiddleware(wsgi_service, trusted=trusted)
    with make_server("127.0.0.1", 0, app, handler_class=_Silent) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(params=[over_asgi, over_wsgi])
def over(request: pytest.FixtureRequest) -> Any:
    return request.param


def by_httpx(url: str) -> Any:
    with httpx.Client(event_hooks={"request": [httpx_hook]}) as client:
        return client.get(url).json()


def by_async_httpx(url: str) -> Any:
    async def get() -> Any:
        async with httpx.AsyncClient(event_hooks={"request": [httpx_async_hook]}) as client:
            return (await client.get(url)).json()

    return finished(get())


def by_requests(url: str) -> Any:
    with requests_session(requests.Session()) as session:
        return session.get(url).json()


@pytest.mark.parametrize("call", [by_httpx, by_async_httpx, by_requests])
def test_the_service_behind_has_the_ids_of_the_one_before(over: Any, call: Callable[[str], Any]) -> None:
    with over(True) as url:
        with correlate("order 1/ä"), handling(causation_id="e-1"):
            assert call(url) == CARRIED
        assert call(url) != CARRIED  # nothing stays on the client, nor in the service


def test_a_request_without_gets_a_new_one_and_the_next_another(over: Any) -> None:
    with over(True) as url:
        first, second = httpx.get(url).json(), httpx.get(url).json()
    assert UUID(first["correlation"]).version == 7
    assert first["correlation"] != second["correlation"]
    assert first["causation"] is None


def test_what_a_stranger_says_does_not_count(over: Any) -> None:
    with over(False) as url:
        told = httpx.get(url, headers={"baggage": "correlation.id=order-1,causation.id=e-1"}).json()
    assert UUID(told["correlation"]).version == 7
    assert told["causation"] is None


@pytest.mark.parametrize("call", [by_httpx, by_requests])
def test_without_an_id_nothing_is_added(over: Any, call: Callable[[str], Any]) -> None:
    with over(True) as url:
        assert UUID(call(url)["correlation"]).version == 7


def test_a_body_is_closed_under_the_same_id() -> None:
    closed: list[str | None] = []

    class Body(list[bytes]):
        def close(self) -> None:
            closed.append(correlation_id())

    body: Any = WSGIMiddleware(lambda *_: Body([b"a"]))({"HTTP_BAGGAGE": "correlation.id=order-1"}, lambda *_: None)
    assert list(body) == [b"a"]
    body.close()
    assert closed == ["order-1"]
