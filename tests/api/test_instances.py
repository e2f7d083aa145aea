"""`/v1/instances`, over a socket, from ClickHouse."""

import json
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest

from api import models, models_cases
from store import events
from store.event import Event
from tests.api.paging import everything, ids, pages
from tests.api.shop import Shop, arrived_late, cancelled, event, half_undone, orphan, running, unpaid, unshipped
from tests.conftest import NOON

NASTY = [
    "a/b",
    "a//b/",
    "/a",
    "a/../b",
    "100%",
    "%2F",
    "a%25b",
    "a?b=c#d",
    "'\"`\\",
    "{x}",
    "naïve ☃ 🦄",
    "tab\there\nand a line\n",
    "<script>alert(1)</script>",
    " blank ends ",
    "a+b",
    "limit=1&after=2",
]


def test_lists_in_order_of_workflow_and_id(http: httpx.Client, shop: Shop) -> None:
    shop.add(running("B"), unpaid("A"), replace(running("C"), workflow="claims"), running("a"))
    answer = http.get("/v1/instances").json()
    assert [(it["workflow"], it["correlation_id"]) for it in answer["items"]] == [
        ("claims", "C"),
        ("order-fulfilment", "A"),
        ("order-fulfilment", "B"),
        ("order-fulfilment", "a"),
    ]
    assert answer["next"] is None


def test_an_instance_looks_as_check_prints_it(http: httpx.Client, shop: Shop) -> None:
    shop.add(arrived_late("A-1"))
    assert http.get("/v1/instances").json()["items"] == [
        {
            "workflow": "order-fulfilment",
            "version": 1,
            "correlation_id": "A-1",
            "state": "complete",
            "start": "2025-11-18T08:55:00Z",
            "steps": {
                "PaymentReceived": {
                    "state": "on_time",
                    "at": "2025-11-18T09:00:00Z",
                    "due": "2025-11-18T09:10:00Z",
                },
                "ItemShipped": {"state": "late", "at": "2025-11-20T10:35:00Z", "due": "2025-11-20T09:00:00Z"},
                "ComplianceCheckDone": {
                    "state": "on_time",
                    "at": "2025-11-19T08:55:00Z",
                    "due": "2025-11-19T09:00:00Z",
                },
            },
            "findings": [{"step": "ItemShipped", "kind": "late"}],
        }
    ]


def test_filters(http: httpx.Client, shop: Shop) -> None:
    shop.add(running("R"), unpaid("U"), cancelled("C"), replace(unpaid("U"), workflow="claims"))
    assert ids(http.get("/v1/instances?state=incomplete").json()["items"]) == ["U", "U"]
    assert ids(http.get("/v1/instances?workflow=order-fulfilment&state=incomplete").json()["items"]) == ["U"]
    assert ids(http.get("/v1/instances?correlation_id=C").json()["items"]) == ["C"]
    assert ids(http.get("/v1/instances?kind=missing&workflow=claims").json()["items"]) == ["U"]
    assert ids(http.get("/v1/instances?kind=late").json()["items"]) == []
    assert ids(http.get("/v1/instances?workflow=nobody").json()["items"]) == []
    assert len(http.get("/v1/instances?workflow=&state=&correlation_id=&kind=&version=").json()["items"]) == 4, (
        "blank is left out"
    )


def test_an_instance_is_found_by_the_version_that_judged_it_last(http: httpx.Client, shop: Shop) -> None:
    shop.add(running("A"), replace(running("B"), version=2))
    assert ids(http.get("/v1/instances?version=2").json()["items"]) == ["B"]
    shop.judge(replace(running("B"), version=3))
    assert ids(http.get("/v1/instances?version=2").json()["items"]) == []


def test_a_finding_of_the_past_is_no_reason_to_list_an_instance(http: httpx.Client, shop: Shop) -> None:
    shop.add(arrived_late("A"))
    assert ids(http.get("/v1/instances?kind=late").json()["items"]) == ["A"]
    assert ids(http.get("/v1/instances?kind=missing").json()["items"]) == []


