"""The rules as the interface and the pages tell of them."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api import models_rules
from store.event import HOUR
from tests.api.rule_rows import CARETS, in_force, keep, put, put_stories, refused, told
from tests.api.shop import Shop, unpaid
from tests.api.test_pages import HOSTILE, get, words
from tests.conftest import NOON


def test_every_file_is_told_of(any_http: httpx.Client, any_shop: Shop) -> None:
    put(any_shop.database, in_force("orders", 2, effective_from=NOON, done=34, total=120, outdated=7), refused())
    answer = any_http.get("/v1/rules").json()
    models_rules.RuleFiles.model_validate(answer, strict=True, extra="forbid")
    bad, good = answer["items"]
    assert good == {
        "file": "rules/orders-2.yaml",
        "workflow": "orders",
        "version": 2,
        "effective_from": "2025-11-20T12:00:00Z",
        "description": "Every order is paid and shipped.",
        "owner": "orders",
        "steps": ["PaymentReceived", "ItemShipped"],
        "rule_hash": "0123456789abcdef",
        "taken_at": "2025-11-20T10:00:00Z",
        "refused_at": None,
        "diagnostics": "",
        "progress": {"done": 34, "total": 120},
        "not_judged": {"outdated": 7, "frozen": 0},
    }
    assert bad["refused_at"] == "2025-11-20T11:00:00Z"
    assert bad["diagnostics"] == CARETS
    assert [bad[name] for name in ("workflow", "version", "rule_hash", "taken_at")] == [None] * 4


def test_without_a_rule(http: httpx.Client) -> None:
    assert http.get("/v1/rules").json() == {"items": []}
    assert "No rule is in force. Put a rule file into the rule directory" in words(get(http, "/rules"))


def test_what_is_in_force(http: httpx.Client, shop: Shop) -> None:
    steps = json.dumps([f"Step{number}" for number in range(9)])
    put(shop.database, in_force("orders"), in_force("orders", 2, effective_from=NOON, owner="", steps=steps))
    page = words(get(http, "/rules"))
    told_of = "PaymentReceived, ItemShipped no stories 2 h ago 0123456789abcdef judged"
    assert f"rules/orders-1.yaml 1 orders 2 {told_of}" in page
    told_of = "Step3, Step4, Step5 and 3 more no stories 2 h ago for what starts from 2025-11-20"
    assert f"2 \u2013 9 Step0, Step1, Step2, {told_of}" in page
    assert "Refused" not in page


def test_how_far_a_rule_has_come(http: httpx.Client, shop: Shop) -> None:
    put(shop.database, in_force("orders", done=34, total=1120, outdated=12, frozen=3))
    page = get(http, "/rules")
    assert '<progress max="1120" value="34"' in page
    assert "judging history, 34 of 1,120" in words(page)
    assert "12 not judged: older than every version 3 left as they were: older than retention" in words(page)
    put(shop.database, in_force("orders", done=1120, total=1120))
    assert "<progress" not in get(http, "/rules")


def test_what_was_refused_stands_as_the_linter_shows_it(http: httpx.Client, shop: Shop) -> None:
    put(shop.database, refused(), in_force("orders", refused_at=NOON - HOUR, diagnostics="a.yaml:1:1: bad"))
    page = get(http, "/rules")
    assert CARETS.replace('"', "&#34;") in page
    assert "rules/claims.yaml Nothing of it is in force." in words(page)
    assert "The rule that was in force goes on: orders, version 1, 0123456789abcdef" in words(page)
    assert "refused 1 h ago" in words(page)


def test_warnings_are_no_refusal(http: httpx.Client, shop: Shop) -> None:
    put(shop.database, in_force("orders", diagnostics="a.yaml:1:1: warning: nobody owns it"))
    page = words(get(http, "/rules"))
    assert "In force, with warnings rules/orders-1.yaml a.yaml:1:1: warning: nobody owns it" in page
    assert "refused" not in page


@pytest.mark.parametrize("path", ["/", "/rules", "/orders/order-fulfilment/A-1"])
def test_every_page_tells_of_a_refusal(http: httpx.Client, shop: Shop, path: str) -> None:
    shop.add(unpaid("A-1"))
    put(shop.database, in_force("orders"))
    page = get(http, path)
    assert "refused" not in words(page)
    assert '<div id="alerts"' in page, "so that it can come by itself"
    assert "#alerts" in page.split('data-hx-select-oob="')[1].split('"')[0]
    put(shop.database, refused(), refused("rules/other.yaml"))
    page = get(http, path)
    assert "2 rule files are refused, and what was in force goes on. See what is wrong" in words(page)
    put(shop.database, refused())
    assert "1 rule file is refused" in words(get(http, path))


def test_an_unknown_order_tells_of_it_too(http: httpx.Client, shop: Shop) -> None:
    put(shop.database, refused())
    assert "1 rule file is refused" in words(get(http, f"/orders/x/{quote('no such')}", 404))


def test_what_came_of_stories(any_http: httpx.Client, any_shop: Shop) -> None:
    broken = told("", "broken", stories=0, checks=0, failed=None, told="broken.test.yml:1:1: bad")
    put_stories(any_shop.database, told("orders"), broken)
    answer = any_http.get("/v1/rules/stories").json()
    models_rules.StoryFiles.model_validate(answer, strict=True, extra="forbid")
    bad, good = answer["items"]
    assert good == {
        "file": "rules/orders.test.yml",
        "workflow": "orders",
        "stories": 4,
        "checks": 8,
        "failed": 0,
        "told": "",
        "played_at": "2025-11-20T11:00:00Z",
    }
    assert (bad["workflow"], bad["failed"], bad["told"]) == (None, None, "broken.test.yml:1:1: bad")


def test_whether_the_stories_about_a_workflow_hold(http: httpx.Client, shop: Shop) -> None:
    put(shop.database, in_force("orders"), in_force("returns"), in_force("untold"))
    failing = told("returns", "more", checks=3, stories=1, failed=1, told="more.test.yml:2:1: paid (- expected, + got)")
    put_stories(shop.database, told("orders"), told("returns", "returns"), failing)
    page = get(http, "/rules")
    in_words = words(page)
    assert "PaymentReceived, ItemShipped 4 stories, all hold 2 h ago" in in_words
    assert "PaymentReceived, ItemShipped 1 of 11 checks fails 2 h ago" in in_words
    assert "PaymentReceived, ItemShipped no stories 2 h ago" in in_words
    assert 'href="/rules/returns#stories"' in page
    assert "could not be played" not in in_words


def test_what_does_not_hold_stands_with_the_rule(http: httpx.Client, shop: Shop) -> None:
    keep(shop.database, 1, 1, "start: A\n")
    page = words(get(http, "/rules/orders"))
    assert "Nobody has told a story about it" in page
    assert "rules/orders.test.yml" in page
    failing = told("orders", "more", checks=3, stories=1, failed=2, told="more.test.yml:2:1: paid <late>")
    put_stories(shop.database, told("orders"), failing, told("returns", "returns"))
    page = get(http, "/rules/orders")
    assert "2 of 3 checks do not hold 1 story in rules/more.test.yml , played 1 h ago" in words(page)
    assert "8 checks: all hold 4 stories in rules/orders.test.yml" in words(page)
    assert "more.test.yml:2:1: paid &lt;late&gt;" in page
    assert "returns" not in page


def test_stories_that_could_not_be_played_say_why(http: httpx.Client, shop: Shop) -> None:
    put(shop.database, in_force("orders"))
    put_stories(shop.database, told("", "broken", stories=0, checks=0, failed=None, told="broken.test.yml:1:1: <bad>"))
    page = get(http, "/rules")
    assert "Stories that could not be played rules/broken.test.yml" in words(page)
    assert "broken.test.yml:1:1: &lt;bad&gt;" in page


def test_nothing_hostile_gets_through(http: httpx.Client, shop: Shop) -> None:
    evil: dict[str, Any] = {
        "owner": HOSTILE,
        "description": HOSTILE,
        "steps": json.dumps([HOSTILE]),
        "diagnostics": f"</pre>{HOSTILE}",
    }
    put(shop.database, refused(HOSTILE, HOSTILE), in_force("orders", **evil))
    page = get(http, "/rules")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert page.count("</pre>") == 2


def test_an_unknown_parameter_is_refused(http: httpx.Client) -> None:
    for path in ("/v1/rules?workflow=a", "/rules?workflow=a"):
        assert http.get(path).status_code == 400
