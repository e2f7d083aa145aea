"""`ETag` on what `GET` under `/v1` answers, and 304 for whoever has just that (`If-None-Match`)."""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What a store says at present is asked each time; a cache in between would not help. It is the way that is spared.
REVALIDATE = "private, no-cache"
LARGEST = 4 << 20  # bytes of an answer that is held back to be tagged


class Tagged:
    """ASGI middleware, for answers in JSON that come in one piece."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        await self.app(scope, receive, _Held(send, known))


class _Held:
    """Sends on, and holds back the head of an answer until its body is there."""

    def __init__(self, send: Send, known: str) -> None:
        self._send = send
        self._known = known
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_tagged(message):
            self._start = message
            return
        if self._start is not None and message["type"] == "http.response.body":
            start, self._start = self._start, None
            if message.get("more_body") or len(message.get("body", b"")) > LARGEST:
                await self._send(start)
            else:
                message = await self._begin(start, message)
        await self._send(message)

    async def _begin(self, start: Message, body: Message) -> Message:
        """With its tag; what is left to send."""
        headers = MutableHeaders(scope=start)
        headers.setdefault("ETag", f'"{hashlib.sha256(body["body"]).hexdigest()[:32]}"')
        headers.setdefault("Cache-Control", REVALIDATE)
        if not matches(self._known, headers["ETag"]):
            await self._send(start)
            return body
        kept = [(name, value) for name, value in start["headers"] if name not in (b"content-length", b"content-type")]
        await self._send({**start, "status": 304, "headers": kept})
        return {**body, "body": b""}


def matches(known: str, tag: str) -> bool:
    """Whether `If-None-Match` names it; by the weak comparison."""
    names = [name.strip().removeprefix("W/") for name in known.split(",")]
    return "*" in names or tag.removeprefix("W/") in names


def _is_tagged(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] == 200 and kind.startswith("application/json")
