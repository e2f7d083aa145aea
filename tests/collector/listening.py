"""The collector alone behind real servers, HTTP and gRPC, in a thread of the test's process."""

import socket
import threading

from starlette.applications import Starlette

from collector.grpc.server import GrpcServer, Tls
from collector.http.app import Front
from collector.http.routes import handlers
from collector.intake.intake import Intake
from collector.reception import Admit, Reception, anybody
from store.clock import Clock
from store.settings import CollectorSettings
from tests.web_server import PromptServer, WebServer


class Listening(WebServer):
    """Listens from its making until `stop`, which waits for the requests under way."""

    def __init__(
        self,
        intake: Intake,
        limits: CollectorSettings,
        clock: Clock,
        admit: Admit = anybody,
        tls: Tls | None = None,
    ) -> None:
        reception = Reception(intake, limits, clock, admit)
        app = Front(handlers(reception), Starlette())
        self._both = _Server(app, GrpcServer(reception, app, "127.0.0.1", 0, tls))
        super().__init__(app, self._both)

    @property
    def grpc(self) -> str:
        """The address for calls over gRPC, once it is there."""
        assert self._both.started_grpc.wait(60)
        return f"127.0.0.1:{self._both.grpc_port}"


class _Server(PromptServer):
    def __init__(self, app: Front, grpc: GrpcServer) -> None:
        super().__init__(app)
        self.started_grpc = threading.Event()
        self.grpc_port = 0
        self._grpc = grpc

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.grpc_port = await self._grpc.start()
        self.started_grpc.set()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._grpc.stop()
        await super().shutdown(sockets)
