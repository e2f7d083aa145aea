"""The middleware for ASGI applications: Starlette, FastAPI, Django, Litestar, and those of no framework."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from noshow_sdk.correlation import handling

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class CorrelationMiddleware:
    """Every request is handled under the correlation ID that it came with, or a new one.

    `trusted=False` is for the edge, where strangers could name an order of somebody else: what they say is not read.
    """

    def __init__(self, app: App, *, trusted: bool = True) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        with handling(scope["headers"] if self._trusted else ()):
            await self._app(scope, receive, send)
