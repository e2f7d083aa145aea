"""A payment provider on a real socket, which can act and not answer: what a source of truth is in the worst case."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.reconcile.receiver import LOCAL

Body = dict[str, object] | list[object] | bytes


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. Of status 0 is none: the connection is closed; of -1 neither: it stays open, and nothing comes."""

    status: int
    body: Body = b""
    headers: dict[str, str] = field(default_factory=dict)


SILENCE = Said(0)
HANGS = Said(-1)


@dataclass
class Provider:
    """`charges`: what it has done, by order. `says` may answer a lookup in its place. `asked`: the orders of the
    lookups, `refunded`: those of the refunds. It hangs until `released`."""

    port: int = 0
    charges: dict[str, dict[str, object]] = field(default_factory=dict)
    says: Callable[[str], Said | None] = lambda _: None
    lists: Callable[[Mapping[str, str]], Said | None] = lambda _: None
    page_size: int = 100
    asked: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    refunded: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://{LOCAL}:{self.port}"

    def charge(self, order: str, **more: object) -> None:
        """The money is taken, whoever hears of it."""
        self.charges[order] = {"id": f"ch_{order}", "status": "succeeded", **more}

    def look_up(self, order: str) -> Said:
        self.asked.append(order)
        if (said := self.says(order)) is not None:
            return said
        charge = self.charges.get(order)
        return Said(404, {"error": "no such charge"}) if charge is None else Said(200, dict(charge))

    def changes(self, asked: Mapping[str, str]) -> Said:
        """What has changed, `page_size` at a time; `asked` has `since`, and `after` from the second page on."""
        if (said := self.lists(asked)) is not None:
            return said
        first = int(asked.get("after", 0))
        page = list(self.charges.items())[first : first + self.page_size]
        more = first + self.page_size < len(self.charges)
        items = [{"order": order, **charge} for order, charge in page]
        return Said(200, {"data": items, "next": str(first + self.page_size) if more else None})

    def refund(self, order: str) -> Said:
        """Of an order that was never charged there is nothing to refund, and that is no error."""
        if self.charges.get(order, {}).get("status") == "succeeded":
            self.refunded.append(order)
        return Said(200, {"refunded": order in self.refunded})


@contextmanager
def provider() -> Iterator[Provider]:
    """Listens until the end of the block."""
    it = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            it.paths.append(self.path)
            it.tokens.append(self.headers.get("authorization", ""))
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            self._answer(it.look_up(asked["order"]) if "order" in asked else it.changes(asked))

        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self._answer(it.refund(sent["order"]))

        def _answer(self, said: Said) -> None:
            if said.status == -1:
                it.released.wait()
            if said.status <= 0:
                self.close_connection = True
                return
            body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """What was asked is in `asked`."""

    server = ThreadingHTTPServer((LOCAL, 0), Handler)
    it.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield it
    finally:
        it.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
