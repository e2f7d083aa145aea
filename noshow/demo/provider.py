"""The simulated shop's payment provider: it knows who has paid, also where the shop's own event of it was lost."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

IN_THE_RULES = "https://payments.example"
"""How the demo's rules call it; its real address has a port of its own each time."""


@contextmanager
def provider() -> Iterator[str]:
    """Listens for the length of the block; gives the address. `POST /charges` charges an order, `GET /charges?order=…`
    says whether that was done."""
    charges: dict[str, dict[str, object]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            charge = {"id": f"ch_{asked['order'][6:10]}", "status": "succeeded", "created_at": time.time()}
            self._answer(201, charges.setdefault(asked["order"], charge))

        def do_GET(self) -> None:
            [order] = parse_qs(urlsplit(self.path).query).get("order", [""])
            charge = charges.get(order)
            self._answer(404, {"error": "no such charge"}) if charge is None else self._answer(200, charge)

        def _answer(self, status: int, body: dict[str, object]) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Nobody needs to see it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, name="payment provider", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
