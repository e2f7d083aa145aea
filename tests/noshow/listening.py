"""An application behind the HTTP server of `noshow serve`, on a real socket in a thread of the test's process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from noshow.listening import Answering, Server
from noshow.tls import Certificate


@contextmanager
def listening(app: ASGIApp, certificate: Certificate | None = None) -> Iterator[str]:
    """Its address; the socket listens before the server runs, so nobody has to wait for it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(Answering(app, certificate=certificate), lambda: None)
        # Signals are for the main thread.
        thread = threading.Thread(target=uvicorn.Server.run, args=(server, [listener]))
        thread.start()
        try:
            yield f"{'http' if certificate is None else 'https'}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
