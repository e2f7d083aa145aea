"""The whole of `noshow serve` as it answers, on a real socket in a thread of the test's process; without its loops."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from api.access.keeper import Keeper
from api.access.oidc.provider import Provider
from api.access.policy import Policy
from collector.grpc.server import GrpcServer
from collector.http.app import Front
from noshow.crew import Crew
from noshow.gauges import observe
from noshow.serving import ALL, Parts, application
from noshow.stores import Stores
from noshow.telemetry import Telemetry
from noshow.tls import Certificate
from noshow.tracing import Traced
from reconcile.rulebook import Rulebook
from reconcile.truth.asker import source
from store.clock import Clock
from store.settings import Settings
from tests.noshow.listening import listening


@dataclass(frozen=True)
class Whole:
    front: Front
    rest: FastAPI
    keeper: Keeper
    url: str
    grpc: GrpcServer | None


@contextmanager
def whole(stores: Stores, settings: Settings, clock: Clock) -> Iterator[Whole]:
    """As the settings say, for the length of the block. What answers over gRPC is there, and does not listen yet."""
    rulebook = Rulebook(lambda: ())
    keeper = Keeper(stores.database, Policy.of(settings), Provider.of(settings))
    asked = source(stores.clickhouse, rulebook, settings, {})
    with ExitStack() as stack:
        certificate = None if settings.tls is None else Certificate(settings.tls)
        telemetry = Telemetry.build(settings, {})
        stack.callback(telemetry.close)
        observe(telemetry.meter, stores, clock)
        parts = Parts(stores, settings, rulebook, keeper, ALL, asked, Crew(), telemetry, certificate)
        answering = application(parts, clock, stack)
        front = answering.app.behind if isinstance(answering.app, Traced) else answering.app
        assert isinstance(front, Front)
        assert isinstance(front.behind, FastAPI)
        url = stack.enter_context(listening(answering.app, certificate))
        yield Whole(front, front.behind, keeper, url, answering.grpc)
