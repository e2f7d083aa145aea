"""What programs get, without what is personal where whoever asks may not see it: JSON by the names of members, CSV by
those of columns. Lines of JSON that are an export to be verified are refused as a whole."""

import csv
import io
from collections.abc import Iterable, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.personal import HIDDEN, NOTHING_HIDDEN, Veil, veil_of
from api.problem import fault_problem

JSON, CSV, LINES = "application/json", "text/csv", "application/x-ndjson"
DESCRIPTION = "/v1/openapi.json"  # it tells of no one

# Bytes of others as they are: what is personal in them has no name.
RAW = {"/v1/quarantine/": ("text", "base64")}
REQUESTS = ("request",)


class Veiled:
    """ASGI middleware, whatever the route."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == DESCRIPTION:
            await self.app(scope, receive, send)
        else:
            await self.app(scope, receive, _Sending(Request(scope), send))


class _Sending:
    """Passes on what is sent; who asks is known once an answer begins."""

    def __init__(self, request: Request, send: Send) -> None:
        self._request = request
        self._send = send
        self._veil = NOTHING_HIDDEN
        self._start: Message | None = None
        self._table: _Table | None = None
        self._held = b""
        self._refused = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._start is not None:
            await self._hold(message)
        elif self._table is not None:
            told = self._table.told(message.get("body", b""), last=not message.get("more_body", False))
            await self._send({**message, "body": told})
        elif not self._refused:
            await self._send(message)

    async def _begin(self, start: Message) -> None:
        veil = veil_of(self._request)
        kind = Headers(raw=start["headers"]).get("content-type", "").partition(";")[0]
        if not veil or kind not in (JSON, CSV, LINES):
            await self._send(start)
            return
        self._veil = veil
        if kind == LINES:
            self._refused = True
            words = "This needs the scope personal: with anything hidden, it could not be verified."
            await fault_problem(403, words)(self._request.scope, self._request.receive, self._send)
        elif kind == CSV:
            del MutableHeaders(scope=start)["content-length"]
            self._table = _Table(veil)
            await self._send(start)
        else:
            self._start = start

    async def _hold(self, message: Message) -> None:
        """JSON is one whole."""
        self._held += message.get("body", b"")
        start = self._start
        if message.get("more_body") or start is None:
            return
        self._start = None
        more = next((names for path, names in RAW.items() if self._request.url.path.startswith(path)), ())
        body = self._veil.json(self._held, (*REQUESTS, *more)) if self._held else b""
        MutableHeaders(scope=start)["content-length"] = str(len(body))
        await self._send(start)
        await self._send({**message, "body": body})


class _Table:
    """CSV as it comes, in pieces; the first line has the names of the columns."""

    def __init__(self, veil: Veil) -> None:
        self._veil = veil
        self._columns: Sequence[int] | None = None
        self._rest = b""

    def told(self, piece: bytes, *, last: bool) -> bytes:
        whole = self._rest + piece
        end = len(whole) if last else _end_of_rows(whole)
        self._rest = whole[end:]
        rows = list(csv.reader(io.StringIO(whole[:end].decode(), newline="")))
        if rows and self._columns is None:
            self._columns = [place for place, name in enumerate(rows[0]) if self._veil.hides(name)]
            return _written([rows[0], *map(self._hidden, rows[1:])])
        return _written(map(self._hidden, rows))

    def _hidden(self, row: list[str]) -> list[str]:
        return [HIDDEN if text and place in (self._columns or ()) else text for place, text in enumerate(row)]


def _end_of_rows(text: bytes) -> int:
    """Behind the last line break that is in no quoted field."""
    end = text.rfind(b"\n") + 1
    while end and text.count(b'"', 0, end) % 2:
        end = text.rfind(b"\n", 0, end - 1) + 1
    return end


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
