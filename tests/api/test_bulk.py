"""Many cases at once: what was previewed is what is changed."""

import json
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from api import choice, models_cases
from store import tables
from store.event import HOUR, MINUTE
from tests.api.shop import Shop, arrived_late, case_id, unpaid, unshipped
from tests.api.test_case_moves import FIXED, Operators, done, found, operators, problem
from tests.conftest import NOON
from tests.store.clock import ManualClock

__all__ = ["operators"]

PAYMENTS = {"state": "open", "owner": "payments"}
UNPAID = [unpaid(f"P-{number}", since=NOON - HOUR - number * MINUTE, at_risk=10.0) for number in range(7)]


@pytest.fixture
def maria(operators: Operators, any_shop: Shop) -> Iterator[httpx.Client]:
    any_shop.add(*UNPAID, unshipped("S-1"), arrived_late("L-1"))
    with operators.as_("maria") as client:
        yield client


def preview(client: httpx.Client, **filters: str) -> models_cases.BulkPreview:
    answer = client.post("/v1/cases/bulk/preview", json={"filter": filters})
    assert answer.status_code == 200, answer.text
    return models_cases.BulkPreview.model_validate(answer.json(), extra="forbid")


def bulk(client: httpx.Client, fingerprint: str, filters: dict[str, str], **move: object) -> models_cases.Bulk:
    answer = client.post("/v1/cases/bulk", json={"filter": filters, "fingerprint": fingerprint, **move})
    assert answer.status_code == 200, answer.text
    return models_cases.Bulk.model_validate(answer.json(), extra="forbid")


def test_a_preview_says_how_many_what_is_at_risk_and_which(maria: httpx.Client) -> None:
    seen = preview(maria, **PAYMENTS)
    assert (seen.count, seen.at_risk) == (7, {"EUR": 70.0})
    assert [it.correlation_id for it in seen.examples] == ["P-6", "P-5", "P-4", "P-3", "P-2"]
    assert preview(maria, state="open").count == 8
    assert preview(maria).count == 9


def test_what_was_previewed_is_changed(maria: httpx.Client, any_shop: Shop) -> None:
    seen = preview(maria, **PAYMENTS)
    done_ = bulk(maria, seen.fingerprint, PAYMENTS, resolve=FIXED)
    assert (done_.changed, done_.remaining, done_.unfit, done_.changed_since_preview, done_.refused) == (7, 0, 0, 0, [])
    assert found(maria, state="open") == {"S-1"}
    with any_shop.database.read() as connection:
        entries = connection.execute(select(tables.audit).where(tables.audit.c.what.startswith("case."))).all()
    assert sorted(it.what for it in entries) == [*["case.resolved"] * 7, "case.resolved.many"]
    [of_all] = [it for it in entries if it.what == "case.resolved.many"]
    assert (of_all.actor, json.loads(of_all.detail)["changed"]) == ("maria", 7)


def test_what_came_or_changed_since_is_left_as_it_is(
    maria: httpx.Client, any_shop: Shop, operators: Operators, clock: ManualClock
) -> None:
    seen = preview(maria, **PAYMENTS)
    clock.sleep(60)
    with any_shop.database.begin() as connection:
        connection.execute(tables.cases.update().where(tables.cases.c.id == case_id(UNPAID[0])).values(owner="x"))
    with operators.as_("bob") as bob:
        done(bob.post(f"/v1/cases/{case_id(UNPAID[1])}/resolve", json=FIXED))
        done(bob.post(f"/v1/cases/{case_id(UNPAID[2])}/assign", json={"assignee": "me"}))
    any_shop.open_cases(unpaid("N-1", since=NOON + MINUTE))
    done_ = bulk(maria, seen.fingerprint, PAYMENTS, acknowledge={"note": "an outage of the bank"})
    assert (done_.changed, done_.changed_since_preview) == (5, 2)
    assert found(maria, state="open") == {"P-2", "N-1", "S-1"}


