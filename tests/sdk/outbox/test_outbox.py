"""An event is there if the transaction that it tells of commits, and only then."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from noshow_sdk import correlate, handling
from noshow_sdk.event import NoEvent, compose
from noshow_sdk.outbox.outbox import event_of
from tests.finished import finished
from tests.sdk.outbox.conftest import ON_POSTGRESQL, OUTBOX, PAYMENTS


def count(engine: Engine) -> tuple[int, int]:
    """Payments, and events in the outbox."""
    with engine.connect() as connection:
        tables = (PAYMENTS, OUTBOX.table)
        payments, events = (connection.scalar(select(func.count()).select_from(table)) for table in tables)
    return int(payments or 0), int(events or 0)


def by_connection(engine: Engine, commits: bool) -> None:
    with engine.connect() as connection:
        connection.execute(insert(PAYMENTS).values(id="p-1"))
        OUTBOX.emit(connection, "PaymentReceived", correlation_id="order-1")
        connection.commit() if commits else connection.rollback()


def by_session(engine: Engine, commits: bool) -> None:
    with Session(engine) as session:
        session.execute(insert(PAYMENTS).values(id="p-1"))
        OUTBOX.emit(session, "PaymentReceived", correlation_id="order-1")
        session.commit() if commits else session.rollback()


def by_scoped_session(engine: Engine, commits: bool) -> None:
    session = scoped_session(sessionmaker(engine))
    session.execute(insert(PAYMENTS).values(id="p-1"))
    OUTBOX.emit(session, "PaymentReceived", correlation_id="order-1")
    session.commit() if commits else session.rollback()
    session.remove()


@pytest.mark.parametrize("commits", [True, False])
@pytest.mark.parametrize("pay", [by_connection, by_session, by_scoped_session])
def test_both_are_there_or_neither_is(engine: Engine, pay: Callable[[Engine, bool], None], commits: bool) -> None:
    pay(engine, commits)
    assert count(engine) == ((1, 1) if commits else (0, 0))


@pytest.fixture
def asynchronous(engine: Engine) -> AsyncEngine:
    return create_async_engine(engine.url.set(drivername="postgresql+psycopg"))


async def by_async_session(engine: AsyncEngine, commits: bool) -> None:
    async with AsyncSession(engine) as session:
        await session.execute(insert(PAYMENTS).values(id="p-1"))
        OUTBOX.emit(session, "PaymentReceived", correlation_id="order-1")
        await (session.commit() if commits else session.rollback())
    await engine.dispose()


async def by_async_connection(engine: AsyncEngine, commits: bool) -> None:
    async with engine.connect() as connection:
        await connection.execute(insert(PAYMENTS).values(id="p-1"))
        await connection.run_sync(OUTBOX.emit, "PaymentReceived", correlation_id="order-1")
        await (connection.commit() if commits else connection.rollback())
    await engine.dispose()


@ON_POSTGRESQL  # SQLite's asynchronous driver is no dependency of the tests
@pytest.mark.parametrize("commits", [True, False])
@pytest.mark.parametrize("pay", [by_async_session, by_async_connection])
def test_so_it_is_with_asyncio(engine: Engine, asynchronous: AsyncEngine, pay: Any, commits: bool) -> None:
    finished(pay(asynchronous, commits))
    assert count(engine) == ((1, 1) if commits else (0, 0))


def test_a_row_holds_all_of_the_event(engine: Engine) -> None:
    time = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
    with engine.begin() as connection, correlate("order-1"), handling(causation_id="e-0"):
        given = compose("PaymentReceived", {"amount": 12.5, "who": "Zoë"}, None, "e-1", time).event
        OUTBOX.emit(connection, "PaymentReceived", {"amount": 12.5}, event_id="e-1", occurred_at=time, who="Zoë")
        row = connection.execute(select(OUTBOX.table)).mappings().one()
    assert event_of(dict(row)) == given


def test_attributes_that_can_not_be_sent_cost_no_event(engine: Engine) -> None:
    with engine.begin() as connection:
        OUTBOX.emit(connection, "PaymentReceived", correlation_id="order-1", bad=object(), good=1)
        assert json.loads(connection.scalar(select(OUTBOX.table.c.attributes)) or "") == {"good": 1}


def test_what_would_be_lost_raises(engine: Engine) -> None:
    with engine.begin() as connection:
        OUTBOX.emit(connection, "PaymentReceived", event_id="e-1")
    with pytest.raises(IntegrityError), engine.begin() as connection:
        OUTBOX.emit(connection, "PaymentReceived", event_id="e-1")
    with pytest.raises(NoEvent), engine.begin() as connection:
        OUTBOX.emit(connection, "")


@pytest.mark.parametrize("attributes", ["not JSON", "{", "5"])
def test_a_row_that_somebody_else_wrote_may_hold_no_event(engine: Engine, attributes: str) -> None:
    with engine.begin() as connection:
        OUTBOX.emit(connection, "PaymentReceived", event_id="e-1")
        row = dict(connection.execute(select(OUTBOX.table)).mappings().one())
    with pytest.raises(ValueError):
        event_of({**row, "attributes": attributes})
