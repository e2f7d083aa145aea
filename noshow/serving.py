"""`noshow serve` runs everything in one process; the same parts run apart in production, wired here as well."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import click
import uvicorn
from starlette.types import ASGIApp

from api import metrics
from api.access.keeper import Keeper
from api.access.policy import Policy
from api.app import OURS, create_app
from collector.grpc.server import GrpcServer, PortTaken
from collector.http.app import Front
from collector.http.openapi import PATHS
from collector.http.routes import handlers
from collector.quarantine.again import Again
from collector.reception import Reception
from collector.recorder import Recorder
from noshow import linting, welcome
from noshow.collecting import collecting
from noshow.connection import Connection
from noshow.errors import NoshowError
from noshow.gauges import observe, observe_collecting
from noshow.judging import Judging, holder
from noshow.measures import Measures
from noshow.senders import admission
from noshow.settling import Settling
from noshow.stores import Stores, stores
from noshow.telemetry import Telemetry
from noshow.tls import Certificate
from reconcile.audit.drainer import Drainer as AuditDrainer
from reconcile.cases.desk import Desk
from reconcile.notify.discrepant import Discrepant
from reconcile.notify.dispatcher import Dispatcher
from reconcile.notify.due_soon import DueSoon
from reconcile.notify.sender import Sender
from reconcile.reconciler import Reconciler
from reconcile.rulebook import Rulebook
from reconcile.tidier import Tidier
from reconcile.truth.asker import source
from reconcile.truth.source import Source
from rules.live.follow import Follower
from rules.live.live import LiveRules
from store.clock import Clock, SystemClock
from store.settings import Settings

log = logging.getLogger(__name__)


class PortInUse(NoshowError):
    """Somebody else listens there."""


class Role(StrEnum):
    """The parts of Noshow, each of which can be a process of its own."""

    COLLECTOR = "collector"  # takes events in
    EVALUATOR = "evaluator"  # judges
    RECONCILER = "reconciler"  # makes cases, and tells their owners
    API = "api"  # REST and the dashboard


ALL = frozenset(Role)
COLLECTOR_ALONE = frozenset({Role.COLLECTOR})  # its spool stands in for ClickHouse
READ_RULES = frozenset({Role.RECONCILER, Role.API})


@dataclass(frozen=True, slots=True)
class Parts:
    """What a process is made of. Without a certificate it speaks plain HTTP."""

    stores: Stores
    settings: Settings
    rulebook: Rulebook
    keeper: Keeper
    roles: frozenset[Role]
    source: Source
    crew: "Crew"
    telemetry: Telemetry
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """Where requests are answered now, and the link that signs in whoever follows it first: '' where tokens exist."""

    url: str
    sign_in: str = ""


def serve(settings: Settings, roles: frozenset[Role] = ALL, on_ready: Callable[[Ready], None] | None = None) -> None:
    """Until SIGINT or SIGTERM. `on_ready` is told once requests are answered.

    Raises NoshowError or StoreError.
    """
    certificate = None if settings.tls is None else Certificate(settings.tls)
    telemetry = Telemetry.build(settings, os.environ)
    crew = Crew()
    clock = SystemClock(crew.stop)
    judges = Role.EVALUATOR in roles
    # Who only reads the rules does its other work also while there are none, or bad ones.
    rules = linting.live(settings.rules, clock.now()) if judges else LiveRules(settings.rules, clock.now())
    rulebook = Rulebook(lambda: rules.book.workflows)
    measures = Measures(telemetry.meter, telemetry.tracer, clock)
    with ExitStack() as stack:
        stack.callback(telemetry.close)
        opened = stack.enter_context(stores(settings, shared=roles != ALL, kept=roles == COLLECTOR_ALONE))
        opened.clickhouse.watch = measures.inserting
        observe(telemetry.meter, opened, clock)
        # One for all that asks: so that the limits are those of the process.
        sources = source(opened.clickhouse, rulebook, settings, os.environ)
        if judges:
            judging = Judging.build(opened, rules, settings)
            crew.add("keeper of the rules", lambda: judging.keeper.run(clock, crew.stop))
            crew.add("evaluator", lambda: judging.evaluator.run(clock, crew.stop, measures.ticking))
        elif roles & READ_RULES:
            crew.add("follower of the rules", lambda: Follower(rules).run(clock, crew.stop))
        if Role.RECONCILER in roles:
            reconciler = Reconciler.build(opened.clickhouse, opened.database, settings)
            due_soon = DueSoon(opened.clickhouse, opened.database, rulebook, settings.evaluator.overlap)
            discrepant = Discrepant(opened.database, rulebook)
            dispatcher = Dispatcher.build(opened.database, settings)
            sender = Sender.build(opened.database, settings, measures.delivering)
            tidier = Tidier(opened.database, settings.notify.keep)
            audit = AuditDrainer(opened.clickhouse, opened.database, holder(), settings.audit.keep)
            crew.add("reconciler", lambda: reconciler.run(clock, crew.stop))
            crew.add("early warning", lambda: due_soon.run(clock, crew.stop))
            crew.add("discrepancies", lambda: discrepant.run(clock, crew.stop))
            crew.add("dispatcher", lambda: dispatcher.run(clock, crew.stop))
            crew.add("sender", lambda: sender.run(clock, crew.stop))
            crew.add("tidier", lambda: tidier.run(clock, crew.stop))
            for name, run in Settling.build(opened, rulebook, settings, sources).loops:
                crew.add(name, partial(run, clock, crew.stop))
            crew.add("audit trail", lambda: audit.run(clock, crew.stop))
        keeper = Keeper(opened.database, Policy.of(settings))
        parts = Parts(opened, settings, rulebook, keeper, roles, sources, crew, telemetry, certificate)
        answering = application(parts, clock, stack)
        listener = stack.enter_context(_listening(settings.host, settings.port))
        if certificate is not None:
            crew.add("keeper of the certificate", partial(certificate.run, clock, crew.stop))
        server = Server(answering, lambda: _announce(parts, listener, clock.now(), on_ready))
        with crew.working(server):
            server.run(sockets=[listener])
    if crew.lost:
        raise NoshowError(f"the {crew.lost} stopped by itself; see the log above")


@dataclass(frozen=True, slots=True)
class Answering:
    """What answers over HTTP, at least the health of the process, and what does over gRPC."""

    app: ASGIApp
    grpc: GrpcServer | None = None
    certificate: Certificate | None = None


def application(parts: Parts, clock: Clock, stack: ExitStack) -> Answering:
    """Nothing listens yet."""
    opened, settings, telemetry = parts.stores, parts.settings, parts.telemetry
    collects = Role.COLLECTOR in parts.roles
    app = create_app(
        opened.clickhouse,
        opened.database,
        clock,
        rulebook=parts.rulebook,
        keeper=parts.keeper,
        desk=Desk.on(opened.clickhouse, opened.database, settings.reconcile.references),
        source=parts.source,
        again=Again(settings.collector),
        routers=(metrics.create_router(telemetry.exposition), *(OURS if Role.API in parts.roles else ())),
        others=PATHS if collects else {},
        needs_clickhouse=parts.roles != COLLECTOR_ALONE,
    )
    if not collects:
        return Answering(telemetry.traced(app), certificate=parts.certificate)
    recorder = Recorder(telemetry.meter, telemetry.tracer)
    taken = stack.enter_context(collecting(opened, settings, clock, recorder))
    for name, run in taken.loops:
        parts.crew.add(name, partial(run, clock, parts.crew.stop))
    observe_collecting(telemetry.meter, taken, clock)
    reception = Reception(taken.intake, settings.collector, clock, admission(settings), recorder)
    port, secured = settings.collector.grpc_port, None if parts.certificate is None else parts.certificate.grpc()
    grpc = None if port is None else GrpcServer(reception, app, settings.host, port, secured)
    front = Front(handlers(reception), app, recorder)
    return Answering(telemetry.traced(front), grpc, parts.certificate)


class Server(uvicorn.Server):
    """Says so once it answers, and leaves the process to us when it is asked to end."""

    def __init__(self, answering: Answering, on_ready: Callable[[], None]) -> None:
        super().__init__(_config(answering))
        self._grpc = answering.grpc
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self._grpc is not None:
            await _listen(self._grpc)
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
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


class Crew:
    """The loops beside the server. If one of them ends by itself, everything ends: half a Noshow is none."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.lost = ""
        self._threads: list[threading.Thread] = []
        self._server: uvicorn.Server | None = None

    def add(self, name: str, loop: Callable[[], None]) -> None:
        self._threads.append(threading.Thread(target=self._guard, args=(name, loop), name=name, daemon=True))

    @contextmanager
    def working(self, server: uvicorn.Server) -> Iterator[None]:
        self._server = server
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for thread in self._threads:
                thread.join()

    def _guard(self, name: str, loop: Callable[[], None]) -> None:
        try:
            loop()
        except Exception:
            log.exception("%s: a fault that cannot be mended", name)
        if not self.stop.is_set():
            self.lost = self.lost or name
            if self._server is not None:
                self._server.should_exit = True


