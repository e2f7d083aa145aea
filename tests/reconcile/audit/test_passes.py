"""Stretches of judging become entries, each once."""

from sqlalchemy import insert, select

from reconcile.audit import passes
from store.database import Database
from store.event import MINUTE
from store.tables import audit
from store.tables import passes as table
from tests.conftest import NOON


def add(database: Database, workflow: str, began_at: int, **counts: int) -> None:
    zeros = dict.fromkeys(("rounds", "looked_at", "judged", "opened", "closed"), 0)
    row = {"workflow": workflow, "rule_hash": "h1", "version": 2, "began_at": began_at}
    with database.begin() as connection:
        connection.execute(insert(table).values(**row, ended_at=began_at + 10 * MINUTE, **{**zeros, **counts}))


def told(database: Database) -> list[tuple[str, ...]]:
    chosen = select(audit.c.workflow, audit.c.actor_kind, audit.c.what, audit.c.detail).order_by(audit.c.id)
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(chosen)]


def test_a_stretch_that_is_over_becomes_an_entry_once(any_database: Database) -> None:
    add(any_database, "b", NOON, rounds=600)
    add(any_database, "a", NOON, rounds=600, looked_at=5_000, judged=12, opened=2, closed=1)
    add(any_database, "a", NOON + 10 * MINUTE, rounds=3)
    assert passes.tell(any_database, NOON + 10 * MINUTE) == 0
    assert passes.tell(any_database, NOON + 11 * MINUTE) == 2
    assert passes.tell(any_database, NOON + 11 * MINUTE) == 0
    times = '"from":"2025-11-20T12:00:00Z","judged":{},"looked_at":{},"opened":{},"rounds":600,"rule_hash":"h1",'
    end = '"until":"2025-11-20T12:10:00Z","version":2}'
    assert told(any_database) == [
        ("a", "evaluator", "rule.passed", '{"closed":1,' + times.format(12, "5000", 2) + end),
        ("b", "evaluator", "rule.passed", '{"closed":0,' + times.format(0, 0, 0) + end),
    ]


def test_what_an_evaluator_adds_later_is_an_entry_of_its_own(any_database: Database) -> None:
    add(any_database, "a", NOON, rounds=600)
    passes.tell(any_database, NOON + 11 * MINUTE)
    add(any_database, "a", NOON, rounds=2)
    passes.tell(any_database, NOON + 12 * MINUTE)
    assert len(told(any_database)) == 2