def test_more_than_was_previewed_is_refused(maria: httpx.Client, any_shop: Shop) -> None:
    seen = preview(maria, **PAYMENTS)
    any_shop.open_cases(unpaid("N-1", since=NOON - 9 * HOUR))  # of a reconciler whose clock is slow
    answer = maria.post("/v1/cases/bulk", json={"filter": PAYMENTS, "fingerprint": seen.fingerprint, "resolve": FIXED})
    assert "not previewed" in problem(answer, 409)
    assert len(found(maria, state="open")) == 9


def test_a_long_one_goes_on_with_the_same_request(
    maria: httpx.Client, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "AT_MOST", 3)
    seen = preview(maria, **PAYMENTS)
    told = []
    for _ in range(3):
        clock.sleep(1)
        done_ = bulk(maria, seen.fingerprint, PAYMENTS, resolve=FIXED)
        told.append((done_.changed, done_.remaining))
    assert told == [(3, 4), (3, 1), (1, 0)]


def test_those_that_cannot_be_moved_so_are_counted(maria: httpx.Client) -> None:
    seen = preview(maria)
    done_ = bulk(maria, seen.fingerprint, {}, resolve=FIXED)
    assert (done_.changed, done_.unfit) == (8, 1)


def test_a_token_of_a_team_chooses_among_its_cases(maria: httpx.Client, operators: Operators) -> None:
    with operators.as_("wim", team="warehouse") as wim:
        seen = preview(wim, state="open")
        assert (seen.count, [it.correlation_id for it in seen.examples]) == (1, ["S-1"])
        assert bulk(wim, seen.fingerprint, {"state": "open"}, acknowledge={}).changed == 1


def test_many_are_handed_over_at_once(maria: httpx.Client, operators: Operators, clock: ManualClock) -> None:
    seen = preview(maria, **PAYMENTS)
    bulk(maria, seen.fingerprint, PAYMENTS, assign={"assignee": "me"})
    clock.sleep(1)
    theirs = {"assignee": "maria"}
    with operators.as_("bob") as bob:
        assert bulk(bob, preview(bob, **theirs).fingerprint, theirs, assign={"assignee": "bob"}).changed == 7


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "expected one of acknowledge, snooze, resolve, reopen, assign"),
        ({"resolve": FIXED, "acknowledge": {}}, "expected one of"),
        ({"acknowledge": {"revision": 1}}, "a revision is of one case"),
        ({"resolve": {"reason": "fixed"}}, "note"),
        ({"snooze": {"until": "2025-11-20T11:00:00Z"}}, "Until: expected an instant in the future"),
        ({"acknowledge": {}, "fingerprint": "x"}, "fingerprint is none"),
        ({"acknowledge": {}, "filter": {"state": "resolved"}}, "is of the preview of another filter"),
        ({"acknowledge": {}, "filter": {"sate": "open"}}, "sate"),
    ],
)
def test_what_makes_no_sense_is_refused(maria: httpx.Client, body: dict[str, object], told: str) -> None:
    seen = preview(maria, **PAYMENTS)
    answer = maria.post("/v1/cases/bulk", json={"filter": PAYMENTS, "fingerprint": seen.fingerprint, **body})
    assert told in problem(answer, 400)
    assert len(found(maria, state="open")) == 8


def test_a_key_that_is_unknown_is_told_by_its_place_with_the_nearest(maria: httpx.Client) -> None:
    answer = maria.post("/v1/cases/bulk/preview", json={"filter": {"sevrity": "info"}, "fingerprnt": "x"})
    assert [it["parameter"] for it in answer.json()["errors"]] == ["filter.sevrity", "fingerprnt"]
    [severity, _] = answer.json()["errors"]
    assert (answer.status_code, severity["reason"]) == (400, "is unknown (did you mean severity?)")


def test_what_is_not_json_is_told_where(maria: httpx.Client) -> None:
    answer = maria.post("/v1/cases/bulk/preview", content=b'{"filter": }', headers={"Content-Type": "application/json"})
    [body] = answer.json()["errors"]
    assert body == {"parameter": "body", "reason": "is not JSON: Expecting value (character 11)"}
    [odd] = maria.post("/v1/cases/bulk/preview", json={"filter": 1}).json()["errors"]
    assert odd == {"parameter": "filter", "reason": "should be an object"}
