"""What answers on the ports of a process: HTTP by uvicorn, OTLP over gRPC beside it on the same event loop."""

import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import click
import uvicorn
from starlette.types import ASGIApp

from collector.grpc.server import GrpcServer, PortTaken
from noshow.connection import MOST_CONNECTIONS, Connection
from noshow.errors import NoshowError
from noshow.tls import Certificate

FILES = MOST_CONNECTIONS + 1_000
"""That a server may have open: connections, and what it works with."""


class PortInUse(NoshowError):
    """Somebody else listens there."""


def _nothing_to_end() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Answering:
    """What answers over HTTP, at least the health of the process, and what does over gRPC: `if_free` only where
    nobody else has its port. `ending`: lets go whoever listens without end."""

    app: ASGIApp
    grpc: GrpcServer | None = None
    if_free: bool = False
    certificate: Certificate | None = None
    ending: Callable[[], None] = _nothing_to_end


class Server(uvicorn.Server):
    """Says so once it answers, and leaves the process to us when it is asked to end."""

    def __init__(self, answering: Answering, on_ready: Callable[[], None]) -> None:
        super().__init__(_config(answering))
        self._grpc = answering.grpc
        self._if_free = answering.if_free
        self._on_ready = on_ready
        self._ending = answering.ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self._grpc is not None and not await _listens(self._grpc, self._if_free):
            self._grpc = None
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        if self._grpc is not None:
            await self._grpc.stop()
        await super().shutdown(sockets)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn raises the signal that ended it once more, so that whoever was there before can act on it.
        before = {number: signal.signal(number, _nothing) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            super().run(sockets)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _config(answering: Answering) -> uvicorn.Config:
    certificate = answering.certificate
    return uvicorn.Config(
        answering.app,
        http=Connection,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ssl_context_factory=None if certificate is None else lambda _config, _default: certificate.context,
    )


async def _listens(grpc: GrpcServer, if_free: bool) -> bool:
    """Nobody's server should fail to start for a port that they never asked for: often another collector has it."""
    try:
        port = await grpc.start()
    except PortTaken as error:
        advice = "Set collector.grpc_port to another one, or to off."
        if not if_free:
            raise PortInUse(f"{error} {advice}") from error
        click.echo(f"OTLP over gRPC is not taken: {error} {advice}", err=True)
        return False
    click.echo(f"Noshow takes OTLP over gRPC on port {port}", err=True)
    return True


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(1024)
        except OSError as error:
            raise PortInUse(f"cannot listen on {host} port {port}: {error.strerror}") from error
        yield listener


def allow_connections() -> None:
    """Each is a file to the system, which often allows a thousand unless it is asked for more."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """`wanted` if nobody listens there, else one that is free at this moment."""
    for port in (wanted, 0):
        with suppress(PortInUse), listening(host, port) as listener:
            return int(listener.getsockname()[1])
    raise PortInUse(f"no port is free on {host}")


def _nothing(_number: int, _frame: object) -> None:
    """The server has ended; the rest is wound up by the blocks around it."""
