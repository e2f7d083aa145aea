"""`kill -9` at any moment, with real processes on both databases: no refund is doubled, and none is lost."""

import time
from collections.abc import Iterator
from random import Random

import pytest

from reconcile.actions.row import NEVER, State
from store.database import Database
from tests.faults.action_worker import FastClock, Orders, started
from tests.faults.provider import Mood, Provider, open_for_business
from tests.faults.refund_run import PATIENCE, run, wrong
from tests.reconcile.actions.refunds import asked, local, stored, wanted
from tests.reconcile.desk import enter

pytestmark = pytest.mark.processes


@pytest.fixture
def url(any_database: Database) -> str:
    return any_database.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with open_for_business(Provider(True, Random(0), (Mood.ANSWERS,))) as provider:
        yield provider


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("idempotent", [True, False], ids=["idempotent", "once_only"])
def test_killed_again_and_again(any_database: Database, url: str, seed: int, idempotent: bool) -> None:
    assert wrong(run(any_database, url, seed, idempotent), idempotent) == []


@pytest.mark.parametrize(("die", "paid"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("idempotent", [True, False], ids=["idempotent", "once_only"])
def test_killed_between_guard_and_call_and_between_call_and_record(
    any_database: Database, url: str, provider: Provider, die: str, paid: int, idempotent: bool
) -> None:
    enter(any_database, "a")
    action = asked(any_database, wanted(local(provider.url, idempotent)))
    clock = FastClock(time.time())
    victim = started(Orders(url, clock, die, PATIENCE))
    victim.join(PATIENCE)
    assert (victim.exitcode, provider.paid[action.id]) == (-9, paid)
    assert stored(any_database, action).state is State.CALLING
    heir = started(Orders(url, clock, timeout=PATIENCE))
    try:
        for _ in range(PATIENCE * 20):
            found = stored(any_database, action)
            if found.state is State.SUCCEEDED or (found.state, found.next_at) == (State.UNKNOWN, NEVER):
                break
            time.sleep(0.05)
    finally:
        heir.kill()
        heir.join()
    expected = (State.SUCCEEDED, 1) if idempotent else (State.UNKNOWN, paid)
    assert (found.state, provider.paid[action.id]) == expected