async def _listen(grpc: GrpcServer) -> None:
    try:
        port = await grpc.start()
    except PortTaken as error:
        raise PortInUse(f"{error} Set collector.grpc_port to another one, or to off.") from error
    click.echo(f"Noshow takes OTLP over gRPC on port {port}", err=True)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(1024)
        except OSError as error:
            raise PortInUse(f"cannot listen on {host} port {port}: {error.strerror}") from error
        yield listener


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """`wanted` if nobody listens there, else one that is free at this moment."""
    for port in (wanted, 0):
        with suppress(PortInUse), _listening(host, port) as listener:
            return int(listener.getsockname()[1])
    raise PortInUse(f"no port is free on {host}")


def _announce(parts: Parts, listener: socket.socket, now: int, on_ready: Callable[[Ready], None] | None) -> None:
    opened, settings = parts.stores, parts.settings
    port = listener.getsockname()[1]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"{'http' if settings.tls is None else 'https'}://{host}:{port}"
    if opened.tenancy is not None:
        opened.tenancy.announce(url, now)
    click.echo(f"Noshow is listening on {url}", err=True)
    token = welcome.first_token(opened, settings, now) if Role.API in parts.roles else ""
    link = welcome.tell(token, url, parts.keeper, now) if token else ""
    if on_ready is not None:
        on_ready(Ready(url, link))


def _nothing(_number: int, _frame: object) -> None:
    """The server has ended; the rest is wound up by the blocks around it."""
