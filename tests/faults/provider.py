"""Somebody else's server on a real socket: it pays refunds, and has bad days. It may act and not answer."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import cast


class Mood(Enum):
    """What happens to a request. Some of those that act do not say so."""

    ANSWERS = "acts and says so"
    ANSWERS_LATE = "acts, and says so when nobody listens any more"
    HANGS_UP = "acts and hangs up"
    FALLS_OVER = "acts and answers 500"
    IS_BUSY = "does nothing and answers 503"
    IS_FULL = "does nothing and answers 429"
    IS_DEAF = "does nothing and hangs up"


ACTS = {Mood.ANSWERS, Mood.ANSWERS_LATE, Mood.HANGS_UP, Mood.FALLS_OVER}
STATUS = {Mood.ANSWERS: 201, Mood.ANSWERS_LATE: 201, Mood.FALLS_OVER: 500, Mood.IS_BUSY: 503, Mood.IS_FULL: 429}


@dataclass
class Provider:
    """`honours`: a key that it knows changes nothing any more. `paid` counts refunds by key."""

    honours: bool
    random: Random
    moods: tuple[Mood, ...] = (Mood.ANSWERS,) * 5 + tuple(Mood)
    paid: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    url: str = ""
    patience: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str) -> Mood:
        with self.lock:
            self.asked[key] += 1
            mood = self.random.choice(self.moods)
            if mood in ACTS and not (self.honours and self.paid[key]):
                self.paid[key] += 1
        if mood is Mood.ANSWERS_LATE:
            self.patience.wait(0.4)
        return mood


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        provider = cast(_Server, self.server).provider
        status = STATUS.get(provider.take(self.headers["idempotency-key"]))
        if status is not None:
            with suppress(OSError):
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    provider: Provider

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked was killed."""


@contextmanager
def open_for_business(provider: Provider) -> Iterator[Provider]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.provider = provider
        provider.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield provider
        finally:
            provider.patience.set()
            server.shutdown()
            thread.join()
