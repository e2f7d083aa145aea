"""The web application: REST under `/v1`, pages for people, health."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from api import (
    actions,
    assets,
    audit,
    case_moves,
    case_truth,
    cases,
    collectors,
    description,
    discrepancies,
    health,
    incidents,
    instances,
    models,
    notifications,
    quarantine,
    redactions,
    rules,
    searching,
    senders,
    sign_in,
    sign_in_oidc,
    silences,
    truth,
    vitals,
    workflows,
)
from api.access.keeper import Keeper
from api.access.policy import Policy
from api.context import Context, Services
from api.errors import Errors
from api.headers import CommonHeaders
from api.once import Once
from api.pace import Pace
from api.pages import pages
from api.tagged import Tagged
from api.veiled import Veiled
from reconcile.cases.desk import Desk
from reconcile.outgoing.call import Caller
from reconcile.quarantine.bench import Again, Bench
from reconcile.rulebook import Rulebook
from reconcile.truth.limits import Limits
from reconcile.truth.live import LiveTruth
from reconcile.truth.source import Source
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.database import Database
from store.event import Event
from store.quarantine import Content, Why

DESCRIPTION = """
What Noshow knows of every business process it watches: which steps happened, which are late, which never showed up.

Every request shows a token (`Authorization: Bearer …`); from the machine itself, reading and sending events needs none.
Times are RFC 3339 in UTC. Lists come in pages: give `next` of one page as `after` to get the next.
Errors are problem details (RFC 9457).
"""
TAGS = [
    {"name": "instances", "description": "Verdicts on single runs of a workflow (an order, a claim), from its events."},
    {"name": "workflows", "description": "How all instances of a workflow stand, and go from step to step."},
    {"name": "cases", "description": "What needs somebody: one case for each instance that is or was flagged."},
    {"name": "actions", "description": "What is safe to do about a case, done once, and what became of it."},
    {"name": "truth", "description": "What the sources of truth say: asked, written down by people, and compared."},
    {"name": "sources", "description": "Who sends what: how much, how late, and whether it has fallen silent."},
    {"name": "rules", "description": "What instances are judged by, and what is wrong with a rule that was refused."},
    {"name": "audit", "description": "Who did what, when and why, in a chain of hashes that shows what is missing."},
    {"name": "notifications", "description": "What was sent to whom, and of what nothing is told for a while."},
    {"name": "quarantine", "description": "What was refused: looked at, taken after all, or put aside."},
    {"name": "health", "description": "For load balancers, and for whoever wants to know whether judging keeps up."},
]
COMPONENTS = "#/components/schemas/{model}"
PROBLEM = {"application/problem+json": {"schema": {"$ref": COMPONENTS.format(model="Problem")}}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "The request is wrong.", "content": PROBLEM},
    "5XX": {"description": "Noshow or one of its stores has trouble.", "content": PROBLEM},
}


class Application(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """With the shape of errors, which FastAPI would only describe as plain JSON."""
        if self.openapi_schema is not None:
            return self.openapi_schema
        described = super().openapi()
        description.completed(described["paths"])
        problem = models.Problem.model_json_schema(ref_template=COMPONENTS)
        described["components"]["schemas"].update(problem.pop("$defs"), Problem=problem)
        described["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        described["security"] = [{"token": []}]
        described["paths"].update(self.state.others)
        self.openapi_schema = description.named(described)
        return self.openapi_schema


MOST_BODY = 1 << 20  # bytes; read before anybody knows who sends them. A route that takes more says so itself
NOTHING: Mapping[str, Any] = {}
NO_RULES = Rulebook(lambda: ())
OURS = (
    instances.router,
    workflows.router,
    searching.router,
    cases.router,
    case_moves.router,
    actions.router,
    case_truth.router,
    truth.router,
    discrepancies.router,
    collectors.router,
    incidents.router,
    senders.router,
    vitals.router,
    rules.router,
    audit.router,
    redactions.router,
    notifications.router,
    quarantine.router,
    silences.router,
    description.router,
    pages.router,
    sign_in.router,
    sign_in_oidc.router,
    assets.router,
)


def unread(_content: Content, _now: int) -> Sequence[Event] | Why:
    """Where nobody says how what was refused is read again."""
    return Why("", "it can't be read here", "it can't be read here")


def create_app(
    clickhouse: ClickHouse,
    database: Database,
    clock: Clock,
    *,
    rulebook: Rulebook = NO_RULES,
    keeper: Keeper | None = None,
    source: Source | None = None,
    desk: Desk | None = None,
    again: Again = unread,
    routers: Sequence[APIRouter] = OURS,
    others: Mapping[str, Any] = NOTHING,
    needs_clickhouse: bool = True,
    trace_url: str = "",
) -> FastAPI:
    """The whole application on these stores, which stay the caller's to close, and with the rules in force.

    Without `routers` only health is left of what is here. `others` are paths that somebody else answers on the same
    port, as OpenAPI describes them (who may use them: `guard.identified`). `keeper` knows whom to let in: else those
    with a token, and this machine. `source` asks the sources of truth: else public ones are asked, without anything of
    the environment. `desk` is where cases are moved. `again` reads what was refused once more.
    `needs_clickhouse`: while that is away, it is not ready. `trace_url`: as `Services` has it.
    """
    app = Application(
        title="Noshow",
        version="1",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        openapi_url=None,  # ours is guarded
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        # It would use the process's own providers, which may send to this very server.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
        responses=PROBLEMS,
    )
    services = Services(
        rulebook,
        keeper or Keeper(database, Policy()),
        desk or Desk.on(clickhouse, database),
        LiveTruth(database, source or Source(clickhouse, rulebook, Caller(allow_private=False), {}, Limits(1, 1))),
        Bench(clickhouse, database, again),
        needs_clickhouse,
        trace_url,
    )
    app.state.context = context = Context.of(clickhouse, database, clock, services)
    Errors(context.templates).install(app)
    app.add_middleware(Veiled)
    app.add_middleware(Once, most_body=MOST_BODY)
    app.add_middleware(Tagged)
    app.add_middleware(Pace)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(CommonHeaders)
    for router in (health.router, *routers):
        app.include_router(router, max_body_size=MOST_BODY)
    app.state.others = others
    return app
