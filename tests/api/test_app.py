"""The application as a whole: its description, its headers, its assets, and who else may share the port."""

import re

import httpx
from fastapi import APIRouter

from api import models
from api.app import create_app
from api.assets import address, assets
from store.errors import StoreUnavailable
from tests.api.server import serving
from tests.api.shop import Shop, unpaid
from tests.store.clock import ManualClock
from tests.web_server import client_of


def test_the_description_is_complete(http: httpx.Client) -> None:
    described = http.get("/v1/openapi.json").json()
    assert set(described["paths"]) == {
        "/v1/instances",
        "/v1/instances/export",
        "/v1/search",
        "/v1/sources",
        "/v1/instances/{workflow}/{correlation_id}",
        "/v1/workflows",
        "/v1/workflows/{workflow}",
        "/v1/cases",
        "/v1/cases/{id}",
        "/v1/cases/{id}/actions",
        "/v1/cases/{id}/actions/{step}/{name}",
        "/v1/actions",
        "/v1/actions/stop",
        "/v1/actions/start",
        "/v1/actions/{id}/approve",
        "/v1/actions/{id}/withdraw",
        "/v1/actions/{id}/settle",
        "/v1/actions/{id}/repeat",
        "/v1/cases/ageing",
        "/v1/cases/bulk",
        "/v1/cases/bulk/preview",
        *(f"/v1/cases/{{id}}/{move}" for move in ("acknowledge", "snooze", "resolve", "reopen", "assign", "comments")),
        "/v1/rules",
        "/v1/rules/{workflow}/versions",
        "/v1/rules/stories",
        "/v1/health",
        "/v1/audit",
        "/v1/audit/head",
        "/v1/audit/export",
        "/v1/audit/redact",
        "/v1/notifications",
        "/v1/notifications/endpoints",
        "/v1/notifications/endpoints/{name}/enable",
        "/v1/notifications/redeliver",
        "/v1/notifications/{id}",
        "/v1/notifications/{id}/redeliver",
        *(f"/v1/quarantine{it}" for it in ("", "/groups", "/{id}", "/replay", "/replay/preview", "/discard")),
        "/v1/silences",
        "/v1/silences/preview",
        "/v1/silences/{id}/end",
        "/v1/events/redact",
        "/v1/cases/{id}/lookups",
        "/v1/cases/{id}/steps/{step}/ask",
        "/v1/cases/{id}/steps/{step}/testify",
        "/v1/cases/recheck",
        "/v1/truth/file/preview",
        "/v1/truth/file",
        "/v1/truth/{workflow}/{correlation_id}/{step}",
        "/v1/collectors",
        "/v1/incidents",
        "/v1/incidents/{id}/end",
        "/v1/discrepancies",
        "/healthz",
        "/readyz",
    }
    assert not [name for name in described["components"]["schemas"] if "__" in name], "give it a name in NAMES"
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        assert operation["tags"]
        assert set(operation["responses"]) - {"200", "201", "202", "204", "304"} == {"4XX", "5XX"}
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query":
                assert parameter["description"]


def test_every_reference_of_the_description_leads_somewhere(http: httpx.Client) -> None:
    answer = http.get("/v1/openapi.json")
    schemas = answer.json()["components"]["schemas"]
    references = set(re.findall(r"#/components/schemas/(\w+)", answer.text))
    assert references <= set(schemas)
    assert {"Problem", "Fault", "Case", "InstanceDetail"} <= references


def test_pages_allow_nothing_from_elsewhere_and_nothing_inline(http: httpx.Client, shop: Shop) -> None:
    shop.add(unpaid("A"))
    for path in ("/", "/rules", "/orders/order-fulfilment/A", "/nothing"):
        answer = http.get(path, headers={"Accept": "text/html"})
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(
            r"<script(?! src=)|<style|\sstyle=|\son\w+=|javascript:|=.https?:",
            answer.text.replace("http://www.w3.org/", ""),
        )


NAMES = {
    *("chart.js", "htmx.LICENSE.txt", "htmx.min.js", "icon.svg", "keys.js", "noshow.css", "noshow.js"),
    *("uplot.LICENSE.txt", "uplot.min.css", "uplot.min.js"),
}


def test_assets_are_kept_for_ever_under_their_hash(http: httpx.Client) -> None:
    assert set(assets()) == NAMES
    for name, asset in assets().items():
        answer = http.get(address(name))
        assert answer.content == asset.content
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    types = {name: http.get(address(name)).headers["content-type"].split(";")[0] for name in assets()}
    assert types["noshow.css"] == "text/css"
    assert types["noshow.js"] == "text/javascript"
    assert types["icon.svg"] == "image/svg+xml"


def test_an_asset_of_another_version_is_not_kept(http: httpx.Client) -> None:
    answer = http.get("/static/000000000000/noshow.css")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert http.get("/static/000000000000/../app.py").status_code == 404
    assert http.get("/favicon.ico").headers["content-type"] == "image/svg+xml"


def test_long_answers_are_packed(http: httpx.Client) -> None:
    answer = http.get(address("htmx.min.js"), headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


def test_what_a_route_leaves_unhandled_is_answered(shop: Shop, clock: ManualClock) -> None:
    router = APIRouter()

    @router.post("/v1/press")
    def take() -> dict[str, int]:
        return {"accepted": 1}

    @router.post("/v1/trouble")
    def trouble() -> None:
        raise StoreUnavailable("away")

    app = create_app(shop.clickhouse, shop.database, clock, routers=[router], others={"/v1/elsewhere": {}})
    with serving(app) as address, client_of(address) as http:
        taken = http.post("/v1/press")
        assert taken.json() == {"accepted": 1}
        assert taken.headers["x-content-type-options"] == "nosniff"
        assert http.get("/v1/press").json()["detail"] == "GET is not possible here; POST is."
        assert models.Problem.model_validate(http.post("/v1/trouble").json()).status == 503
        assert http.get("/healthz").status_code == 200
        assert "/v1/elsewhere" in app.openapi()["paths"]
