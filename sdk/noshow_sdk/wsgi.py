"""The middleware for WSGI applications: Flask, Django, and those of no framework."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from opentelemetry.context import Context

from noshow_sdk.correlation import attached, context_of

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class CorrelationMiddleware:
    """Every request is handled under the correlation ID that it came with, or a new one; its body is made so, too.

    `trusted=False` is for the edge, where strangers could name an order of somebody else: what they say is not read.
    """

    def __init__(self, app: App, *, trusted: bool = True) -> None:
        self._app = app
        self._trusted = trusted

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        context = context_of({"baggage": environ.get("HTTP_BAGGAGE", "")} if self._trusted else {})
        with attached(context):
            return _Body(self._app(environ, start_response), context)


class _Body:
    """Servers take the body from it piece by piece, after the application has returned."""

    def __init__(self, body: Iterable[bytes], context: Context) -> None:
        self._body = body
        self._pieces = iter(body)
        self._context = context

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with attached(self._context):
            return next(self._pieces)

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            with attached(self._context):
                close()
