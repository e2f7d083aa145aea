"""Reading from both stores as if they were one."""

import pytest

from reconcile.audit import chain, copying
from reconcile.audit.row import START, Head
from reconcile.audit.trail import EVERYTHING, WHOLE, Asked, Span, Trail
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, SECOND
from tests.conftest import NOON
from tests.reconcile.audit.trails import enter, entry

LONG = 100


@pytest.fixture
def trail(any_clickhouse: ClickHouse, any_database: Database) -> Trail:
    """Six rows, of which ClickHouse has four."""
    for number in range(1, 7):
        enter(any_database, [entry(number)], NOON + number * SECOND)
        chain.extend(any_database, NOON)
        if number == 4:
            copying.copy(any_clickhouse, any_database)
    return Trail(any_clickhouse, any_database)


def seqs(trail: Trail, asked: Asked = EVERYTHING, span: Span = WHOLE, limit: int = LONG) -> list[int]:
    return [row.seq for row in trail.page(asked, span, limit)]


def test_the_oldest_first_and_the_newest_first(trail: Trail) -> None:
    assert seqs(trail) == [1, 2, 3, 4, 5, 6]
    assert seqs(trail, span=Span(newest_first=True)) == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
def test_pages_join_without_a_gap(trail: Trail, limit: int) -> None:
    up: list[int] = []
    while page := seqs(trail, span=Span(after=up[-1] if up else 0), limit=limit):
        up += page
    down: list[int] = []
    while page := seqs(trail, span=Span(before=down[-1] if down else 99, newest_first=True), limit=limit):
        down += page
    assert up == down[::-1] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("number", [2, 6])
@pytest.mark.parametrize("name", ["case_id", "correlation_id", "customer"])
def test_filters_look_into_both_stores(trail: Trail, name: str, number: int) -> None:
    value = {"case_id": f"case_{number}", "correlation_id": f"A-{number}", "customer": f"C-{number}"}[name]
    assert seqs(trail, Asked(**{name: value})) == [number]  # type: ignore[arg-type]  # all three are text


def test_the_other_filters(trail: Trail) -> None:
    assert seqs(trail, Asked(actor="anna", workflow="order-fulfilment", what="case.resolved")) == [1, 2, 3, 4, 5, 6]
    for none in (Asked(actor="ann"), Asked(workflow="claims"), Asked(what="case"), Asked(customer="' OR 1=1 --")):
        assert seqs(trail, none) == []
    assert seqs(trail, Asked(since=NOON + 3 * SECOND, until=NOON + 6 * SECOND)) == [3, 4, 5]
    assert seqs(trail, Asked(since=NOON + DAY)) == []
    assert seqs(trail, Asked(customer="C-4", since=NOON)) == [4]


def test_a_stream_is_everything(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconcile.audit.trail.AT_ONCE", 2)
    assert [row.seq for row in trail.stream()] == [1, 2, 3, 4, 5, 6]
    assert [row.seq for row in trail.stream(span=Span(before=6))] == [1, 2, 3, 4, 5]
    assert [row.seq for row in trail.kept()] == [1, 2, 3, 4, 5, 6]


def test_copies_that_differ_are_both_there(trail: Trail, any_clickhouse: ClickHouse) -> None:
    any_clickhouse.command("INSERT INTO audit SELECT * REPLACE ('eve' AS actor) FROM audit WHERE seq = 2")
    any_clickhouse.command("INSERT INTO audit SELECT * FROM audit WHERE seq = 3")
    assert seqs(trail) == [1, 2, 2, 3, 4, 5, 6]
    assert seqs(trail, limit=2) == [1, 2, 2]


def test_the_head(trail: Trail) -> None:
    [last] = trail.page(EVERYTHING, Span(after=5), 1)
    assert trail.head() == Head(6, last.hash, "2025-11-20T12:00:00Z")


def test_the_head_of_no_chain(any_database: Database, clickhouse: ClickHouse) -> None:
    assert Trail(clickhouse, any_database).head() == Head(0, START, "")
