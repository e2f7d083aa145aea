"""The collector alone behind a real HTTP server, in a thread of the test's process."""

import socket
import threading

import uvicorn
from starlette.applications import Starlette

from collector.http.app import Front
from collector.http.routes import handlers
from collector.intake.intake import Intake
from collector.reception import Reception
from store.clock import Clock
from store.settings import CollectorSettings


class Listening:
    """Listens from its making until `stop`, which waits for the requests under way."""

    def __init__(self, intake: Intake, limits: CollectorSettings, clock: Clock) -> None:
        app = Front(handlers(Reception(intake, limits, clock)), Starlette())
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none"))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()  # the socket listens already: who connects before the server runs is served by and by

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
