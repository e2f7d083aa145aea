"""Who may use which route: a row for each. To add a route is to add its row here; without one a test fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.access.identity import Scope

READ, OPERATE, ADMINISTER, INGEST = Scope.READ, Scope.OPERATE, Scope.ADMINISTER, Scope.INGEST
EVENT = {"correlation_id": "A", "name": "OrderPlaced", "time": "2025-11-20T12:00:00Z", "id": "e-1"}
REASON = {"reason": "seen"}
TESTIMONY = {"step": "PaymentReceived", "word": "absent", "reason": "seen"}


@dataclass(frozen=True)
class Row:
    """`scope` `None`: open to everybody. `team`: it changes the case `{id}`, which a token of another team may not.

    `body` is sent as JSON, `form` as our pages' forms are; it need not be right, but where `team` is checked behind it,
    it must be. `path` fills in what `PLACES` does not, or not well.
    """

    method: str
    route: str
    scope: Scope | None
    team: bool = False
    body: object = None
    form: Mapping[str, str] | None = None
    path: Mapping[str, str] = field(default_factory=dict)

    def address(self, case: str) -> str:
        places = {"workflow": "order-fulfilment", "correlation_id": "A", "step": "PaymentReceived", "id": case}
        return self.route.replace(":anything", "").format(**{**places, **self.path})


TABLE = (
    Row("GET", "/healthz", None),
    Row("GET", "/readyz", None),
    Row("GET", "/metrics", READ),
    Row("GET", "/static/{digest}/{name}", None, path={"digest": "0", "name": "noshow.css"}),
    Row("GET", "/favicon.ico", None),
    Row("GET", "/sign-in", None),
    Row("POST", "/sign-in", None),
    Row("GET", "/sign-in/begin", None),
    Row("GET", "/sign-in/callback", None),
    Row("POST", "/sign-out", None),
    Row("GET", "/", READ),
    Row("GET", "/orders", READ),
    Row("GET", "/orders/{workflow}/{correlation_id}", READ),
    Row("GET", "/search", READ),
    Row("GET", "/rules", READ),
    Row("GET", "/health", READ),
    Row("GET", "/workflows", READ),
    Row("GET", "/live", READ),
    Row("GET", "/workflows/{workflow}", READ),
    Row("GET", "/v1/health", READ),
    Row("GET", "/cases/{id}", READ),
    Row("POST", "/cases/{id}/comment", OPERATE, team=True, form={"text": "hm"}),
    Row("POST", "/cases/{id}/{move}", OPERATE, team=True, path={"move": "acknowledge"}),
    Row("POST", "/cases/{id}/ask", OPERATE, team=True, form={"step": "PaymentReceived"}),
    Row("POST", "/cases/{id}/testify", OPERATE, team=True, form=TESTIMONY),
    Row("GET", "/cases/{id}/action", OPERATE),
    Row("POST", "/cases/{id}/action", OPERATE),
    Row("GET", "/actions/{id}", READ),
    Row("POST", "/actions/{id}/{decision}", OPERATE, path={"decision": "approve"}),
    Row("GET", "/truth/file", OPERATE),
    Row("POST", "/truth/file/preview", OPERATE),
    Row("POST", "/truth/file", OPERATE),
    Row("GET", "/discrepancies", READ),
    Row("GET", "/sources", READ),
    Row("GET", "/incidents", READ),
    Row("POST", "/incidents/{id}/end", OPERATE, form={"reason": "known"}),
    Row("GET", "/silences", READ),
    Row("POST", "/silences", ADMINISTER),
    Row("POST", "/silences/preview", ADMINISTER),
    Row("POST", "/silences/{id}/end", ADMINISTER),
    Row("GET", "/notifications", READ),
    Row("GET", "/notifications/{id}", READ),
    Row("POST", "/notifications/redeliver", ADMINISTER),
    Row("POST", "/notifications/{id}/redeliver", ADMINISTER),
    Row("POST", "/notifications/endpoints/{name}/enable", ADMINISTER, path={"name": "payments"}),
    Row("GET", "/quarantine", READ),
    Row("GET", "/quarantine/{id}", OPERATE),
    Row("POST", "/quarantine/preview", OPERATE),
    Row("POST", "/quarantine/replay", OPERATE),
    Row("POST", "/quarantine/discard", OPERATE),
    Row("GET", "/audit", READ),
    Row("GET", "/rules/{workflow}", READ),
    Row("POST", "/rules/{switched}", ADMINISTER, path={"switched": "stop"}),
    Row("GET", "/bulk", OPERATE),
    Row("POST", "/bulk/{move}", OPERATE, path={"move": "acknowledge"}),
    Row("GET", "/v1/openapi.json", READ),
    Row("GET", "/v1/instances", READ),
    Row("GET", "/v1/instances/export", READ),
    Row("GET", "/v1/search", READ),
    Row("GET", "/v1/instances/{workflow}/{correlation_id}", READ),
    Row("GET", "/v1/workflows", READ),
    Row("GET", "/v1/workflows/{workflow}", READ),
    Row("GET", "/v1/cases", READ),
    Row("GET", "/v1/cases/ageing", READ),
    Row("GET", "/v1/cases/{id}", READ),
    Row("POST", "/v1/cases/{id}/acknowledge", OPERATE, team=True, body={}),
    Row("POST", "/v1/cases/{id}/snooze", OPERATE, team=True, body={"until": "4h"}),
    Row("POST", "/v1/cases/{id}/resolve", OPERATE, team=True, body={"reason": "fixed", "note": "by hand"}),
    Row("POST", "/v1/cases/{id}/reopen", OPERATE, team=True, body={}),
    Row("POST", "/v1/cases/{id}/assign", OPERATE, team=True, body={"assignee": "me"}),
    Row("POST", "/v1/cases/{id}/comments", OPERATE, team=True, body={"text": "hello"}),
    Row("POST", "/v1/cases/bulk/preview", OPERATE, body={"filter": {}}),
    Row("POST", "/v1/cases/bulk", OPERATE),
    Row("GET", "/v1/rules", READ),
    Row("GET", "/v1/rules/{workflow}/versions", READ),
    Row("GET", "/v1/rules/stories", READ),
    Row("GET", "/v1/collectors", READ),
    Row("GET", "/v1/sources", READ),
    Row("GET", "/v1/incidents", READ),
    Row("POST", "/v1/incidents/{id}/end", OPERATE, body={"reason": "known"}),
    Row("GET", "/v1/audit", READ),
    Row("GET", "/v1/audit/head", READ),
    Row("GET", "/v1/audit/export", READ),
    Row("POST", "/v1/audit/redact", ADMINISTER),
    Row("POST", "/v1/events/redact", ADMINISTER),
    Row("GET", "/v1/cases/{id}/lookups", READ),
    Row("POST", "/v1/cases/{id}/steps/{step}/ask", OPERATE, team=True),
    Row("POST", "/v1/cases/{id}/steps/{step}/testify", OPERATE, team=True, body={"word": "absent", "reason": "seen"}),
    Row("POST", "/v1/cases/recheck", OPERATE, body={}),
    Row("POST", "/v1/truth/file/preview", OPERATE),
    Row("POST", "/v1/truth/file", OPERATE),
    Row("GET", "/v1/truth/{workflow}/{correlation_id}/{step}", READ),
    Row("GET", "/v1/discrepancies", READ),
    Row("GET", "/v1/actions", READ),
    Row("GET", "/v1/cases/{id}/actions", READ),
    Row("POST", "/v1/cases/{id}/actions/{step}/{name}", OPERATE, body=REASON, path={"name": "refund"}),
    Row("POST", "/v1/actions/{id}/approve", OPERATE),
    Row("POST", "/v1/actions/{id}/withdraw", OPERATE, body=REASON),
    Row("POST", "/v1/actions/{id}/settle", OPERATE, body={**REASON, "happened": True}),
    Row("POST", "/v1/actions/{id}/repeat", OPERATE, body=REASON),
    Row("POST", "/v1/actions/stop", ADMINISTER, body=REASON),
    Row("POST", "/v1/actions/start", ADMINISTER, body=REASON),
    Row("GET", "/v1/silences", READ),
    Row("POST", "/v1/silences", ADMINISTER),
    Row("POST", "/v1/silences/preview", READ, body={"matchers": ["owner=payments"]}),
    Row("POST", "/v1/silences/{id}/end", ADMINISTER),
    Row("GET", "/v1/notifications", READ),
    Row("GET", "/v1/notifications/endpoints", READ),
    Row("GET", "/v1/notifications/{id}", READ),
    Row("POST", "/v1/notifications/redeliver", ADMINISTER),
    Row("POST", "/v1/notifications/{id}/redeliver", ADMINISTER),
    Row("POST", "/v1/notifications/endpoints/{name}/enable", ADMINISTER, path={"name": "payments"}),
    Row("GET", "/v1/quarantine", READ),
    Row("GET", "/v1/quarantine/groups", READ),
    Row("GET", "/v1/quarantine/{id}", OPERATE),
    Row("POST", "/v1/quarantine/replay/preview", OPERATE, body={"source": "shop"}),
    Row("POST", "/v1/quarantine/replay", OPERATE, body={"source": "shop"}),
    Row("POST", "/v1/quarantine/discard", OPERATE, body={"source": "shop", **REASON}),
    Row("POST", "/v1/events", INGEST, body=EVENT),
    Row("POST", "/v1/cloudevents", INGEST),
    Row("OPTIONS", "/v1/cloudevents", None),
    Row("POST", "/v1/logs", INGEST),
    Row("POST", "/v1/traces", INGEST),
)
