"""`noshow serve` runs everything in one process; the same parts run apart in production, wired here as well."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import click

from api import metrics
from api.access.keeper import Keeper
from api.access.oidc.provider import Provider
from api.access.policy import Policy
from api.app import OURS, create_app
from collector.grpc.server import GrpcServer
from collector.http.app import Front
from collector.http.openapi import PATHS
from collector.http.routes import handlers
from collector.quarantine.again import Again
from collector.reception import Reception
from collector.recorder import Recorder
from noshow import linting, welcome
from noshow.collecting import collecting
from noshow.crew import Crew
from noshow.errors import NoshowError, WrongUsage
from noshow.gauges import observe, observe_collecting, observe_latency
from noshow.judging import Judging
from noshow.listening import Answering, Server, allow_connections, listening
from noshow.measures import Measures
from noshow.relay import DISPATCHER, EVALUATOR, RECONCILER, SENDER, Relay
from noshow.senders import admission
from noshow.settling import Loop, Settling
from noshow.stores import Stores, Use, stores
from noshow.telemetry import Telemetry
from noshow.tls import Certificate
from reconcile.audit.drainer import Drainer as AuditDrainer
from reconcile.cases.desk import Desk
from reconcile.notify.discrepant import Discrepant
from reconcile.notify.dispatcher import Dispatcher
from reconcile.notify.due_soon import DueSoon
from reconcile.notify.sender import Sender
from reconcile.notify.unheard import Unheard
from reconcile.reconciler import Reconciler
from reconcile.rulebook import Rulebook
from reconcile.tidier import Tidier
from reconcile.truth.asker import source
from reconcile.truth.source import Source
from rules.live.follow import Follower
from rules.live.live import LiveRules
from store.believed_clock import BelievedClock
from store.clock import Clock, SystemClock
from store.settings import Settings


class Role(StrEnum):
    """The parts of Noshow, each of which can be a process of its own."""

    COLLECTOR = "collector"  # takes events in
    EVALUATOR = "evaluator"  # judges
    RECONCILER = "reconciler"  # makes cases, and tells their owners
    API = "api"  # REST and the dashboard


ALL = frozenset(Role)
COLLECTOR_ALONE = frozenset({Role.COLLECTOR})  # its spool stands in for ClickHouse
TURN = 0.001  # seconds; Python's own 5 ms are long for an insert that comes back from the engine a dozen times
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
    crew: Crew
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
    if settings.cluster is not None and Role.EVALUATOR in roles and len(roles) > 1:
        raise WrongUsage("on a cluster evaluators are processes of their own, which ask one shard: `noshow evaluator`")
    sys.setswitchinterval(TURN)
    certificate = None if settings.tls is None else Certificate(settings.tls)
    telemetry = Telemetry.build(settings, os.environ)
    crew = Crew()
    own_clock = SystemClock(crew.stop)
    judges = Role.EVALUATOR in roles
    # Who only reads the rules does its other work also while there are none, or bad ones.
    rules = linting.live(settings.rules, own_clock.now()) if judges else LiveRules(settings.rules, own_clock.now())
    rulebook = Rulebook(lambda: rules.book.workflows)
    with ExitStack() as stack:
        stack.callback(telemetry.close)
        use = Use(shared=roles != ALL, kept=roles == COLLECTOR_ALONE, judging=judges)
        opened = stack.enter_context(stores(settings, use))
        clock = BelievedClock(own_clock, opened.clocks, settings.evaluator.hold_at_most)
        crew.add("clocks", partial(clock.run, own_clock, crew.stop))
        measures = Measures(telemetry.meter, telemetry.tracer, clock)
        opened.clickhouse.watch = measures.inserting
        observe(telemetry.meter, opened, clock)
        if Role.API in roles:
            observe_latency(telemetry.meter, opened.database, clock)
        # One for all that asks: so that the limits are those of the process.
        sources = source(opened.clickhouse, rulebook, settings, os.environ)
        keeper = Keeper(opened.database, Policy.of(settings), Provider.of(settings))
        parts = Parts(opened, settings, rulebook, keeper, roles, sources, crew, telemetry, certificate)
        relay = Relay(clock, crew.stop)
        for name, run in _loops(parts, rules, measures):
            crew.add(name, partial(run, relay.clock_of(name), crew.stop))
        answering = application(parts, clock, stack)
        listener = stack.enter_context(listening(settings.host, settings.port))
        allow_connections()
        server = Server(answering, lambda: _announce(parts, listener, clock.now(), on_ready))
        with crew.working(server):
            server.run(sockets=[listener])
    if crew.lost:
        raise NoshowError(f"the {crew.lost} stopped by itself; see the log above")


def _loops(parts: Parts, rules: LiveRules, measures: Measures) -> Iterator[tuple[str, Loop]]:
    """What runs beside the server, each under its name."""
    if Role.EVALUATOR in parts.roles:
        judging = Judging.build(parts.stores, rules, parts.settings)
        yield "keeper of the rules", judging.keeper.run
        if judging.player is not None:
            yield "player of the stories", judging.player.run
        around = measures.ticking(parts.settings.evaluator.lag_at_most)
        yield EVALUATOR, partial(judging.evaluators.run, around=lambda tick: judging.reporter.ticking(around(tick)))
    elif parts.roles & READ_RULES:
        yield "follower of the rules", Follower(rules).run
    if Role.RECONCILER in parts.roles:
        yield from _reconciling(parts, measures)
    if parts.certificate is not None:
        yield "keeper of the certificate", parts.certificate.run


def _reconciling(parts: Parts, measures: Measures) -> Iterator[tuple[str, Loop]]:
    clickhouse, database, settings = parts.stores.clickhouse, parts.stores.database, parts.settings
    yield RECONCILER, Reconciler.build(clickhouse, database, settings).run
    yield "early warning", DueSoon(clickhouse, database, parts.rulebook, settings.evaluator.overlap).run
    yield "discrepancies", Discrepant(database, parts.rulebook).run
    yield "news of incidents", Unheard(database, parts.rulebook).run
    yield DISPATCHER, Dispatcher.build(database, settings).run
    yield SENDER, Sender.build(database, settings, measures.delivering).run
    yield "tidier", Tidier(database, settings.notify.keep).run
    yield from Settling.build(parts.stores, parts.rulebook, settings, parts.source).loops
    yield "audit trail", AuditDrainer(clickhouse, database, parts.stores.holder, settings.audit.keep).run


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
        trace_url=settings.telemetry.trace_url,
    )
    ending = app.state.context.changes.end
    if not collects:
        return Answering(telemetry.traced(app), certificate=parts.certificate, ending=ending)
    recorder = Recorder(telemetry.meter, telemetry.tracer)
    taken = stack.enter_context(collecting(opened, settings, clock, recorder))
    for name, run in taken.loops:
        parts.crew.add(name, partial(run, clock, parts.crew.stop))
    observe_collecting(telemetry.meter, taken, clock)
    reception = Reception(taken.intake, settings.collector, clock, admission(settings), recorder)
    port, if_free = settings.collector.grpc_port
    secured = None if parts.certificate is None else parts.certificate.grpc()
    grpc = None if port is None else GrpcServer(reception, app, settings.host, port, secured)
    front = Front(handlers(reception), app, recorder)
    return Answering(telemetry.traced(front), grpc, if_free, parts.certificate, ending)


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
