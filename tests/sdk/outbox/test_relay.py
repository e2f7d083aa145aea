"""Rows go when the server has stored them, and not before. `now` is in seconds."""

import threading

import pytest
from sqlalchemy import Engine, select, update

from noshow_sdk import Configuration
from noshow_sdk.outbox import Delivered, Relay
from store import events as event_store
from store.clickhouse import ClickHouse
from tests.collector.listening import Listening
from tests.sdk.answering import Reply, answering, refusing
from tests.sdk.outbox.conftest import ON_POSTGRESQL, ON_SQLITE, OUTBOX


def relay(engine: Engine, url: str, batch: int = 10, timeout: float = 30.0) -> Relay:
    settings = Configuration(service="payments", endpoint=url, batch=batch, timeout=timeout, interval=0.01)
    return Relay(engine, OUTBOX, settings)


def emit(engine: Engine, *names: str) -> list[str]:
    with engine.begin() as connection:
        return [OUTBOX.emit(connection, name, correlation_id="order-1") for name in names]


def rows(engine: Engine) -> list[tuple[str, str | None]]:
    """Name and refusal, in the order of the IDs."""
    table = OUTBOX.table
    with engine.connect() as connection:
        return [(row.name, row.refused) for row in connection.execute(select(table).order_by(table.c.id))]


def run(relay: Relay, now: float = 0.0) -> None:
    while relay.step(now):
        pass


def test_what_is_stored_is_deleted(engine: Engine, collector: Listening, clickhouse: ClickHouse) -> None:
    ids = emit(engine, "A", "B", "C")
    working = relay(engine, collector.url, batch=2)
    run(working)
    assert [event.id for event in event_store.history(clickhouse, "order-1")] == ids
    assert (rows(engine), working.delivered) == ([], Delivered(sent=3))


def test_rows_are_sent_in_the_order_of_their_making(engine: Engine) -> None:
    for name in "ABCDE":
        emit(engine, name)
    with answering() as server:
        run(relay(engine, server.url, batch=3))
        assert server.names() == [["A", "B", "C"], ["D", "E"]]


def test_what_could_not_be_sent_stays_and_is_sent_after_the_wait(engine: Engine) -> None:
    emit(engine, "A")
    with answering(Reply(503, b"", {"Retry-After": "30"}), Reply()) as server:
        working = relay(engine, server.url, timeout=0.5)
        run(working, now=100.0)
        assert rows(engine) == [("A", None)]
        run(working, now=129.0)
        assert len(server.requests) == 1
        run(working, now=130.0)
    assert (rows(engine), working.delivered.sent) == ([], 1)
    assert working.delivered.last_reason == "HTTP 503: Service Unavailable"


def test_the_one_that_the_server_will_not_take_is_marked_and_the_others_go(
    engine: Engine, collector: Listening, clickhouse: ClickHouse
) -> None:
    emit(engine, "A", "B", "C")
    with engine.begin() as connection:
        OUTBOX.emit(connection, "Bad", correlation_id="null")
    emit(engine, "D", "E")
    working = relay(engine, collector.url)
    run(working)
    [(name, refused)] = rows(engine)
    assert (name, "identifies nothing" in str(refused)) == ("Bad", True)
    assert {event.name for event in event_store.history(clickhouse, "order-1")} == {"A", "B", "C", "D", "E"}
    assert (working.delivered.sent, working.delivered.refused) == (5, 1)


def test_what_was_refused_is_not_sent_again_until_somebody_says_so(engine: Engine) -> None:
    emit(engine, "A")
    with answering(refusing(1, "too old"), Reply()) as server:
        working = relay(engine, server.url)
        run(working)
        run(working)
        assert (rows(engine), len(server.requests)) == ([("A", "too old")], 1)
        with engine.begin() as connection:
            connection.execute(update(OUTBOX.table).values(refused=None))
        run(working)
        assert (rows(engine), len(server.requests)) == ([], 2)


def test_a_row_that_holds_no_event_holds_up_none(engine: Engine) -> None:
    emit(engine, "A", "B")
    with engine.begin() as connection:
        connection.execute(update(OUTBOX.table).where(OUTBOX.table.c.name == "A").values(attributes="{"))
    with answering() as server:
        run(relay(engine, server.url))
        assert server.names() == [["B"]]
    [(name, refused)] = rows(engine)
    assert (name, str(refused).startswith("the row holds no event")) == ("A", True)


@ON_POSTGRESQL  # SQLite has one writer at a time
def test_an_event_whose_transaction_is_open_is_not_sent_yet_and_not_passed_over(engine: Engine) -> None:
    with answering() as server:
        working = relay(engine, server.url)
        with engine.begin() as connection:
            OUTBOX.emit(connection, "Early", correlation_id="order-1")
            emit(engine, "Late")
            run(working)
        run(working)
        assert server.names() == [["Late"], ["Early"]]


@ON_POSTGRESQL  # SQLite has no locks of rows
def test_two_share_the_work_without_stepping_on_each_other(engine: Engine) -> None:
    emit(engine, "A", "B", "C", "D")
    with answering(hangs=True) as slow, answering() as quick:
        first = threading.Thread(target=relay(engine, slow.url, batch=2).step, args=(0.0,))
        first.start()
        assert slow.asked.wait(60)
        run(relay(engine, quick.url))
        assert quick.names() == [["C", "D"]]
        slow.released.set()
        first.join()
        assert (slow.names(), rows(engine)) == ([["A", "B"]], [])


@ON_SQLITE
def test_it_holds_up_no_writer_of_sqlite_while_it_waits(engine: Engine) -> None:
    emit(engine, "A")
    with answering(hangs=True) as slow:
        working = threading.Thread(target=relay(engine, slow.url).step, args=(0.0,))
        working.start()
        assert slow.asked.wait(60)
        emit(engine, "B")
        slow.released.set()
        working.join()
    assert rows(engine) == [("B", None)]


def test_it_runs_until_it_is_told_to_stop_whatever_the_database_does(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()
    OUTBOX.table.drop(engine)
    with answering() as server:
        thread = threading.Thread(target=relay(engine, server.url).run, args=(stop,))
        thread.start()
        while not caplog.records:
            stop.wait(0.01)
        OUTBOX.table.create(engine)
        emit(engine, "A")
        assert server.asked.wait(60)
        stop.set()
        thread.join()
    assert rows(engine) == []
    assert "the outbox could not be sent" in caplog.text