def test_what_counts_is_told_with_how_many_it_takes(http: httpx.Client, shop: Shop) -> None:
    shop.add(half_undone("A"), replace(running("B"), warned={"ItemShipped": NOON}))
    half, warned = http.get("/v1/instances").json()["items"]
    assert (half["steps"]["ParcelSent"]["count"], half["steps"]["ParcelSent"]["needed"]) == (2, 3)
    assert half["findings"][-1] == {"step": None, "kind": "half_undone"}
    assert warned["steps"]["ItemShipped"]["warned"] == "2025-11-20T12:00:00Z"


def test_an_orphan_has_no_start(http: httpx.Client, shop: Shop) -> None:
    shop.add(orphan("A"))
    [told] = http.get("/v1/instances?state=orphan").json()["items"]
    assert (told["start"], told["steps"], told["findings"]) == (None, {}, [{"step": None, "kind": "orphan"}])
    shown = http.get("/v1/instances/order-fulfilment/A").json()
    models.InstanceDetail.model_validate(shown, extra="forbid")
    [case] = http.get("/v1/cases").json()["items"]
    models_cases.Case.model_validate(case, extra="forbid")
    assert (case["step"], case["kind"], case["findings"][0]["step"]) == (None, "orphan", None)


def test_only_the_newest_version_counts(http: httpx.Client, shop: Shop) -> None:
    shop.add(unpaid("A"))
    shop.judge(running("A"))
    assert ids(http.get("/v1/instances?state=incomplete").json()["items"]) == []
    assert [it["state"] for it in http.get("/v1/instances").json()["items"]] == ["running"]
    assert http.get("/v1/instances/order-fulfilment/A").json()["state"] == "running"


def test_an_instance_that_is_no_more_is_not_shown(http: httpx.Client, shop: Shop) -> None:
    shop.add(unpaid("A"), running("B"))
    shop.judge(replace(running("A"), state="", steps=[], history=[]))
    assert ids(http.get("/v1/instances").json()["items"]) == ["B"]
    assert http.get("/v1/instances/order-fulfilment/A").status_code == 404


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_give_everything_once(http: httpx.Client, shop: Shop, limit: int) -> None:
    shop.add(*(running(f"A-{number}") for number in range(7)))
    read = list(pages(http, "/v1/instances", limit=limit))
    assert [len(page) for page in read[:-1]] == [limit] * (len(read) - 1)
    assert ids([item for page in read for item in page]) == [f"A-{number}" for number in range(7)]


def test_pages_stay_right_while_instances_come(http: httpx.Client, shop: Shop) -> None:
    shop.add(*(running(f"A-{number}") for number in range(0, 10, 2)))
    read = []
    for page in pages(http, "/v1/instances", limit=2):
        read += ids(page)
        # One before where we are, one behind; both judged while we read.
        shop.judge(running(f"A-{len(read) - 1}"), running(f"B-{len(read)}"), unpaid("A-0"))
    assert [id for id in read if id.startswith("A-") and int(id[2:]) % 2 == 0] == [f"A-{n}" for n in range(0, 10, 2)]
    assert len(read) == len(set(read))


def test_filtered_pages(http: httpx.Client, shop: Shop) -> None:
    shop.add(*(unpaid(f"A-{n}") if n % 3 == 0 else running(f"A-{n}") for n in range(9)))
    assert ids(everything(http, "/v1/instances", state="incomplete", limit=1)) == ["A-0", "A-3", "A-6"]


