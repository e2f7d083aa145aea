"""Audit trails for the tests."""

from collections.abc import Sequence

from msgspec.structs import replace

from reconcile.actor import Actor, ActorKind
from reconcile.audit.entry import Entry, record
from reconcile.audit.row import START, Head, Row, chained
from store.database import Database
from tests.conftest import NOON

ANNA = Actor(ActorKind.PERSON, "anna")


def entry(number: int = 1, **changes: object) -> Entry:
    told: dict[str, object] = {
        "what": "case.resolved",
        "actor": ANNA,
        "why": f"called the bank, no. {number}",
        "workflow": "order-fulfilment",
        "correlation_id": f"A-{number}",
        "case_id": f"case_{number}",
        "step": "PaymentReceived",
        "customer": f"C-{number}",
        "external": {"charge_id": f"ch_{number}"},
        "detail": {"before": "open", "after": "resolved"},
    }
    return Entry(**{**told, **changes})  # type: ignore[arg-type]  # any of its fields


def enter(database: Database, entries: Sequence[Entry], now: int = NOON) -> list[str]:
    with database.begin() as connection:
        return record(connection, entries, now)


def row(number: int = 1, **changes: object) -> Row:
    """Not yet chained."""
    plain = Row(
        seq=0,
        id=f"id-{number}",
        at="2025-11-20T12:00:00Z",
        actor_kind="person",
        actor="anna",
        what="case.resolved",
        workflow="order-fulfilment",
        correlation_id=f"A-{number}",
        case_id=f"case_{number}",
        step="PaymentReceived",
        causation_id="",
        why="called the bank",
        customer=f"C-{number}",
        external="{}",
        detail='{"after":"resolved"}',
        salt="",
        seal="",
        previous="",
        hash="",
    )
    return replace(plain, **changes)


def trail(rows: int) -> list[Row]:
    return chained([row(number) for number in range(1, rows + 1)], Head(0, START))
