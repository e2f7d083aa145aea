"""What a rule was, and what a change changed."""

import httpx

from api import models_rules
from tests.api.rule_rows import keep
from tests.api.shop import Shop


def test_every_text_is_told_the_newest_first(http: httpx.Client, shop: Shop) -> None:
    keep(shop.database, 1, 3, "a: 1\n")
    keep(shop.database, 2, 1, "a: 2\n")
    answer = http.get("/v1/rules/orders/versions")
    told = models_rules.RuleTexts.model_validate_json(answer.text, extra="forbid").items
    assert [(it.version, it.taken_at, it.text) for it in told] == [
        (2, "2025-11-20T11:00:00Z", "a: 2\n"),
        (1, "2025-11-20T09:00:00Z", "a: 1\n"),
    ]


def test_a_change_is_shown_against_what_it_came_after(http: httpx.Client, shop: Shop) -> None:
    keep(shop.database, 1, 5, "start: A\nsteps:\n  Paid: {within: 15m}\n")
    keep(shop.database, 2, 4, "start: A\nsteps:\n  Paid: {within: 10m}\n")
    keep(shop.database, 1, 3, "start: A\nsteps:\n  Paid: {within: 20m}\n")
    page = http.get("/rules/orders").text
    _, newest, second, first = page.split("<section")[1:]  # the first is of stories
    assert '<span class="line removed">-  Paid: {within: 15m}' in newest and "what it was before" in newest
    assert '<span class="line added">+  Paid: {within: 20m}' in newest
    assert "+  Paid: {within: 10m}" in second and "against version 1" in second
    assert "The rule" in first and "line added" not in first


def test_hostile_rules_do_nothing(http: httpx.Client, shop: Shop) -> None:
    keep(shop.database, 1, 1, "# <script>alert(1)</script>\n")
    assert "<script>alert" not in http.get("/rules/orders").text


def test_of_what_was_never_in_force_nothing_is_known(http: httpx.Client) -> None:
    assert http.get("/v1/rules/orders/versions").status_code == 404
    assert http.get("/rules/orders", headers={"Accept": "text/html"}).status_code == 404