@pytest.mark.parametrize("id", NASTY)
def test_any_correlation_id_can_be_asked_for(http: httpx.Client, shop: Shop, id: str) -> None:
    shop.add(unpaid(id), running("other"))
    for path in (
        f"/v1/instances/order-fulfilment/{quote(id, safe='')}",
        f"/orders/order-fulfilment/{quote(id, safe='')}",
    ):
        assert http.get(path).status_code == 200
    shown = http.get(f"/v1/instances/order-fulfilment/{quote(id, safe='')}").json()
    assert shown["correlation_id"] == id
    assert [event["id"] for event in shown["events"]] == [f"OrderPlaced-{id}"]
    assert ids(http.get("/v1/instances", params={"correlation_id": id}).json()["items"]) == [id]
    assert ids(http.get("/v1/cases", params={"correlation_id": id}).json()["items"]) == [id]
    assert ids(everything(http, "/v1/instances", limit=1)) == sorted([id, "other"], key=str.encode)


def test_slashes_need_no_encoding(http: httpx.Client, shop: Shop) -> None:
    shop.add(running("a/b/c"))
    assert http.get("/v1/instances/order-fulfilment/a/b/c").json()["correlation_id"] == "a/b/c"


def test_one_instance_in_full(http: httpx.Client, shop: Shop) -> None:
    order = replace(arrived_late("A-1"), labels={"tier": "gold"}, conflicts=1, undated=["ItemShipped"])
    shop.add(order)
    shown = http.get("/v1/instances/order-fulfilment/A-1").json()
    models.InstanceDetail.model_validate(shown, extra="forbid")
    assert [(it["step"], it["kind"], it["open"], it["noted"]) for it in shown["findings"]] == [
        ("ItemShipped", "late", True, True)
    ]
    assert [(it["kind"], it["closed_at"]) for it in shown["closed_findings"]] == [("missing", "2025-11-20T09:01:00Z")]
    assert shown["findings"][0]["labels"] == {"tier": "gold"}
    assert shown["findings"][0]["sentence"] == order.flags[0].sentence
    assert (shown["at_risk"], shown["unit"], shown["customer"]) == (75.5, "EUR", "C-77")
    assert (shown["conflicts"], shown["undated"]) == (1, ["ItemShipped"])
    assert [it["name"] for it in shown["events"]] == [
        "OrderPlaced",
        "PaymentReceived",
        "ComplianceCheckDone",
        "ItemShipped",
    ]
    assert shown["events"][1] == {
        "id": "PaymentReceived-A-1",
        "name": "PaymentReceived",
        "time": "2025-11-18T09:00:00Z",
        "source": "payments",
        "attributes": {},
        "causation_id": "OrderPlaced-A-1",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "span_id": "00f067aa0ba902b7",
        "received_at": "2025-11-18T09:00:00.04Z",
    }
    assert shown["events"][0]["causation_id"] is None


def test_attributes_come_back_as_they_were_sent(http: httpx.Client, shop: Shop) -> None:
    sent = '{"big": 123456789012345678901234567890, "price": 1.10, "a.b": {"c": [null, "\\u2603"]}}'
    shop.add(replace(running("A"), history=[event("A", "OrderPlaced", NOON, sent)]))
    assert sent in http.get("/v1/instances/order-fulfilment/A").text


def test_a_number_that_json_has_not_is_null(http: httpx.Client, shop: Shop) -> None:
    shop.add(replace(running("A"), at_risk=float("inf")), unpaid("B", at_risk=float("nan")))
    assert http.get("/v1/instances/order-fulfilment/A").json()["at_risk"] is None
    assert http.get("/orders/order-fulfilment/A").status_code == 200
    assert http.get("/").status_code == 200


def test_an_unknown_instance_is_named(http: httpx.Client, shop: Shop) -> None:
    events.write(shop.clickhouse, [Event("1", "A", "OrderPlaced", NOON, "shop")])
    answer = http.get("/v1/instances/order-fulfilment/A")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "Workflow order-fulfilment has no instance A"


def test_lists_match_their_description(http: httpx.Client, shop: Shop) -> None:
    shop.add(unpaid("A"), unshipped("B"), running("C"))
    models.InstancePage.model_validate_json(http.get("/v1/instances?limit=2").text, extra="forbid")
    assert json.loads(http.get("/v1/instances?limit=2").text)["next"]
