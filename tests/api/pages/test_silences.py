"""Silences on the dashboard: who began them and why; looked at before they begin."""

from collections.abc import Iterator

import httpx
import pytest

from api.access.identity import Scope
from tests.api.person import PAGE, Person, signed_in, words
from tests.api.shop import Shop, unpaid, unshipped

FORM = {"matchers": "owner=payments\r\nseverity=critical", "ends": "4h", "reason": "the bank migrates"}


@pytest.fixture
def root(address: str, shop: Shop) -> Iterator[Person]:
    shop.add(unpaid("A-1"), unpaid("A-2"), unshipped("B-1"))
    with signed_in(address, shop.database, Scope.ADMINISTER, name="root") as person:
        yield person


def test_what_it_means_is_shown_before_it_begins(root: Person, http: httpx.Client) -> None:
    page = words(root.send("/silences/preview", **FORM))
    assert "2 unresolved cases fit now owner=payments, severity=critical A-1 , A-2" in page, page
    assert http.get("/v1/silences").json()["items"] == []
    page = words(root.send("/silences", **FORM))
    assert "It is silent." in page
    assert "owner=payments, severity=critical in force in 4 h the bank migrates root End it now" in page


def test_it_is_ended_before_its_time(root: Person, http: httpx.Client) -> None:
    root.send("/silences", **FORM)
    [silence] = http.get("/v1/silences").json()["items"]
    page = words(root.send(f"/silences/{silence['id']}/end"))
    assert "The silence is over." in page and "over just now ended by root" in page
    assert "End it now" not in page
    root.send("/silences/none-of-these/end", 404)


def test_a_maintenance_window_begins_later(root: Person) -> None:
    page = words(root.send("/silences", **{**FORM, "starts": "1d", "ends": "2d"}))
    assert "waiting in 2 d from 2025-11-21 12:00:00 UTC" in page


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"matchers": "colour=red"}, "matchers"),
        ({"matchers": ""}, "matchers"),
        ({"ends": "soon"}, "ends"),
        ({"ends": "2025-11-20T11:00:00Z"}, "must end after it begins"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_makes_no_sense_is_told_and_kept(root: Person, changed: dict[str, str], told: str) -> None:
    page = root.send("/silences", 400, **{**FORM, **changed})
    assert told in words(page)
    assert changed.get("matchers") == "" or changed.get("matchers", "owner=payments") in page


def test_others_only_see_them(address: str, root: Person, http: httpx.Client, shop: Shop) -> None:
    root.send("/silences", **FORM)
    page = http.get("/silences", headers=PAGE).text
    assert "the bank migrates" in page and 'method="post"' not in page and "Sign in" in page
    with signed_in(address, shop.database, Scope.OPERATE) as maria:
        assert "End it now" not in maria.get("/silences")
        maria.send("/silences", 403, **FORM)
