"""The outage drill for real: thousands of open deadlines, a way that is cut past all of them, then the backlog.

By hand: `python -m tests.faults.outage [--form senders|payments|collector|killed|lost] [--orders 10000] [--learned]`.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from store.event import SECOND
from store.instant import parse_instant
from tests.end_to_end.drill import everything
from tests.end_to_end.process import PATIENCE
from tests.faults.evidence import evidence_of
from tests.faults.live_shop import micros
from tests.faults.outage_rooms import FORMS, Form, Room
from tests.faults.telling import GRACE, PAID, PLACED, Sender, Sent, Trade
from tests.web_server import client_of

Told = list[dict[str, Any]]


@dataclass(frozen=True)
class Plan:
    """How many orders are open when the way is cut, and how long (seconds) what takes: that they are placed, that they
    may take, that nothing gets through, that all is well before and behind that. What is usual is learned meanwhile, or
    it is declared."""

    orders: int = 10_000
    placing: int = 20
    within: int = 60
    cut: int = 170
    before: int = 5
    behind: int = 15
    hold_at_most: str = "15m"
    learned: bool = False

    @property
    def settings(self) -> Mapping[str, object]:
        usual = {"learn": "1m"} if self.learned else {"expect": {PLACED: "2/s", PAID: "2/s"}}
        return {
            "rules": "rules",
            "access": {"anonymous": "always"},  # a cable has a port of its own, which is not that of the server
            "collector": {"grpc_port": "off"},
            "evaluator": {"shares": 2, "hold_at_most": self.hold_at_most, "silence": usual},
        }

    @property
    def rule(self) -> str:
        step = f"steps:\n  payment: {{event: {PAID}, within: {self.within}s}}\n"
        return f"workflow: orders\nowner: orders\ngrace: {GRACE // SECOND}s\nstart: {PLACED}\n{step}"


@dataclass(frozen=True)
class Course:
    """Instants, µs UTC. `back`: when the way was there again; `all_in`: when all that had waited was in ClickHouse."""

    cut: int
    back: int
    all_in: int


@dataclass(frozen=True)
class Outcome:
    """`unpaid`: the orders that must be flagged; `sent`: by event; `stored`: the ids of those that are in ClickHouse;
    `flagged`: every order that ever was, when that was written, and what was said; `incidents` and `collectors` as the
    API tells them."""

    trade: Trade
    course: Course
    unpaid: set[str]
    sent: Mapping[str, Sent]
    stored: set[str]
    flagged: Mapping[str, tuple[int, str]]
    incidents: Told
    collectors: Told

    @cached_property
    def not_yet(self) -> set[str]:
        """Nor are these paid, but they were placed when it was nearly over."""
        return self.trade.unpaid(self.sent) - self.unpaid

    @cached_property
    def perished(self) -> set[str]:
        """Their payment was acknowledged, and is in a spool that nobody ever opens again."""
        return {id.removesuffix(f"-{PAID}") for id in self.sent.keys() - self.stored}

    @property
    def recovered(self) -> int:
        """When the way was back, or nobody waited for it any more."""
        let_go = [parse_instant(it["let_go_at"]) for it in self.collectors if it["let_go_at"]]
        return min(let_go, default=self.course.back)

    def delays(self) -> list[int]:
        """Of those that fell due in the outage, by how much (µs) after the recovery each true one was flagged."""
        due_at = {it: self.sent[f"{it}-{PLACED}"].time + self.trade.within + GRACE for it in self.unpaid}
        found = (it for it in self.unpaid & self.flagged.keys() if self.course.cut < due_at[it] < self.recovered)
        return sorted(self.flagged[it][0] - self.recovered for it in found)

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def run(form: Form, place: Path, plan: Plan) -> Outcome:
    """Returns when everything is judged, or patience has ended; what is wrong then is said by `check`."""
    (place / "rules").mkdir(parents=True)
    (place / "rules" / "orders.yaml").write_text(plan.rule)
    with form(place, plan.settings) as room, client_of(room.answers) as client:
        trade = Trade(micros(), plan.orders, plan.placing * SECOND, plan.within * SECOND)
        shop, payments = Sender(room.shop, trade.placed()), Sender(room.payments, trade.paid())
        time.sleep(plan.before)
        course = _cut_off(plan, trade, room, (shop, payments))
        time.sleep(plan.behind)
        unpaid = trade.unpaid([*shop.acknowledged])
        _wait(lambda: _incomplete(client) >= unpaid)  # meanwhile they go on: else all would be silent again
        sent = _close(shop, payments)
        incidents, collectors = (client.get(f"/v1/{it}").json()["items"] for it in ("incidents", "collectors"))
        room.stop()
        found = evidence_of(room.config)
    flagged = {order: (at, said) for _, order, _, kind, _, at, said in found["openings"] if kind == "missing"}
    return Outcome(trade, course, unpaid, sent, set(found["events"]), flagged, incidents, collectors)


def check(outcome: Outcome) -> None:
    """Who has not paid is flagged, and nobody else, but for those whose payment has perished: that is said of them."""
    assert outcome.unpaid
    assert not outcome.perished or any(it["state"] == "let_go" for it in outcome.collectors)
    assert outcome.flagged.keys() - outcome.not_yet == outcome.unpaid | outcome.perished
    for order in outcome.perished:
        assert "But collector" in outcome.flagged[order][1], outcome.flagged[order]


def _cut_off(plan: Plan, trade: Trade, room: Room, senders: tuple[Sender, Sender]) -> Course:
    shop, payments = senders
    now = micros()
    shop.plan(trade.rush_placed(now))
    payments.plan(trade.rush_paid(now))
    _wait(lambda: trade.is_open(shop.acknowledged))
    cut = micros()
    room.cut(payments)
    time.sleep(max(0, plan.cut - (micros() - cut) / SECOND))
    room.mend(payments)
    back = micros()
    with client_of(room.answers) as client:
        _wait(lambda: all(it.has_told(back) for it in senders))
        _wait(lambda: not any(it["waiting"] for it in _collectors(client)))
    return Course(cut, back, micros())


def _close(shop: Sender, payments: Sender) -> dict[str, Sent]:
    now = micros()
    shop.close(now, PATIENCE)
    payments.close(now + SECOND, PATIENCE)
    return shop.acknowledged | payments.acknowledged


def _collectors(client: httpx.Client) -> list[dict[str, Any]]:
    """Those that are waited for."""
    items: list[dict[str, Any]] = client.get("/v1/collectors").json()["items"]
    return [it for it in items if it["state"] != "let_go"]


def _incomplete(client: httpx.Client) -> set[str]:
    return {it["correlation_id"] for it in everything(client, "/v1/instances", state="incomplete")}


def _wait(holds: Callable[[], bool]) -> None:
    """Looks often."""
    for _ in range(PATIENCE * 10):
        if holds():
            return
        time.sleep(0.1)


def _lines(it: Outcome) -> Iterator[str]:
    course, orders = it.course, it.trade.orders
    others = sum(id.endswith(PLACED) for id in it.sent) - orders
    away = (course.back - course.cut) / SECOND
    yield f"{orders:,} orders open, cut off for {away:.0f} s, past all deadlines; {others:,} others before and after"
    for told in it.incidents:
        since, began = parse_instant(told["since"]), parse_instant(told["began_at"])
        when, after = (since - course.cut) / SECOND, (began - since) / SECOND
        yield f"silent: {told['subject']} since {when:+.1f} s, told {after:.1f} s after that ({told['expected']})"
        yield f"        {told['held']:,} waited for it, ended as {told['because']}"
    waited = sum(sent.time < course.back <= sent.at for sent in it.sent.values())
    yield f"back: {waited:,} events had waited for that, all in after {(course.all_in - course.back) / SECOND:.1f} s"
    paid = it.flagged.keys() - it.unpaid - it.not_yet
    yield f"flagged: {len(it.unpaid & it.flagged.keys())} of {len(it.unpaid)} unpaid, {len(paid - it.perished)} paid"
    if it.perished:
        yield f"flagged, as it is said that a collector is lost: {len(paid & it.perished):,} of {len(it.perished):,}"
    if delays := it.delays():
        first, last = delays[0] / SECOND, delays[-1] / SECOND
        yield f"those {len(delays)} that fell due meanwhile {first:.1f} to {last:.1f} s after the recovery"
        if it.recovered == course.back:
            yield f"        {last - (course.all_in - course.back) / SECOND:.1f} s after the backlog was in"


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tests.faults.outage")
    arguments.add_argument("--form", choices=FORMS, default="senders")
    arguments.add_argument("--orders", type=int, default=10_000)
    arguments.add_argument("--learned", action="store_true")
    options = arguments.parse_args()
    plan = Plan(options.orders, learned=options.learned, before=300 if options.learned else 5)
    plan = replace(plan, hold_at_most="1m") if options.form == "lost" else plan
    folder = Path(tempfile.mkdtemp(prefix="noshow-outage-"))
    print(f"the stores and logs are in {folder}")
    outcome = run(FORMS[options.form], folder / "run", plan)
    print(outcome)
    check(outcome)


if __name__ == "__main__":
    main()
