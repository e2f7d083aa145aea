"""What takes events in, as an ASGI application of its own: pages and REST need layers that would cost a single event
more than everything else that is done with it."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from collector.http.handshake import agree
from collector.recorder import SILENT, Recorder
from store.problem import problem

Handler = Callable[[Request], Awaitable[Response]]

WEBHOOK = "/v1/cloudevents"

log = logging.getLogger(__name__)


class Front:
    """Answers `POST` to the paths of its handlers, and `OPTIONS` to the one that webhooks go to; all else is for the
    application behind it, which is also the `app` of the requests that handlers see."""

    def __init__(self, handlers: Mapping[str, Handler], behind: ASGIApp, recorder: Recorder = SILENT) -> None:
        self.handlers = handlers
        self.behind = behind
        self._recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self.handlers.get(scope["path"]) if scope["type"] == "http" else None
        if handler is None:
            await self.behind(scope, receive, send)
            return
        began = time.perf_counter()
        response = await _answer(handler, Request({**scope, "app": self.behind}, receive))
        self._recorder.answered(scope["path"], response.status_code, time.perf_counter() - began)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Cache-Control", "no-store")
        await response(scope, receive, send)


async def _answer(handler: Handler, request: Request) -> Response:
    if request.method == "OPTIONS" and request.url.path == WEBHOOK:
        handler = agree
    elif request.method != "POST":
        return problem(405, f"{request.method} is not for this path.", headers={"Allow": "POST"})
    try:
        return await handler(request)
    except Exception:
        log.exception("%s %s", request.method, request.url.path)
        return problem(500, "Something went wrong inside of Noshow. Its log has the details.")
