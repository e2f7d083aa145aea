"""Timed out is not failed: what becomes of a payment that nothing was heard of, end to end, the evaluator judging.

The three ways that it can have gone: the provider did nothing, it did it, or it can't be asked either.
"""

import json
from pathlib import Path

from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR, MINUTE, SECOND
from store.tables import audit
from tests.reconcile.office import PAYMENT, Office, office, rule
from tests.reconcile.provider import HANGS, SILENCE, Provider, Said


def requested(desk: Office, order: str = "a") -> None:
    desk.happens(order, 0, "PaymentRequested", amount=120.5, currency="EUR", customer="c-9")


def test_nothing_happened_so_it_is_absent_and_the_undoing_is_a_clean_no_op(desk: Office, bank: Provider) -> None:
    requested(desk)
    desk.judge(17 * MINUTE)
    assert (desk.case("a")["kind"], desk.step("a")) == ("missing", "missing")
    desk.look(17 * MINUTE)
    assert desk.said() == [("absent", 17 * MINUTE, "truth")]
    case = desk.case("a")
    assert (case["state"], case["kind"], desk.step("a")) == ("open", "failed", "failed")
    assert case["sentence"].startswith(f"{PAYMENT} did not happen"), "the case says that it failed, not that it is late"
    # Called off behind it: nothing was done, so there is nothing to undo and nobody is asked to.
    desk.happens("a", 18 * MINUTE, "PaymentCancelled")
    desk.look(2 * HOUR)
    assert "not_undone" not in {it["kind"] for it in desk.desk.findings() if it["open"]}
    assert bank.refund("a").body == {"refunded": False}, "and a refund that is sent all the same takes nothing back"


def test_the_provider_did_it_so_the_order_goes_on_and_the_late_event_changes_nothing(
    desk: Office, bank: Provider
) -> None:
    requested(desk)
    bank.charge("a", created_at="2025-11-20T12:00:40Z")  # it acted, and its answer was lost
    desk.look(17 * MINUTE)
    assert desk.said() == [("confirmed", 40 * SECOND, "truth")], "as of when the source says that it happened"
    assert desk.step("a") == "on_time"
    case = desk.case("a")
    assert (case["state"], case["reason"]) == ("resolved", "condition_ceased")
    assert bank.refunded == []
    desk.happens("a", 41 * SECOND, PAYMENT)
    desk.look(20 * MINUTE)
    assert (desk.step("a"), desk.case("a")["transition"]) == ("on_time", case["transition"]), "nobody is told anything"
    assert len(bank.asked) == 1
    # What comes next is due by when the payment really was.
    desk.happens("a", 3 * HOUR, "ItemShipped")
    desk.look(4 * HOUR)
    assert desk.step("a", "ItemShipped") == "on_time"
    assert desk.case("a")["transition"] == case["transition"]


def test_the_lookup_times_out_too_so_it_stays_unknown_and_is_asked_again(desk: Office, bank: Provider) -> None:
    requested(desk)
    bank.charge("a", created_at="2025-11-20T12:00:40Z")
    bank.says = lambda _: SILENCE
    desk.look(17 * MINUTE)
    assert (desk.said(), desk.step("a"), desk.case("a")["state"]) == ([], "missing", "open")
    lookup = desk.lookup()
    assert (lookup["state"], lookup["outcome"], lookup["status"]) == ("waiting", "unknown", None)
    assert lookup["note"].startswith("no answer")
    desk.look(21 * MINUTE)
    assert len(bank.asked) == 1, "not before its time"
    for at in (22, 32, 52):  # 5, 10, 20 minutes later
        desk.look(at * MINUTE)
    assert (len(bank.asked), desk.said(), desk.step("a")) == (4, [], "missing")
    assert (desk.case("a")["transition"], desk.trail()) == (1, ["truth.unknown"]), "nothing fires, and it is told once"
    bank.says = lambda _: None
    desk.look(52 * MINUTE + 40 * MINUTE)
    assert (desk.said(), desk.step("a")) == ([("confirmed", 40 * SECOND, "truth")], "on_time")


def test_what_was_asked_is_on_record_without_its_secret(desk: Office, bank: Provider) -> None:
    requested(desk)
    desk.look(17 * MINUTE)
    [entry] = [row for row in desk.rows(audit) if row["what"] == "truth.absent"]
    assert (entry["actor_kind"], entry["actor"], entry["why"]) == ("truth", "truth", "HTTP 404")
    assert (entry["customer"], entry["step"], entry["correlation_id"]) == ("c-9", PAYMENT, "a")
    detail = json.loads(entry["detail"])
    assert detail["request"]["headers"] == {"Authorization": "Bearer ***"}
    assert bank.tokens == ["Bearer s3cret-of-ours"]
    assert "s3cret" not in str([desk.rows(audit), desk.rows(audit), desk.lookup()])


def test_ever_less_often_but_at_least_once_a_day(desk: Office, bank: Provider) -> None:
    requested(desk)
    bank.says = lambda _: Said(502)
    at = 17 * MINUTE
    pauses = []
    for _ in range(12):
        desk.look(at)
        later = desk.lookup()["next_at"] - desk.lookup()["last_at"]
        pauses.append(later // MINUTE)
        at += later
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, 1280, DAY // MINUTE, DAY // MINUTE, DAY // MINUTE]
    assert desk.said() == []


def test_a_source_that_takes_the_question_and_never_answers_says_nothing(
    clickhouse: ClickHouse, database: Database, tmp_path: Path, bank: Provider
) -> None:
    bank.says = lambda _: HANGS
    with office(clickhouse, database, tmp_path, rule(bank.url), timeout=0.3) as desk:
        requested(desk)
        desk.look(17 * MINUTE)
        assert (len(bank.asked), desk.said(), desk.step("a")) == (1, [], "missing")
        assert desk.lookup()["note"] == "no answer within 0.3 s"
