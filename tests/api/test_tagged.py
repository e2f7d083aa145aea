"""ETags: nothing is sent twice, and a case is only changed as somebody saw it."""

import httpx
import pytest

from api.access.identity import Scope
from api.tagged import matches
from tests.api.access.bearer import bearer
from tests.api.shop import Shop, case_id, unpaid

CASE = f"/v1/cases/{case_id(unpaid('A'))}"


@pytest.fixture
def anna(http: httpx.Client, shop: Shop) -> httpx.Client:
    shop.add(unpaid("A"))
    http.headers.update(bearer(shop.database, *Scope, name="anna"))
    return http


@pytest.mark.parametrize("path", [CASE, "/v1/cases", "/v1/instances/order-fulfilment/A", "/v1/rules", "/v1/silences"])
def test_who_has_it_gets_it_once(anna: httpx.Client, path: str) -> None:
    first = anna.get(path)
    again = anna.get(path, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    assert anna.get(path, headers={"If-None-Match": '"other"'}).content == first.content


def test_a_case_that_has_changed_is_sent_again(anna: httpx.Client) -> None:
    before = anna.get(CASE).headers["etag"]
    anna.post(f"{CASE}/acknowledge")
    after = anna.get(CASE, headers={"If-None-Match": before})
    assert (after.status_code, after.json()["state"]) == (200, "acknowledged")


def test_errors_and_streams_have_none(anna: httpx.Client) -> None:
    assert "etag" not in anna.get("/v1/cases/none").headers
    assert "etag" not in anna.get("/v1/audit/export").headers


def test_of_two_operators_on_one_case_the_second_is_told(anna: httpx.Client, shop: Shop) -> None:
    seen = anna.get(CASE).headers["etag"]
    assert anna.post(f"{CASE}/assign", json={"assignee": "me"}, headers={"If-Match": seen}).status_code == 200
    bert = bearer(shop.database, Scope.READ, Scope.OPERATE, name="bert")
    late = anna.post(f"{CASE}/resolve", json={"reason": "fixed", "note": "x"}, headers={**bert, "If-Match": seen})
    assert (late.status_code, "it has changed since you looked" in late.json()["detail"].lower()) == (412, True)
    anew = anna.get(CASE).headers["etag"]
    done = anna.post(f"{CASE}/resolve", json={"reason": "fixed", "note": "x"}, headers={**bert, "If-Match": anew})
    assert done.json()["state"] == "resolved"
    last = anna.post(f"{CASE}/reopen", headers={"If-Match": done.headers["etag"]})
    assert last.status_code == 200, "the answer of a move has the tag of what it made"


@pytest.mark.parametrize("given", ["*", '"{revision}"', 'W/"{revision}"'])
def test_any_or_just_the_revision(anna: httpx.Client, given: str) -> None:
    header = given.format(revision=anna.get(CASE).json()["revision"])
    assert anna.post(f"{CASE}/acknowledge", headers={"If-Match": header}).status_code == 200


@pytest.mark.parametrize("given", ["", "1", '"x"', '"1" , "2"', '"-1"'])
def test_what_is_no_tag_of_a_case_is_refused(anna: httpx.Client, given: str) -> None:
    assert anna.post(f"{CASE}/acknowledge", headers={"If-Match": given}).status_code == 400


def test_what_is_not_possible_is_no_matter_of_tags(anna: httpx.Client) -> None:
    anna.post(f"{CASE}/acknowledge")
    tag = anna.get(CASE).headers["etag"]
    assert anna.post(f"{CASE}/acknowledge", headers={"If-Match": tag}).status_code == 409


def test_tags_are_compared_weakly() -> None:
    assert matches('W/"a", "b"', '"a"') and matches("*", '"a"')
    assert not matches('"b"', '"a"') and not matches("", '"a"')
