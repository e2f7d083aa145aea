"""The collector alone behind real servers, HTTP and gRPC, in a thread of the test's process."""

import socket
import threading

import uvicorn
from starlette.applications import Starlette

from collector.grpc.server import GrpcServer, Tls
from collector.http.app import Front
from collector.http.routes import handlers
from collector.intake.intake import Intake
from collector.reception import Admit, Reception, anybody
from store.clock import Clock
from store.settings import CollectorSettings


class Listening:
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
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = _Server(app, GrpcServer(reception, app, "127.0.0.1", 0, tls))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()  # the socket listens already: who connects before the server runs is served by and by

    @property
    def grpc(self) -> str:
        """The address for calls over gRPC, once it is there."""
        assert self._server.started_grpc.wait(60)
        return f"127.0.0.1:{self._server.grpc_port}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


class _Server(uvicorn.Server):
    def __init__(self, app: Front, grpc: GrpcServer) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none"))
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
