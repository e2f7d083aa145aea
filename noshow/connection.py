"""A connection of the HTTP server: uvicorn's, with bounds on what may come before a request is one.

uvicorn waits for ever for the end of a request's head, and takes one of any size.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from collector.sender import CERTIFIED
from store.problem import problem

HEAD_TIMEOUT = 20.0  # seconds from the connection, or the first byte of a later request, to the end of its head
MOST_HEAD = 64 * 1024  # bytes of the request line and the headers
MOST_CONNECTIONS = 4_000

_CLOSE = {"Connection": "close"}


class Connection(HttpToolsProtocol):
    """`_head`: what ends the connection if the next request takes too long to begin; `None` while one runs.

    A request that was answered early leaves the rest of its body to be read (`_in_body`): that, too, has to end.
    """

    _head: asyncio.TimerHandle | None = None
    _head_size = 0
    _in_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._await_head()
        secured = transport.get_extra_info("ssl_object")
        if secured is not None and secured.getpeercert():
            self.app_state = {**self.app_state, CERTIFIED: True}
        if len(self.connections) > MOST_CONNECTIONS:
            self.app = _refusing(503, "too many connections; try again in a few seconds", {"Retry-After": "5"})

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        if not self._in_body:
            self._head_size += len(data)
        super().data_received(data)
        if self._head_size > MOST_HEAD and not self._in_body and self._head is not None:
            self._end(431)

    def on_headers_complete(self) -> None:
        # What came may be a small head and much of the body.
        if self._head_size > MOST_HEAD and self._exact_head_size() > MOST_HEAD:
            self.app = _refusing(431, f"the request line and headers have more than {MOST_HEAD:,} bytes", {})
        self._head_is_there()
        self._in_body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_body = False
        self._head_size = 0
        super().on_message_complete()

    def _await_head(self) -> None:
        self._head = self.loop.call_later(HEAD_TIMEOUT, self._end, 408)

    def _head_is_there(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _exact_head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _end(self, status: int) -> None:
        """Where there is no request yet that an application could answer."""
        self._head_is_there()
        if self._head_size and not self._in_body and not self.transport.is_closing():
            line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
            self.transport.write(f"{line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        self.transport.close()


def _refusing(status: int, detail: str, headers: dict[str, str]) -> Any:
    """An application that answers every request so, and ends the connection."""
    answer: ASGIApp = problem(status, detail, headers={**headers, **_CLOSE})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(scope, receive, send)

    return app
