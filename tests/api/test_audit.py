"""`/v1/audit`, over a socket, from both stores."""

from collections.abc import Iterator

import httpx
import msgspec
import pytest

from api import models_audit as models
from api.app import create_app
from reconcile.audit import chain, copying
from reconcile.audit.row import START, End, Row
from reconcile.audit.verify import compared, verify
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR
from tests.api.server import serving
from tests.conftest import NOON
from tests.reconcile.audit.trails import enter, entry
from tests.store.clock import ManualClock
from tests.web_server import client_of


@pytest.fixture
def http(clickhouse: ClickHouse, any_database: Database, clock: ManualClock) -> Iterator[httpx.Client]:
    """Five entries, one a day, of which ClickHouse has three."""
    for number in range(1, 6):
        enter(any_database, [entry(number)], NOON + number * DAY)
        chain.extend(any_database, NOON)
        if number == 3:
            copying.copy(clickhouse, any_database)
    with (
        serving(create_app(clickhouse, any_database, clock)) as address,
        client_of(address) as http,
    ):
        yield http


def test_an_entry_tells_everything(http: httpx.Client) -> None:
    first, second, *_ = http.get("/v1/audit").json()["items"]
    models.AuditEntry.model_validate(second, extra="forbid")
    assert second.pop("id")
    assert second == {
        "seq": 2,
        "at": "2025-11-22T12:00:00Z",
        "actor_kind": "person",
        "actor": "anna",
        "what": "case.resolved",
        "workflow": "order-fulfilment",
        "correlation_id": "A-2",
        "case_id": "case_2",
        "step": "PaymentReceived",
        "causation_id": "",
        "why": "called the bank, no. 2",
        "customer": "C-2",
        "external": {"charge_id": "ch_2"},
        "detail": {"before": "open", "after": "resolved"},
        "redacted": False,
        "previous": first["hash"],
        "hash": second["hash"],
    }
    assert first["previous"] == START


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("sort=newest", [5, 4, 3, 2, 1]),
        ("case_id=case_4", [4]),
        ("correlation_id=A-2&workflow=order-fulfilment", [2]),
        ("customer=C-3&actor=anna&what=case.resolved", [3]),
        ("actor=eve", []),
        ("since=2025-11-22&until=2025-11-25T12:00:00%2B00:00", [2, 3, 4]),
        ("customer=C-2&since=2025-11-22&until=2025-11-23", [2]),
        ("customer=C-2&since=2025-11-23&until=2025-11-24", []),
        ("customer=", [1, 2, 3, 4, 5]),
    ],
)
def test_filters(http: httpx.Client, query: str, expected: list[int]) -> None:
    assert [it["seq"] for it in http.get(f"/v1/audit?{query}").json()["items"]] == expected


@pytest.mark.parametrize("sort", ["oldest", "newest"])
def test_pages(http: httpx.Client, sort: str) -> None:
    seen, after = [], ""
    while after is not None:
        page = http.get("/v1/audit", params={"sort": sort, "limit": 2, "after": after}).json()
        seen += [it["seq"] for it in page["items"]]
        after = page["next"]
    assert sorted(seen) == [1, 2, 3, 4, 5]
    assert seen[0] == (1 if sort == "oldest" else 5)


@pytest.mark.parametrize(
    ("query", "parameter", "reason"),
    [
        ("/v1/audit?custmer=a", "custmer", "is unknown (did you mean customer?)"),
        ("/v1/audit?since=yesterday", "since", '"yesterday" is no timestamp; expected RFC 3339'),
        ("/v1/audit?sort=random", "sort", "should be 'oldest' or 'newest'"),
        ("/v1/audit?after=x", "after", "is not a cursor of this list"),
        ("/v1/audit/export?limit=3", "limit", "is unknown"),
        ("/v1/audit/export?store=clickhouse", "store", "should be 'database'"),
        ("/v1/audit/export?store=database&customer=a", "store", "goes with no filter, so leave out customer"),
        ("/v1/audit/head?x=1", "x", "is unknown"),
    ],
)
def test_what_is_wrong_is_named(http: httpx.Client, query: str, parameter: str, reason: str) -> None:
    answer = http.get(query)
    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert fault["parameter"] == parameter
    assert fault["reason"].startswith(reason)


def exported(http: httpx.Client, query: str = "") -> tuple[list[Row], End]:
    answer = http.get(f"/v1/audit/export?{query}")
    assert answer.headers["content-type"] == "application/x-ndjson"
    *rows, end = answer.content.splitlines()
    return [msgspec.json.decode(row, type=Row) for row in rows], msgspec.json.decode(end, type=End)


def test_an_export_can_be_verified(http: httpx.Client) -> None:
    rows, end = exported(http)
    head = http.get("/v1/audit/head").json()
    models.AuditHead.model_validate(head, extra="forbid")
    assert msgspec.to_builtins(end) == {"head": head, "upto": 5, "filtered": False}
    assert (head["seq"], head["hash"]) == (5, rows[-1].hash)
    assert verify(rows, {head["seq"]: head["hash"]}).is_whole


def test_an_export_of_the_database_is_held_against_it(http: httpx.Client) -> None:
    rows, _ = exported(http, "upto=4")
    copies, end = exported(http, "upto=4&store=database")
    assert [row.seq for row in copies] == [1, 2, 3, 4]
    assert (end.head.seq, end.upto) == (5, 4)
    assert len(list(compared(rows, copies, []))) == 4


def test_one_customer_and_one_day(http: httpx.Client, any_database: Database) -> None:
    enter(any_database, [entry(2, what="case.opened")], NOON + 2 * DAY + HOUR)
    enter(any_database, [entry(2)], NOON + 3 * DAY)
    chain.extend(any_database, NOON)
    rows, end = exported(http, "customer=C-2&since=2025-11-22&until=2025-11-23")
    assert [(row.seq, row.what) for row in rows] == [(2, "case.resolved"), (6, "case.opened")]
    assert end.filtered
    assert verify(rows, {}, linked=False).is_whole


def test_the_head_of_nothing(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> None:
    with serving(create_app(clickhouse, database, clock)) as address:
        assert httpx.get(f"{address}/v1/audit/head").json() == {"seq": 0, "hash": START, "at": ""}
        assert httpx.get(f"{address}/v1/audit").json() == {"items": [], "next": None}
        assert httpx.get(f"{address}/v1/audit/export").content.count(b"\n") == 1
