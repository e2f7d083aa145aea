"""Personal data: hidden from whoever lacks the scope, on pages, in JSON and in CSV, and nowhere else."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from fastapi import APIRouter
from starlette.responses import StreamingResponse

from api.access.guard import READS
from api.access.identity import Scope
from api.access.keeper import Keeper
from api.access.personal import Veil
from api.access.policy import Policy
from api.app import OURS, create_app
from store import quarantine
from store.clickhouse import ClickHouse
from store.database import Database
from tests.api.access.bearer import bearer
from tests.api.person import PAGE, signed_in
from tests.api.server import serving
from tests.api.shop import Shop, case_id, event, unpaid
from tests.conftest import NOON
from tests.store.clock import ManualClock
from tests.store.refused import row
from tests.web_server import client_of

ORDER = "/v1/instances/order-fulfilment/A"
CASE = f"/v1/cases/{case_id(unpaid('A'))}"
NAMED = '{"customer_email": "anna@example.org", "customer": "C-77", "charge_id": "ch_1", "amount": 1.50}'

router = APIRouter()


@router.get("/table", dependencies=[READS])
async def table() -> StreamingResponse:
    """CSV in pieces that end anywhere, with a line break within a field."""
    text = 'id,customer,note\r\n1,C-77,"two\r\nlines, ""quoted"""\r\n2,,x\r\n3,"C-78, the other",y\r\n'

    pieces = (text[start : start + 7].encode() for start in range(0, len(text), 7))
    return StreamingResponse(pieces, media_type="text/csv")


@pytest.fixture
def address(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> Iterator[str]:
    order = unpaid("A")
    Shop(clickhouse, database).add(replace(order, history=[*order.history, event("A", "Asked", NOON, NAMED)]))
    quarantine.write(clickhouse, [row("a", NOON, data=b'{"customer": "C-77"}')])
    keeper = Keeper(database, Policy(veil=Veil(("customer", "customer_id", "*_email"))))
    app = create_app(clickhouse, database, clock, keeper=keeper, routers=[*OURS, router])
    with serving(app) as address:
        yield address


@pytest.fixture
def without(address: str, database: Database) -> Iterator[httpx.Client]:
    with client_of(address, headers=bearer(database, Scope.READ, Scope.OPERATE, Scope.ADMINISTER)) as http:
        yield http


@pytest.fixture
def with_it(address: str, database: Database) -> Iterator[httpx.Client]:
    with client_of(address, headers=bearer(database, Scope.READ, Scope.OPERATE, Scope.PERSONAL)) as http:
        yield http


PERSONAL = ("anna@example.org", "C-77")


@pytest.mark.parametrize("path", [ORDER, CASE, "/v1/quarantine/a", "/table"])
def test_who_lacks_the_scope_does_not_see_it(without: httpx.Client, with_it: httpx.Client, path: str) -> None:
    veiled, whole = without.get(path), with_it.get(path)
    assert (veiled.status_code, whole.status_code) == (200, 200)
    assert any(text in whole.text for text in PERSONAL)
    assert not any(text in veiled.text for text in PERSONAL)
    assert "hidden" in veiled.text


def test_the_rest_is_as_it_was(without: httpx.Client, with_it: httpx.Client) -> None:
    veiled, whole = (http.get(ORDER).json() for http in (without, with_it))
    for told in (veiled, whole):
        told.pop("customer")
        for it in told["events"]:
            for name in ("customer", "customer_id", "customer_email"):
                it["attributes"].pop(name, None)
    assert veiled == whole
    assert '"amount":1.50' in without.get(ORDER).text.replace(" ", "")


def test_of_a_table_only_the_column(without: httpx.Client) -> None:
    assert without.get("/table").text == (
        'id,customer,note\r\n1,hidden,"two\r\nlines, ""quoted"""\r\n2,,x\r\n3,hidden,y\r\n'
    )


def test_pages_hide_it_too(address: str, without: httpx.Client, database: Database) -> None:
    pages = ("/orders/order-fulfilment/A", "/quarantine/a")
    for page in pages:
        veiled = without.get(page, headers=PAGE)
        assert veiled.status_code == 200
        assert not any(text in veiled.text for text in PERSONAL), page
        assert "hidden" in veiled.text
    with signed_in(address, database, Scope.OPERATE, Scope.PERSONAL) as maria:
        for page in pages:
            assert any(text in maria.get(page) for text in PERSONAL), page


def test_nobody_finds_out_by_guessing_nor_gets_an_export_that_can_t_be_verified(
    without: httpx.Client, with_it: httpx.Client
) -> None:
    for path in ("/v1/audit?customer=C-77", "/audit?customer=C-77", "/v1/audit/export"):
        assert (without.get(path).status_code, with_it.get(path).status_code) == (403, 200), path
    assert without.get("/v1/audit?actor=anna").status_code == 200


def test_the_description_stays_what_it_is(without: httpx.Client) -> None:
    case = without.get("/v1/openapi.json").json()["components"]["schemas"]["Case"]
    assert "anyOf" in case["properties"]["customer"]
