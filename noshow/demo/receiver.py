"""What the owning teams would get: a small webhook receiver that checks signatures and prints one line a message."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

_TYPES = {
    "case.opened": "flagged",
    "case.updated": "changed",
    "case.resolved": "settled",
    "case.reopened": "flagged again",
    "case.escalated": "escalated",
    "case.reminder": "still open",
    "step.due_soon": "due soon",
    "cases.changed": "several",
    "cases.storm": "storm",
    "cases.reminder": "still open",
}


@contextmanager
def receiver(secrets: Mapping[str, str], show: Callable[[str], None]) -> Iterator[str]:
    """Listens for the length of the block; gives the address, below which each owner has a path of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            owner = self.path.strip("/")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                Webhook(secrets[owner]).verify(body, dict(self.headers.items()))
            except (KeyError, WebhookVerificationError):
                self.send_response(401)
            else:
                show(line(owner, json.loads(body)))
                self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """What came is shown by `show`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, name="receiver", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def line(owner: str, message: Mapping[str, object]) -> str:
    """`payments    flagged   order-1004-ab12cd  PaymentReceived was due …`; of several what they share."""
    data = message["data"]
    assert isinstance(data, dict)
    what = _TYPES.get(str(message["type"]), str(message["type"]))
    about = f"{data['correlation_id']:<18} {data['sentence']}" if "sentence" in data else data["title"]
    return f"{owner:<11} {what:<13} {about}"
