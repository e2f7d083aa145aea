"""What was refused is taken once it may be, once however often, and on record; what is put aside stays aside."""

from collections.abc import Sequence

import msgspec
import pytest

from reconcile.quarantine.bench import Bench, By, Outcome
from store import quarantine
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import MINUTE, Event
from store.events import history
from store.quarantine import Content, State, Wanted, Why
from store.tables import audit
from tests.reconcile.audit.trails import ANNA
from tests.store.refused import NOON, row

BY = By(ANNA, "the mapping is fixed")
STILL = Why("name", "empty", "name: empty")


def again(content: Content, now: int) -> Sequence[Event] | Why:
    """What says `good` is taken."""
    if not content.data.startswith(b"good"):
        return STILL
    return [Event(content.id, "o-1", "A", NOON, "shop", received_at=now)]


@pytest.fixture
def bench(clickhouse: ClickHouse, any_database: Database) -> Bench:
    quarantine.write(clickhouse, [row("a", data=b"good"), row("b", data=b"good"), row("c"), row("d", source="bank")])
    return Bench(clickhouse, any_database, again)


def states(clickhouse: ClickHouse) -> dict[str, str]:
    held = quarantine.page(clickhouse, Wanted(state=None), NOON, 100)
    return {it.id: it.state for it in sorted(held, key=lambda it: it.id)}


def entries(database: Database) -> list[tuple[str, str, str, dict[str, object]]]:
    with database.read() as connection:
        rows = connection.execute(audit.select().order_by(audit.c.id)).all()
    return [(it.what, it.actor, it.why, msgspec.json.decode(it.detail)) for it in rows]


def test_a_preview_changes_nothing(bench: Bench, clickhouse: ClickHouse, any_database: Database) -> None:
    assert bench.preview(Wanted(source="shop"), NOON) == Outcome(2, {"name: empty": 1}, 0)
    assert set(states(clickhouse).values()) == {"waiting"}
    assert (history(clickhouse, "o-1"), entries(any_database)) == ([], [])


def test_what_may_be_taken_is_stored_and_the_rest_says_why(
    bench: Bench, clickhouse: ClickHouse, any_database: Database
) -> None:
    assert bench.replay(Wanted(source="shop"), BY, NOON + MINUTE) == Outcome(2, {"name: empty": 1}, 0)
    assert [(event.id, event.received_at) for event in history(clickhouse, "o-1")] == [
        ("a", NOON + MINUTE),
        ("b", NOON + MINUTE),
    ]
    assert states(clickhouse) == {"a": "replayed", "b": "replayed", "c": "waiting", "d": "waiting"}
    [still] = quarantine.page(clickhouse, Wanted(ids=["c"]), NOON, 1)
    assert (still.field, still.reason, still.fault) == ("name", "empty", "name: empty")
    [(what, actor, why, detail)] = entries(any_database)
    assert (what, actor, why) == ("quarantine.replayed", "anna", "the mapping is fixed")
    assert detail == {"wanted": {"source": "shop"}, "ids": ["a", "b"], "taken": 2, "refused": 1}


def test_to_replay_twice_is_to_replay_once(bench: Bench, clickhouse: ClickHouse, any_database: Database) -> None:
    bench.replay(Wanted(ids=["a"]), BY, NOON)
    assert bench.replay(Wanted(ids=["a"]), BY, NOON) == Outcome(0, {}, 0)
    assert len(entries(any_database)) == 1
    # Killed when the events were stored and the row was not moved yet.
    quarantine.write(clickhouse, [row("a", NOON + MINUTE, data=b"good")])
    assert bench.replay(Wanted(ids=["a"]), BY, NOON).taken == 1
    assert len({(event.source, event.id) for event in history(clickhouse, "o-1")}) == 1


def test_of_what_was_cut_the_first_reason_stays(bench: Bench, clickhouse: ClickHouse) -> None:
    quarantine.write(clickhouse, [row("e", data=b"long", cut=True)])
    bench.replay(Wanted(ids=["e"]), BY, NOON)
    [held] = quarantine.page(clickhouse, Wanted(ids=["e"]), NOON, 1)
    assert held.field == "time"


def test_what_is_discarded_is_not_replayed_any_more(
    bench: Bench, clickhouse: ClickHouse, any_database: Database
) -> None:
    assert bench.discard(Wanted(source="shop"), BY, NOON) == (3, 0)
    assert bench.replay(Wanted(source="shop"), BY, NOON) == Outcome(0, {}, 0)
    assert states(clickhouse)["a"] == "discarded"
    [(what, _, why, detail)] = entries(any_database)
    assert (what, why, detail["discarded"]) == ("quarantine.discarded", "the mapping is fixed", 3)
    assert quarantine.count(clickhouse, Wanted(state=State.DISCARDED), NOON) == 3


def test_nothing_chosen_is_nothing_on_record(bench: Bench, any_database: Database) -> None:
    assert bench.replay(Wanted(group="none"), BY, NOON) == Outcome(0, {}, 0)
    assert bench.discard(Wanted(group="none"), BY, NOON) == (0, 0)
    assert entries(any_database) == []


def test_what_remains_comes_after_what_was_seen_to(
    clickhouse: ClickHouse, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconcile.quarantine.bench.AT_ONCE", 3)
    quarantine.write(clickhouse, [row(id_, data=b"good" if id_ in "de" else b"bad") for id_ in "abcde"])
    bench = Bench(clickhouse, database, again)
    assert bench.replay(Wanted(), BY, NOON) == Outcome(0, {"name: empty": 3}, 2, "c")
    assert bench.replay(Wanted(after="c"), BY, NOON) == Outcome(2, {})


def test_so_do_bytes_that_are_too_many(
    clickhouse: ClickHouse, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconcile.quarantine.bench.BYTES_AT_ONCE", 25)
    quarantine.write(clickhouse, [row("a", data=b"x" * 30), *(row(id_, data=b"good" + b"x" * 8) for id_ in "bcd")])
    bench = Bench(clickhouse, database, again)
    assert bench.preview(Wanted(), NOON) == Outcome(0, {"name: empty": 1}, 3, "a")
    assert bench.preview(Wanted(after="a"), NOON) == Outcome(2, {}, 1, "c")
