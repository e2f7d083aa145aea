"""Entries are numbered and chained, once, whoever does it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, select

from reconcile.audit import chain
from reconcile.audit.row import START, Head, Row, from_store, hash_of, seal_of
from reconcile.audit.verify import verify
from reconcile.errors import Raced
from store.database import Database
from store.event import MINUTE
from store.tables import audit, cases
from tests.conftest import NOON
from tests.reconcile.audit.trails import enter, entry


def stored(database: Database) -> list[Row]:
    with database.read() as connection:
        chained = select(*chain.COLUMNS).where(audit.c.seq.is_not(None)).order_by(audit.c.seq)
        return [from_store(it) for it in connection.execute(chained)]


def test_each_row_carries_the_hash_of_the_row_before(any_database: Database) -> None:
    ids = enter(any_database, [entry(1), entry(2)]) + enter(any_database, [entry(3)], NOON + MINUTE)
    assert chain.extend(any_database, NOON + MINUTE) == 3
    rows = stored(any_database)
    assert [(row.seq, row.id) for row in rows] == list(enumerate(ids, 1))
    assert [row.previous for row in rows] == [START, rows[0].hash, rows[1].hash]
    assert [(row.seal, row.hash) for row in rows] == [(seal_of(row), hash_of(row)) for row in rows]
    with any_database.read() as connection:
        assert chain.head(connection) == Head(3, rows[2].hash, "2025-11-20T12:01:00Z")


def test_it_goes_on_where_it_ended(any_database: Database) -> None:
    enter(any_database, [entry(1)])
    assert chain.extend(any_database, NOON) == 1
    assert chain.extend(any_database, NOON) == 0
    enter(any_database, [entry(2)], NOON + 1)
    assert chain.extend(any_database, NOON) == 1
    assert verify(stored(any_database), {}).is_whole


def test_what_was_committed_late_is_chained_behind(any_database: Database) -> None:
    enter(any_database, [entry(1)], NOON + MINUTE)
    chain.extend(any_database, NOON)
    enter(any_database, [entry(2)], NOON)
    chain.extend(any_database, NOON)
    assert [row.correlation_id for row in stored(any_database)] == ["A-1", "A-2"]
    assert verify(stored(any_database), {}).is_whole


def test_the_same_entry_twice_has_two_seals(database: Database) -> None:
    enter(database, [entry(1), entry(1)])
    chain.extend(database, NOON)
    one, other = stored(database)
    assert one.seal != other.seal


def test_whoever_was_paused_can_not_fork_the_chain(any_database: Database) -> None:
    enter(any_database, [entry(1)])
    with any_database.read() as connection:
        seen = chain.head(connection)
    chain.extend(any_database, NOON)
    with pytest.raises(Raced), any_database.begin() as connection:
        chain.move(connection, seen, Head(1, "another"), NOON)
    assert verify(stored(any_database), {}).is_whole


def test_many_at_once_make_one_chain(any_database: Database) -> None:
    def work(worker: int) -> int:
        done = 0
        for number in range(20):
            enter(any_database, [entry(100 * worker + number)], NOON + number)
            try:
                done += chain.extend(any_database, NOON)
            except Raced:
                continue
        return done

    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(work, range(4)))
    done += chain.extend(any_database, NOON)
    assert done == 80
    report = verify(stored(any_database), {})
    assert (report.rows, report.faults) == (80, ())


def test_what_an_entry_does_not_say_of_its_case_is_filled_in(any_database: Database) -> None:
    with any_database.begin() as connection:
        connection.execute(insert(cases).values(**CASE))
    enter(any_database, [entry(1, workflow="", correlation_id="", customer="")])
    enter(any_database, [entry(1, customer="C-other")], NOON + 1)
    enter(any_database, [entry(2, case_id="gone", customer="")], NOON + 2)
    chain.extend(any_database, NOON)
    told = [(row.workflow, row.correlation_id, row.customer) for row in stored(any_database)]
    assert told == [("claims", "K-1", "C-77"), ("order-fulfilment", "A-1", "C-other"), ("order-fulfilment", "A-2", "")]
    assert verify(stored(any_database), {}).is_whole


CASE = {
    "id": "case_1",
    "workflow": "claims",
    "correlation_id": "K-1",
    "state": "open",
    "reason": "",
    "transition": 1,
    "noun": "claim",
    "owner": "claims",
    "severity": "warning",
    "severity_rank": 1,
    "step": "Paid",
    "kind": "missing",
    "sentence": "",
    "since": NOON,
    "started_at": NOON,
    "customer": "C-77",
    "opened_at": NOON,
    "updated_at": NOON,
}
