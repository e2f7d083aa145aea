"""The quick fix at three in the morning: fifty corrections looked at, then applied as one."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconcile.actor import Actor, ActorKind
from reconcile.errors import FileRefused
from reconcile.teams import EVERY_TEAM, Teams
from reconcile.truth.effect import Effect
from reconcile.truth.file.fix import FileFix, Order
from reconcile.truth.testimony import Word
from reconcile.truth.witness import Statement, Witness
from store.event import MINUTE
from store.tables import audit, testimony
from tests.conftest import NOON
from tests.reconcile.office import PAYMENT, Office

EVE = Actor(ActorKind.PERSON, "eve")
NOW = NOON + 20 * MINUTE
ORDERS = [f"order-{number}" for number in range(50)]


def requested(desk: Office, orders: Sequence[str]) -> None:
    for order in orders:
        desk.happens(order, 0, "PaymentRequested", amount=10, currency="EUR")
    desk.judge(17 * MINUTE)


def file(orders: Sequence[str], step: str = PAYMENT, word: str = "confirmed") -> bytes:
    lines = (f"{order},{step},{word},2025-11-20T12:05:00Z\n" for order in orders)
    return ("correlation_id,step,word,time\n" + "".join(lines)).encode()


def fix(desk: Office) -> FileFix:
    return FileFix(desk.clickhouse, desk.database, desk.rulebook)


def apply(desk: Office, content: bytes, teams: Teams = EVERY_TEAM) -> None:
    fingerprint = fix(desk).preview(content, NOW).fingerprint
    fix(desk).apply(content, Order(fingerprint, EVE, "the provider's list of 3 am", teams), NOW)


def test_fifty_corrections_are_previewed_applied_as_one_and_settle_fifty_cases(desk: Office) -> None:
    requested(desk, ORDERS)
    shown = fix(desk).preview(file(ORDERS), NOW)
    assert (shown.totals, shown.at_risk) == ({Effect.CONFIRMS: 50}, {"EUR": 500.0})
    assert shown.lines[7].sentence == "would confirm missing PaymentReceived of order-7"
    assert desk.said() == [], "nothing has happened yet"
    apply(desk, file(ORDERS))
    assert desk.said() == [("confirmed", 5 * MINUTE, "eve")] * 50
    [entry] = [row for row in desk.rows(audit) if row["what"].startswith("truth.")]
    assert (entry["what"], entry["actor"], entry["why"]) == ("truth.file", "eve", "the provider's list of 3 am")
    detail = json.loads(entry["detail"])
    assert [it["correlation_id"] for it in detail["applied"]] == ORDERS
    assert {row["causation_id"] for row in desk.rows(testimony)} == {entry["id"]}
    desk.judge(20 * MINUTE)
    assert {(case["state"], case["reason"]) for case in desk.desk.cases()} == {("resolved", "condition_ceased")}


def test_each_line_says_what_it_would_do(desk: Office) -> None:
    requested(desk, ["a", "b", "c", "d"])
    desk.happens("b", MINUTE, PAYMENT)
    desk.judge(18 * MINUTE)
    case = str(desk.case("c")["id"])
    Witness(desk.clickhouse, desk.database).testify(case, PAYMENT, Statement(Word.CONFIRMED, "seen"), EVE, NOW)
    content = (
        f"correlation_id,step,word,workflow\na,{PAYMENT},confirmed,\nb,{PAYMENT},absent,\nc,{PAYMENT},confirmed,\n"
        f"nobody,{PAYMENT},confirmed,\na,Paymnt,confirmed,\nd,{PAYMENT},absent,online-payment\nd,{PAYMENT},absent,other\n"
    ).encode()
    shown = fix(desk).preview(content, NOW)
    assert [(line.effect, line.sentence) for line in shown.lines] == [
        (Effect.CONFIRMS, "would confirm missing PaymentReceived of a"),
        (Effect.FULFILLED, "PaymentReceived of b has been fulfilled by an event, so no word on it counts"),
        (Effect.ALREADY, "PaymentReceived of c: eve said so already, 2025-11-20T12:20:00Z"),
        (Effect.UNKNOWN_ORDER, "nobody is not known here"),
        (Effect.UNKNOWN_STEP, "no rule has a step Paymnt"),
        (Effect.DENIES, "would mark missing PaymentReceived of d as failed"),
        (Effect.UNKNOWN_STEP, "no rule in other has a step PaymentReceived"),
    ]
    apply(desk, content)
    assert [word for word, *_ in desk.said()].count("confirmed") == 2
    [entry] = [row for row in desk.rows(audit) if row["what"] == "truth.file"]
    assert [it["because"] for it in json.loads(entry["detail"])["left"]] == [
        *("fulfilled", "already", "unknown_order", "unknown_step", "unknown_step")
    ]


def test_a_file_that_was_not_looked_at_is_refused_as_a_whole(desk: Office) -> None:
    requested(desk, ["a"])
    fingerprint = fix(desk).preview(file(["a"]), NOW).fingerprint
    with pytest.raises(FileRefused, match="not the file that was looked at"):
        fix(desk).apply(file(["a"], word="absent"), Order(fingerprint, EVE, "why"), NOW)
    with pytest.raises(FileRefused, match="reason"):
        fix(desk).apply(file(["a"]), Order(fingerprint, EVE, " "), NOW)
    assert (desk.said(), desk.trail()) == ([], [])


def test_applied_again_it_changes_nothing_and_says_so(desk: Office) -> None:
    requested(desk, ["a"])
    apply(desk, file(["a"]))
    with pytest.raises(FileRefused, match="nothing is left to change"):
        apply(desk, file(["a"]))
    assert len(desk.said()) == 1


def test_applied_twice_at_once_it_is_applied_once(desk: Office) -> None:
    requested(desk, ["a"])
    order = Order(fix(desk).preview(file(["a"]), NOW).fingerprint, EVE, "why")

    def try_it(_: int) -> bool:
        try:
            fix(desk).apply(file(["a"]), order, NOW)
        except FileRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(try_it, range(8))).count(True) == 1
    assert (len(desk.said()), desk.trail()) == (1, ["truth.file"])


def test_another_teams_steps_are_left(desk: Office) -> None:
    requested(desk, ["a"])
    [line] = fix(desk).preview(file(["a"]), NOW, Teams.of("warehouse")).lines
    assert (line.effect, line.sentence) == (Effect.NOT_YOURS, "PaymentReceived of a belongs to payments")
    with pytest.raises(FileRefused, match="nothing is left to change"):
        apply(desk, file(["a"]), teams=Teams.of("warehouse"))
