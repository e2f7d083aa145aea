"""Actions over HTTP: what is offered, shown, asked for and approved, by whom; and the stop switch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select

from api.access import tokens
from api.access.identity import Scope
from api.app import create_app
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR, MINUTE
from store.tables import actions
from tests.api.access.bearer import OPERATOR, bearer
from tests.api.paging import pages
from tests.api.server import serving
from tests.noshow.command import noshow
from tests.reconcile.actions.refunds import TAKEN, Provider, worker, workflow
from tests.reconcile.desk import NOON
from tests.reconcile.office import Office, office
from tests.store.clock import ManualClock
from tests.web_server import client_of

WHY = {"reason": "the customer called"}


@pytest.fixture
def shop(clickhouse: ClickHouse, database: Database, tmp_path: Path) -> Iterator[Office]:
    with office(clickhouse, database, tmp_path, workflow("idempotent: true\napprove: 2")) as shop:
        shop.happens("a", 0, "OrderPlaced")
        shop.happens("a", MINUTE, "PaymentReceived")
        shop.happens("a", MINUTE, "RoomBooked")
        shop.happens("a", HOUR, "OrderCancelled")
        shop.judge(3 * DAY)
        yield shop


@pytest.fixture
def http(shop: Office) -> Iterator[httpx.Client]:
    app = create_app(shop.clickhouse, shop.database, ManualClock(NOON + 4 * DAY), rulebook=shop.rulebook)
    with serving(app) as address, client_of(address) as http:
        yield http


@pytest.fixture
def case(shop: Office) -> str:
    return f"/v1/cases/{shop.case('a')['id']}/actions"


def signed(shop: Office, name: str = "anne", *scopes: Scope, team: str = "") -> dict[str, str]:
    return bearer(shop.database, *(scopes or (Scope.READ, Scope.OPERATE)), name=name, team=team)


def refund(offers: Any) -> Any:
    return next(it for it in offers["offers"] if it["name"] == "refund" and it["deed"] == "run")


def test_every_deed_comes_with_its_reason(http: httpx.Client, shop: Office, case: str) -> None:
    told = http.get(case).json()
    assert refund(told) == {
        "deed": "run",
        "label": "Refund the payment",
        "offered": True,
        "why": "PaymentReceived was to be undone, and no event says that it is",
        "step": "PaymentReceived",
        "name": "refund",
        "action_id": None,
        "people": 2,
    }
    assert all(it["why"] for it in told["offers"])
    assert told["actions"] == []


def test_a_dry_run_shows_the_exact_request_without_its_secret_and_sends_nothing(
    http: httpx.Client, shop: Office, case: str
) -> None:
    answer = http.post(f"{case}/PaymentReceived/refund", json={**WHY, "dry_run": True}, headers=signed(shop))
    assert answer.status_code == 200
    assert answer.json()["request"] == {
        "method": "POST",
        "url": "https://pay.example/refunds/a",
        "headers": {"Authorization": "Bearer ***"},
        "body": {"order": "a"},
    }
    assert http.get("/v1/actions").json()["items"] == []


def test_a_refund_by_two_people(http: httpx.Client, shop: Office, case: str) -> None:
    anne, bert = signed(shop, "anne"), signed(shop, "bert")
    asked = http.post(f"{case}/PaymentReceived/refund", json=WHY, headers=anne)
    assert (asked.status_code, asked.json()["state"], asked.json()["asked_by"]) == (202, "proposed", "anne")
    approve = f"/v1/actions/{asked.json()['id']}/approve"
    with shop.database.begin() as connection:
        other = tokens.rotate(connection, "anne", DAY, OPERATOR, NOON + 4 * DAY)
    for again in (anne, {"Authorization": f"Bearer {other}"}):  # another token of the same name is the same person
        refused = http.post(approve, headers=again)
        assert refused.status_code == 409 and "takes a second person" in refused.json()["detail"]
    assert http.post(approve, headers=bert).json()["approved_by"] == "bert"
    provider = Provider([TAKEN])
    worker(shop.database, provider).step(NOON + 4 * DAY)
    [done] = http.get("/v1/actions", params={"state": "succeeded"}).json()["items"]
    assert (done["status"], done["next_at"], len(provider.calls)) == (201, None, 1)
    offer = refund(http.get(case).json())
    assert not offer["offered"] and offer["why"].startswith("it was done")
    assert http.post(f"{case}/PaymentReceived/refund", json=WHY, headers=anne).status_code == 409


def test_who_may_not_operate_changes_nothing(http: httpx.Client, shop: Office, case: str) -> None:
    run = f"{case}/PaymentReceived/refund"
    assert http.post(run, json=WHY).status_code == 401
    assert http.post(run, json=WHY, headers=signed(shop, "r", Scope.READ)).status_code == 403
    assert http.post(run, json=WHY, headers=signed(shop, "w", team="warehouse")).status_code == 403
    assert http.post("/v1/actions/stop", json=WHY, headers=signed(shop)).status_code == 403
    told = http.get("/v1/actions").json()
    assert (told["items"], told["automatic"]["stopped"]) == ([], False)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("PaymentReceived/refund", {}, 400),
        ("PaymentReceived/refund", {"reason": ""}, 400),
        ("PaymentReceived/refund", {**WHY, "amount": 5}, 400),
        ("PaymentReceived/nothing", WHY, 404),
        ("LetterSent/resend", WHY, 409),
    ],
)
def test_what_is_wrong_is_said(
    http: httpx.Client, shop: Office, case: str, path: str, body: dict[str, str], status: int
) -> None:
    answer = http.post(f"{case}/{path}", json=body, headers=signed(shop))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert http.get("/v1/cases/case_x/actions").status_code == 404


def test_they_come_in_pages_however_many_were_asked_for_at_once(http: httpx.Client, shop: Office, case: str) -> None:
    done = http.post(f"{case}/PaymentReceived/refund", json=WHY, headers=signed(shop)).json()
    with shop.database.begin() as connection:
        [row] = connection.execute(select(actions)).mappings()
        for number in range(5):
            copied = {"id": f"act_{number}", "round": number + 2, "asked_at": row["asked_at"] - number // 2}
            connection.execute(insert(actions).values({**row, **copied}))
    listed = [[it["id"] for it in page] for page in pages(http, "/v1/actions", limit=2)]
    assert sorted(it for page in listed for it in page) == sorted(
        [done["id"], *(f"act_{number}" for number in range(5))]
    )
    assert list(map(len, listed)) == [2, 2, 2]
    assert http.get("/v1/actions?after=x").status_code == 400


def test_what_is_not_certain_a_person_settles(http: httpx.Client, shop: Office, case: str) -> None:
    anne = signed(shop)
    action = http.post(f"{case}/RoomBooked/release", json=WHY, headers=anne).json()
    assert action["state"] == "ready"
    settle, withdraw = f"/v1/actions/{action['id']}/settle", f"/v1/actions/{action['id']}/withdraw"
    assert http.post(settle, json={**WHY, "happened": True}, headers=anne).status_code == 409
    assert http.post(f"/v1/actions/{action['id']}/repeat", json=WHY, headers=anne).status_code == 409
    assert http.post(withdraw, json=WHY, headers=anne).json()["state"] == "withdrawn"


def test_automatic_actions_are_stopped_and_started_from_the_command_line(http: httpx.Client, shop: Office) -> None:
    token = signed(shop, "root", Scope.READ, Scope.ADMINISTER)["Authorization"].removeprefix("Bearer ")
    server = ("--url", str(http.base_url), "--token", token)
    assert noshow("actions", "stop", "--reason", "too many", *server).code == 0
    told = noshow("actions", "list", *server)
    assert (told.code, told.out) == (0, "")
    assert "automatic actions are stopped, by root" in told.err and "too many" in told.err
    assert noshow("actions", "start", "--reason", "mended", *server).code == 0
    assert http.get("/v1/actions").json()["automatic"]["reason"] == "mended"
