"""The sweep over a provider's list: compared both ways, each difference recorded once, corrected where it can be."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from reconcile.outgoing.call import Caller
from reconcile.truth.sweep import listing
from reconcile.truth.sweep.listing import LARGEST, Listing
from reconcile.truth.sweep.sweeper import Sweeper
from store.event import HOUR, MINUTE, SECOND
from store.settings_sweeps import SweepSettings
from store.tables import audit, cursors, discrepancies
from tests.conftest import NOON
from tests.reconcile.office import PAYMENT, WORKFLOW, Office
from tests.reconcile.provider import Provider, Said
from tests.store.clock import ManualClock

PASS = 30 * MINUTE  # after noon; everything of the first minutes is older than the lag then


def settings(bank: Provider, **more: object) -> SweepSettings:
    least = SweepSettings(
        name="payments",
        workflow=WORKFLOW,
        step=PAYMENT,
        get=f"{bank.url}/v1/changes?since={{since}}&after={{cursor}}",
        headers={"Authorization": "Bearer ${PAYMENTS_TOKEN}"},
        items=("data",),
        next=("next",),
        fields={name: (key,) for name, key in FIELDS.items()},
        happened=frozenset({"succeeded"}),
        failed=frozenset({"declined"}),
        ours=("amount",),
    )
    return replace(least, **more)  # type: ignore[arg-type]  # a test's own words


FIELDS = {"correlation_id": "order", "id": "id", "time": "created_at", "amount": "amount", "status": "status"}


def sweeper(desk: Office, bank: Provider, **more: object) -> Sweeper:
    call = partial(Caller(allow_private=True, timeout=5), largest=LARGEST)
    found = Listing(settings(bank, **more), call, {"PAYMENTS_TOKEN": "s3cret-of-ours"})
    return Sweeper(desk.clickhouse, desk.database, desk.rulebook, found, "one")


def sweep(desk: Office, bank: Provider, at: int = PASS, **more: object) -> bool:
    """A pass, and everybody looks at what came of it."""
    made = sweeper(desk, bank, **more).step(NOON + at)
    desk.judge(at)
    return made


def requested(desk: Office, *orders: str) -> None:
    for order in orders:
        desk.happens(order, 0, "PaymentRequested", amount=10)
    desk.judge(2 * MINUTE)


def charged(bank: Provider, order: str, **more: object) -> None:
    bank.charge(order, **{"created_at": "2025-11-20T12:01:00Z", "amount": 10, **more})


def found(desk: Office) -> list[tuple[str, str, str]]:
    """(order, kind, what was done) of all that is open."""
    rows = [row for row in desk.rows(discrepancies) if row["closed_at"] is None]
    return sorted((row["correlation_id"], row["kind"], row["correction"]) for row in rows)


def trail(desk: Office) -> list[str]:
    return sorted(row["what"] for row in desk.rows(audit) if row["what"].startswith("truth."))


def passed(desk: Office) -> Mapping[str, Any]:
    last = [row for row in desk.rows(audit) if row["what"] in ("truth.swept", "truth.sweep_failed")][-1]
    detail: Mapping[str, Any] = json.loads(last["detail"])
    return detail


def test_where_both_agree_nothing_is_found_and_that_is_on_record(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    desk.happens("a", MINUTE, PAYMENT, amount=10.0)
    charged(bank, "a", amount="10.00")
    assert sweep(desk, bank)
    assert (found(desk), desk.said(), trail(desk)) == ([], [], ["truth.swept"])
    assert passed(desk) == {
        **{"sweep": "payments", "pages": 1, "items": 1, "skipped": 0},
        **{"found": 0, "corrected": 0, "closed": 0},
    }
    assert bank.tokens == ["Bearer s3cret-of-ours"]


def test_what_they_have_and_we_do_not_is_corrected_and_told(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    charged(bank, "a")
    sweep(desk, bank)
    assert found(desk) == [("a", "theirs_only", "confirmed")]
    assert (desk.said(), desk.step("a")) == ([("confirmed", MINUTE, "truth")], "on_time")
    assert trail(desk) == ["truth.corrected", "truth.swept"]
    [row] = desk.rows(discrepancies)
    assert row["told_at"] is None, "the pipeline is broken, and somebody must hear of it"
    assert json.loads(row["theirs"])["id"] == "ch_a"


def test_seen_again_it_is_the_same_and_when_the_event_comes_it_is_closed(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    charged(bank, "a")
    sweep(desk, bank)
    sweep(desk, bank, PASS + HOUR)
    [row] = desk.rows(discrepancies)
    assert (row["found_at"], row["last_seen_at"]) == (NOON + PASS, NOON + PASS + HOUR)
    assert (len(desk.said()), trail(desk).count("truth.corrected")) == (1, 1)
    desk.happens("a", MINUTE, PAYMENT, amount=10)
    sweep(desk, bank, PASS + 2 * HOUR)
    assert found(desk) == []
    assert passed(desk)["closed"] == 1


def test_it_is_closed_also_when_they_list_it_no_more(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    charged(bank, "a")
    sweep(desk, bank)
    bank.charges.clear()
    desk.happens("a", MINUTE, PAYMENT, amount=10)
    sweep(desk, bank, PASS + 2 * HOUR)
    assert found(desk) == []


def test_what_we_have_and_they_do_not_is_a_discrepancy_and_corrects_nothing(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    desk.happens("a", MINUTE, PAYMENT, amount=10)
    sweep(desk, bank)
    assert (found(desk), desk.said(), desk.step("a")) == ([("a", "ours_only", "")], [], "on_time")
    charged(bank, "a")
    sweep(desk, bank, PASS + HOUR)
    assert found(desk) == [], "they were late with it"


def test_another_amount_is_a_discrepancy(desk: Office, bank: Provider) -> None:
    requested(desk, "a", "b")
    for order in ("a", "b"):
        desk.happens(order, MINUTE, PAYMENT, amount=10.5)
        charged(bank, order, amount=1050 if order == "b" else 999)
    sweep(desk, bank, scale=2)
    assert found(desk) == [("a", "amount", "")]
    [row] = desk.rows(discrepancies)
    assert (json.loads(row["theirs"])["amount"], json.loads(row["ours"])["amounts"]) == ("9.99", ["10.5"])


def test_an_order_that_nobody_heard_of_is_one_of_its_own(desk: Office, bank: Provider) -> None:
    charged(bank, "stranger")
    sweep(desk, bank)
    assert (found(desk), desk.said()) == ([("stranger", "unknown_order", "")], [])


def test_orders_of_others_may_be_on_the_list(desk: Office, bank: Provider) -> None:
    charged(bank, "stranger")
    sweep(desk, bank, unknown=False)
    assert found(desk) == []


def test_what_failed_there_is_corrected_only_where_it_is_missing(desk: Office, bank: Provider) -> None:
    requested(desk, "gone", "paid")
    desk.happens("paid", MINUTE, PAYMENT, amount=10)
    desk.judge(17 * MINUTE)
    for order in ("gone", "paid"):
        charged(bank, order, status="declined")
    sweep(desk, bank)
    assert found(desk) == [("gone", "outcome", "absent"), ("paid", "outcome", "")]
    assert (desk.step("gone"), desk.step("paid")) == ("failed", "on_time")


def test_an_attempt_that_was_declined_before_the_one_that_was_not_is_no_failure(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    desk.judge(17 * MINUTE)
    pages = [
        Said(200, {"data": [{"order": "a", "id": "ch_1", "status": "declined"}], "next": "2"}),
        Said(200, {"data": [{"order": "a", "id": "ch_2", "status": "succeeded"}], "next": None}),
    ]
    bank.lists = lambda asked: pages[1 if asked.get("after") else 0]
    sweep(desk, bank)
    assert [word for word, *_ in desk.said()] == ["confirmed"]
    assert found(desk) == [("a", "theirs_only", "confirmed")]


def test_what_may_still_be_on_its_way_to_us_is_left_to_the_next_pass(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    charged(bank, "a", created_at="2025-11-20T12:28:00Z")
    sweep(desk, bank)
    assert found(desk) == []
    sweep(desk, bank, PASS + HOUR)
    assert found(desk) == [("a", "theirs_only", "confirmed")]


def test_what_a_lookup_has_confirmed_is_a_discrepancy_all_the_same(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    charged(bank, "a")
    desk.look(17 * MINUTE)
    sweep(desk, bank)
    assert found(desk) == [("a", "theirs_only", "truth has confirmed it")]
    assert len(desk.said()) == 1


def test_page_after_page_since_the_last_pass(desk: Office, bank: Provider) -> None:
    orders = [f"order-{number}" for number in range(7)]
    requested(desk, *orders)
    for order in orders:
        charged(bank, order)
    bank.page_size = 3
    sweep(desk, bank)
    assert len(found(desk)) == 7
    assert bank.paths == [
        "/v1/changes?since=2025-11-19T12%3A10%3A00Z&after=",
        "/v1/changes?since=2025-11-19T12%3A10%3A00Z&after=3",
        "/v1/changes?since=2025-11-19T12%3A10%3A00Z&after=6",
    ]
    [cursor] = [row for row in desk.rows(cursors) if row["name"] == "truth.sweep.payments"]
    assert cursor["position"] == NOON + PASS - 5 * MINUTE
    assert not sweep(desk, bank, PASS + HOUR - 1), "it is not due"
    sweep(desk, bank, PASS + HOUR)
    assert "since=2025-11-20T12%3A10%3A00Z" in bank.paths[3], "from the last pass on, less the overlap"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Said(502), "HTTP 502"),
        (Said(0), "no answer"),
        (Said(200, b"<html>"), "the answer is not JSON"),
        (Said(200, {"items": []}), "there is no list at data of the answer"),
        (Said(200, {"data": [], "next": "round"}), "the provider's pages go in a circle"),
    ],
)
def test_a_list_that_cannot_be_read_is_on_record_and_read_anew(
    desk: Office, bank: Provider, said: Said, why: str
) -> None:
    requested(desk, "a")
    charged(bank, "a")
    bank.lists = lambda _: said
    one = sweeper(desk, bank)
    assert not one.step(NOON + PASS)
    assert not one.step(NOON + PASS + MINUTE), "not at once"
    assert not one.step(NOON + PASS + 5 * MINUTE)
    assert passed(desk)["why"].startswith(why)
    assert trail(desk) == ["truth.sweep_failed"], "told once"
    bank.lists = lambda _: None
    assert one.step(NOON + PASS + 10 * MINUTE)
    assert found(desk) == [("a", "theirs_only", "confirmed")]


def test_a_list_without_end_is_not_read_for_ever(desk: Office, bank: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGES", 3)
    bank.lists = lambda asked: Said(200, {"data": [], "next": f"{asked.get('after', '')}x"})
    sweep(desk, bank)
    assert (passed(desk)["why"], len(bank.paths)) == ("the provider's list has more than 3 pages", 3)


def test_a_pass_that_was_killed_is_begun_anew_and_finds_what_it_found(desk: Office, bank: Provider) -> None:
    orders = [f"order-{number}" for number in range(4)]
    requested(desk, *orders)
    for order in orders:
        charged(bank, order)
    bank.page_size = 2

    def dies(asked: Mapping[str, str]) -> Said | None:
        return Said(0) if asked.get("after") else None

    bank.lists = dies
    one = sweeper(desk, bank)
    assert not one.step(NOON + PASS)
    assert len(found(desk)) == 2, "the first page was written down"
    assert [row for row in desk.rows(cursors) if row["name"] == one.name] == []
    bank.lists = lambda _: None
    assert one.step(NOON + PASS + 5 * MINUTE)
    assert (len(found(desk)), len(desk.said()), trail(desk).count("truth.corrected")) == (4, 4, 4)


def test_one_process_at_a_time(desk: Office, bank: Provider) -> None:
    other = sweeper(desk, bank)

    def meanwhile(_: Mapping[str, str]) -> Said | None:
        other._holder = "two"
        assert not other.step(NOON + PASS)
        return None

    bank.lists = meanwhile
    assert sweep(desk, bank)


def test_a_pass_may_take_longer_than_its_lease(desk: Office, bank: Provider) -> None:
    """Else of two processes each would take it from the other for ever, and neither would come to its end."""
    for number in range(4):
        charged(bank, f"order-{number}")
    bank.page_size = 1
    clock = ManualClock(NOON + PASS)
    other = sweeper(desk, bank)
    other._holder = "two"

    def slow(_: Mapping[str, str]) -> Said | None:
        clock.sleep(6 * 60)
        assert not other.step(clock.now())
        return None

    bank.lists = slow
    assert sweeper(desk, bank).step(clock.now(), clock)


def test_a_provider_that_is_asked_too_much_is_asked_for_that_page_again_when_it_says(
    desk: Office, bank: Provider
) -> None:
    for number in range(3):
        charged(bank, f"order-{number}")
    bank.page_size = 1
    clock = ManualClock(NOON + PASS)
    trouble = [Said(429, headers={"retry-after": "30"}), Said(502)]
    bank.lists = lambda asked: trouble.pop() if asked.get("after") == "1" and trouble else None
    assert sweeper(desk, bank).step(clock.now(), clock)
    assert [path.partition("after=")[2] for path in bank.paths] == ["", "1", "1", "1", "2"]
    assert clock.now() - NOON - PASS == (1 + 30) * SECOND


def test_no_secret_is_on_record(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    charged(bank, "a")
    sweep(desk, bank)
    assert "s3cret" not in str([desk.rows(audit), desk.rows(discrepancies)])
