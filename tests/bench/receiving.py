"""A receiver of webhooks in a process of its own, so that nothing but the machine delays it."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection

Received = Mapping[str, int]
"""When each message came for the first time, by its id: µs UTC."""


@contextmanager
def receiver() -> Iterator[tuple[str, Callable[[], Received]]]:
    """Where it listens, and what ends it and asks it what it has received, once."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_receive, args=(theirs,))
    process.start()

    def received() -> Received:
        ours.send(None)
        answer: Received = ours.recv()
        return answer

    try:
        yield f"http://127.0.0.1:{ours.recv()}/", received
    finally:
        process.terminate()
        process.join()


def _receive(pipe: Connection) -> None:
    """Tells its port, and when it is asked to, what came."""
    came: dict[str, int] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            came.setdefault(self.headers["webhook-id"], time.time_ns() // 1_000)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.server_port)
    pipe.recv()
    pipe.send(came)
