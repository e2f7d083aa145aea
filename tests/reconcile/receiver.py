"""An endpoint on a real socket, which answers as it is told and remembers what it got."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response

from tests.web_server import WebServer

LOCAL = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Received:
    """One request. `number` counts the requests from 1."""

    number: int
    path: str
    headers: dict[str, str]
    body: str


Answer = Callable[[Received], Response]


def accepted(_: Received) -> Response:
    return Response(status_code=204)


@dataclass
class Receiver:
    port: int
    received: list[Received]
    host: str = LOCAL

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/hooks/noshow-a1b2c3"


@contextmanager
def receiver(answer: Answer = accepted) -> Iterator[Receiver]:
    """Listens until the end of the block."""
    received: list[Received] = []
    app = FastAPI(openapi_url=None)

    @app.post("/{path:path}")
    async def take(path: str, request: Request) -> Response:
        body = (await request.body()).decode()
        received.append(Received(len(received) + 1, f"/{path}", dict(request.headers), body))
        return answer(received[-1])

    server = WebServer(app)
    try:
        yield Receiver(server.port, received)
    finally:
        server.stop()


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that speaks no HTTP unless `talk` does; gives its port. `talk` ends when the other side closes."""
    with closing(socket.create_server((LOCAL, 0))) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with closing(connection):
                talk(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()
