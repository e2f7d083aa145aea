"""The loop around intake and sweep, and the whole way from an event to a webhook."""

import json
import time
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from standardwebhooks import Webhook

from reconcile.cases.intake import Intake
from reconcile.cases.sweep import SLICES, Sweep
from reconcile.loop import SOON
from reconcile.notify.dispatcher import Dispatcher
from reconcile.notify.sender import Sender
from reconcile.reconciler import Reconciler
from rules.evaluate.evaluator import Evaluator
from rules.ruleset import rules_of
from rules.spec import Match, Matcher, Step, Workflow
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import StoreUnavailable
from store.event import HOUR, MINUTE, SECOND
from store.event import Event as Happened
from store.events import write
from store.settings import NotifySettings, OutgoingSettings, Settings, load
from tests.reconcile.desk import AT_ONCE, NOON, SECRET, Desk, endpoint, finding
from tests.reconcile.receiver import receiver
from tests.store.clock import ManualClock


class StoppingClock(ManualClock):
    """Sets `stop` after so many sleeps, and remembers them."""

    def __init__(self, sleeps: int) -> None:
        super().__init__(NOON)
        self.stop = Event()
        self.slept: list[float] = []
        self._sleeps = sleeps

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.slept.append(seconds)
        if len(self.slept) == self._sleeps:
            self.stop.set()


@pytest.fixture
def desk(clickhouse: ClickHouse, database: Database) -> Desk:
    return Desk(clickhouse, database)


def sweeps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """When a slice is swept, from now on."""
    swept: list[int] = []

    def step(_: Sweep, now: int) -> bool:
        swept.append(now)
        return False

    monkeypatch.setattr(Sweep, "step", step)
    return swept


def test_the_loop_takes_in_findings_and_rests(desk: Desk) -> None:
    desk.write(finding())
    clock = StoppingClock(3)
    Reconciler(desk.intake, desk.alarms, desk.sweep, HOUR).run(clock, clock.stop)
    assert len(desk.cases()) == 1
    assert clock.slept == [SOON] * 3


def test_the_loop_survives_whatever_a_step_raises(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    faults = iter([StoreUnavailable("ClickHouse: gone"), KeyError("unforeseen")])
    step = Intake.step

    def faulty(intake: Intake, now: int) -> bool:
        for fault in faults:
            raise fault
        return step(intake, now)

    monkeypatch.setattr(Intake, "step", faulty)
    desk.write(finding())
    clock = StoppingClock(4)
    Reconciler(desk.intake, desk.alarms, desk.sweep, HOUR).run(clock, clock.stop)
    assert len(desk.cases()) == 1
    assert clock.slept[:2] == [5.0, 5.0]
    assert "reconciler: ClickHouse: gone" in caplog.text
    assert "reconciler: a step failed and is tried again" in caplog.text


def test_a_slice_is_swept_whenever_one_is_due(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    swept = sweeps(monkeypatch)
    reconciler = Reconciler(desk.intake, desk.alarms, desk.sweep, MINUTE)
    for at in (0, 1, MINUTE - 1, MINUTE, MINUTE + 1, 3 * MINUTE):
        reconciler.step(NOON + at)
    assert swept == [NOON, NOON + MINUTE, NOON + 3 * MINUTE]


# The whole way

PAID = Workflow(
    name="fulfilment",
    noun="order",
    owner="payments",
    start=Matcher((Match("OrderPlaced"),)),
    steps=(Step("PaymentReceived", Matcher((Match("PaymentReceived"),)), within=15 * MINUTE, owner="payments"),),
)


def settings(tmp_path: Path, url: str) -> Settings:
    defaults = load({}, overrides={"data": str(tmp_path)})
    return replace(
        defaults,
        public_url="https://noshow.example.org",
        notify=NotifySettings({"payments": endpoint("payments", url)}, AT_ONCE),
        outgoing=OutgoingSettings(allow_private=True),
    )


def happened(name: str, time: int) -> Happened:
    return Happened(id=name, correlation_id="A-17", name=name, time=time, source="shop", received_at=time)


def test_from_a_missing_event_to_the_owner_and_back(
    clickhouse: ClickHouse, any_database: Database, tmp_path: Path
) -> None:
    now = time.time_ns() // 1_000  # receivers accept only what is of the present
    placed = now - 20 * MINUTE
    with receiver() as there:
        given = settings(tmp_path, there.url)
        evaluator = Evaluator(clickhouse, any_database, rules_of([PAID]), given.evaluator, "one")
        reconciler = Reconciler.build(clickhouse, any_database, given)
        dispatcher = Dispatcher.build(any_database, given)
        sender = Sender.build(any_database, given)

        def go(at: int) -> None:
            evaluator.tick(at)
            while reconciler.step(at) or dispatcher.step(at) or sender.step(at):
                pass

        write(clickhouse, [happened("OrderPlaced", placed)])
        go(placed + 10 * MINUTE)
        assert there.received == []
        go(now)
        go(now + SECOND)
        write(clickhouse, [happened("PaymentReceived", placed + 19 * MINUTE)])
        go(now + 2 * SECOND)
        go(now + 3 * SECOND)
        evaluator.release()
    opened, resolved = (Webhook(SECRET).verify(request.body, request.headers) for request in there.received)
    assert (opened["type"], opened["data"]["kind"]) == ("case.opened", "missing")
    assert opened["data"]["title"] == "order A-17: PaymentReceived is missing, 5 min overdue"
    assert (resolved["type"], resolved["data"]["reason"]) == ("case.resolved", "arrived_late")
    assert resolved["data"]["title"] == "order A-17 is settled: PaymentReceived arrived 4 min late"
    assert resolved["data"]["case"] == opened["data"]["case"]
    assert json.loads(there.received[0].body)["data"]["url"] == "https://noshow.example.org/orders/fulfilment/A-17"


def test_a_round_of_the_sweep_takes_as_long_as_the_evaluators(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = sweeps(monkeypatch)
    given = settings(tmp_path, "https://hooks.example.org")
    reconciler = Reconciler.build(desk.clickhouse, desk.database, given)
    every = given.evaluator.sweep_every * given.evaluator.sweep_slices // SLICES
    for at in (0, every - 1, every):
        reconciler.step(NOON + at)
    assert swept == [NOON, NOON + every]
