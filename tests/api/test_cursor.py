"""Cursors: what was encoded comes back, and everything else is a 400."""

import base64
from itertools import product

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import instance_pages, queue
from api.cursor import decode, encode
from api.problem import BadParameters
from tests.api.shop import Shop, unpaid


@given(workflow=st.text(), correlation_id=st.text())
def test_a_place_survives_the_way_to_the_client_and_back(workflow: str, correlation_id: str) -> None:
    name, id = (it.encode("utf-8", "replace").decode().replace("\0", "") for it in (workflow, correlation_id))
    place = instance_pages.Place("newest", 1, name, id, "0x1p0")
    assert decode(encode(place), instance_pages.Place) == place


@given(st.text())
def test_anything_else_is_refused(text: str) -> None:
    for kind in (instance_pages.Place, queue.Place):
        with pytest.raises(BadParameters):
            decode("!" + text, kind)


BROKEN: list[object] = [
    {},
    [],
    None,
    1,
    "age",
    {"sort": "age"},
    {"sort": "age", "values": []},
    {"sort": "age", "values": [1]},
    {"sort": "age", "values": [1, 2]},
    {"sort": "age", "values": ["1", "2"]},
    {"sort": "age", "values": [None, "a"]},
    {"sort": "age", "values": [1.5, "a"]},
    {"sort": "age", "values": [True, "a"]},
    {"sort": "age", "values": [2**63, "a"]},
    {"sort": "age", "values": [1, "a", "b"]},
    {"sort": "age", "values": [1, "nul\0"]},
    {"sort": "oddest", "values": [1, "a"]},
    {"sort": "age", "values": [1, "a"], "more": 1},
    {"sort": "risk", "values": ["not a number", "a"]},
    {"sort": "risk", "values": [1, "a"]},
    {"workflow": 1},
    {"workflow": "a", "correlation_id": "b", "c": "d"},
    {"sort": "newest", "began": 1, "workflow": "a", "correlation_id": "b", "risk": "0x1p0"},
    {"sort": "id", "began": 1, "workflow": "a", "correlation_id": "b", "risk": "x"},
]


@pytest.mark.parametrize("path", ["/v1/cases?sort=age", "/v1/cases?sort=risk", "/v1/instances?limit=1", "/?state=all"])
def test_a_broken_cursor_is_a_400(http: httpx.Client, shop: Shop, path: str) -> None:
    shop.add(unpaid("a"))
    texts = [base64.urlsafe_b64encode(msgspec.json.encode(it)).rstrip(b"=").decode() for it in BROKEN]
    for text in [*texts, "x", "====", "a b", "%00", "ü", "e30=", "A" * 9000]:
        answer = http.get(path, params={"after": text})
        assert answer.status_code == 400, text
        assert answer.headers["content-type"] == "application/problem+json"
        assert [it["parameter"] for it in answer.json()["errors"]] == ["after"]


@pytest.mark.parametrize("path", ["/v1/audit", "/v1/audit?sort=newest", "/v1/discrepancies", "/v1/notifications"])
def test_a_cursor_that_somebody_made_up_is_never_a_fault_of_ours(any_http: httpx.Client, path: str) -> None:
    for number, key in product((-(2**70), -1, 2**63, 2**70, None), ("x", "x\0")):
        made_up = {"seq": number, "created_at": number, "found_at": number, "id": key}
        after = base64.urlsafe_b64encode(msgspec.json.encode(made_up)).decode().rstrip("=")
        assert any_http.get(path, params={"after": after}).status_code in (200, 400), made_up
