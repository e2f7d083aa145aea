"""A real HTTP server on a real socket, in a thread of the test's process."""

import asyncio
import socket
import threading
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

PATIENCE = 120  # seconds for an answer


class WebServer:
    """Listens from its making until `stop`, which waits for the requests under way.

    The socket listens before the server runs: whoever connects early waits in the queue, so nobody has to poll.
    """

    def __init__(self, app: ASGIApp, server: "PromptServer | None" = None) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = server or PromptServer(app)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()

    def stop(self) -> None:
        self._server.told_to_end.set()
        self._thread.join()
        self._socket.close()


def client_of(url: str, **options: Any) -> httpx.Client:
    """A client of a server on this machine, which may be a busy one. No certificates are read for it: that takes longer
    than most requests."""
    return httpx.Client(base_url=url, verify=False, **{"timeout": PATIENCE, **options})


class PromptServer(uvicorn.Server):
    """Ends when it is told to: uvicorn itself would look ten times a second, and then wait as long once more."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none"))
        self.told_to_end = threading.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await asyncio.to_thread(self.told_to_end.wait)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(0.001)
