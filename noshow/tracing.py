"""A span for each request over HTTP. Where no traces are wanted, this is not there at all."""

from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_W3C = TraceContextTextMapPropagator()
_HEADERS = (b"traceparent", b"tracestate")


class Traced:
    """ASGI middleware. A request that comes with a trace of its sender goes on with it."""

    def __init__(self, behind: ASGIApp, tracer: Tracer) -> None:
        self.behind = behind
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.behind(scope, receive, send)
            return
        carried = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _HEADERS}
        about = {"http.request.method": scope["method"], "url.path": scope["path"]}
        with self._tracer.start_as_current_span(
            scope["method"], _W3C.extract(carried), kind=SpanKind.SERVER, attributes=about
        ) as span:
            await self.behind(scope, receive, _noting(span, send))
            if path := getattr(scope.get("route"), "path_format", ""):  # without what differs from request to request
                span.update_name(f"{scope['method']} {path}")


def _noting(span: Span, send: Send) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            span.set_attribute("http.response.status_code", message["status"])
            if message["status"] >= 500:
                span.set_status(StatusCode.ERROR)
        await send(message)

    return noting
